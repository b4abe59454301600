// Command hist generates the amd64 kernels of package kernels/hist.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64,!purego")
	number("number512", 32, ZMM)
	number("number2", 16, YMM)
	Generate()
}

// number writes a kernel that numbers four vectors of rows at a time.
func number(name string, lanes int, vector func() reg.VecVirtual) {
	const unroll = 4
	TEXT(name, NOSPLIT, "func(dst *uint64, codes **uint8, sizes *uint64, features, from, rows int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets 16-bit lane i of dst to the number of row from+i, for i in 0..rows-1. rows is a", name),
		fmt.Sprintf("multiple of %d; sizes[f] has feature f's size in every lane.", unroll*lanes))
	dst, codes := Load(Param("dst"), GP64()), Load(Param("codes"), GP64())
	sizes, features := Load(Param("sizes"), GP64()), Load(Param("features"), GP64())
	row, end := Load(Param("from"), GP64()), Load(Param("rows"), GP64())
	ADDQ(row, end)
	f, column := GP64(), GP64()
	size := vector()
	var sum, code [unroll]reg.VecVirtual
	for u := range unroll {
		sum[u], code[u] = vector(), vector()
	}

	Label("rows")
	CMPQ(row, end)
	JGE(LabelRef("done"))
	MOVQ(Mem{Base: codes}, column)
	for u := range unroll {
		VPMOVZXBW(Mem{Base: column, Index: row, Scale: 1, Disp: lanes * u}, sum[u])
	}
	MOVQ(U32(1), f)
	Label("features")
	CMPQ(f, features)
	JGE(LabelRef("store"))
	MOVQ(Mem{Base: codes, Index: f, Scale: 8}, column)
	VPBROADCASTQ(Mem{Base: sizes, Index: f, Scale: 8}, size)
	for u := range unroll {
		VPMOVZXBW(Mem{Base: column, Index: row, Scale: 1, Disp: lanes * u}, code[u])
		VPMULLW(size, sum[u], sum[u])
		VPADDW(code[u], sum[u], sum[u])
	}
	INCQ(f)
	JMP(LabelRef("features"))
	Label("store")
	for u := range unroll {
		if lanes == 32 {
			VMOVDQU64(sum[u], Mem{Base: dst, Disp: 2 * lanes * u})
		} else {
			VMOVDQU(sum[u], Mem{Base: dst, Disp: 2 * lanes * u})
		}
	}
	ADDQ(I32(2*lanes*unroll), dst)
	ADDQ(I32(lanes*unroll), row)
	JMP(LabelRef("rows"))
	Label("done")
	VZEROUPPER()
	RET()
}
