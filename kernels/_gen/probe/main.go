// Command probe generates the amd64 code of package kernels/probe.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	chains    = 8  // sums that do not wait for each other
	fmaChains = 12 // enough for a latency of 4 or 5 cycles and two of them a cycle
)

func main() {
	ConstraintExpr("amd64,!purego")
	loop("registers512", "counts the vectors", ZMM, chains, func(sum reg.VecVirtual) func(v reg.VecVirtual) {
		x := ZMM()
		return func(v reg.VecVirtual) {
			VPANDQ(v, v, x)
			VPOPCNTQ(x, x)
			VPADDQ(x, sum, sum)
		}
	})
	loop("registers2", "counts the vectors", YMM, chains, func(sum reg.VecVirtual) func(v reg.VecVirtual) {
		x, y := YMM(), YMM()
		return func(v reg.VecVirtual) {
			VPAND(v, v, x)
			VPSRLW(U8(4), x, y)
			VPAND(v, x, x)
			VPAND(v, y, y)
			VPSHUFB(x, v, x)
			VPSHUFB(y, v, y)
			VPADDB(x, sum, sum)
			VPADDB(y, sum, sum)
		}
	})
	multiplyAdd := func(sum reg.VecVirtual) func(v reg.VecVirtual) {
		return func(v reg.VecVirtual) { VFMADD231PS(v, v, sum) }
	}
	loop("fma512", "multiplies and adds the vectors", ZMM, fmaChains, multiplyAdd)
	loop("fma2", "multiplies and adds the vectors", YMM, fmaChains, multiplyAdd)
	Generate()
}

// loop writes a function that runs a step on registers, chains times a round.
func loop(name, does string, vector func() reg.VecVirtual, chains int, prepare func(sum reg.VecVirtual) func(v reg.VecVirtual)) {
	TEXT(name, NOSPLIT, "func(rounds int)")
	Doc(name + " " + does + " of a round, all of them in registers.")
	rounds := Load(Param("rounds"), GP64())
	v := vector()
	VPXOR(v.AsY(), v.AsY(), v.AsY())
	var steps []func(v reg.VecVirtual)
	for range chains {
		sum := vector()
		VPXOR(sum.AsY(), sum.AsY(), sum.AsY())
		steps = append(steps, prepare(sum))
	}
	Label("round")
	for _, step := range steps {
		step(v)
	}
	DECQ(rounds)
	JG(LabelRef("round"))
	VZEROUPPER()
	RET()
}
