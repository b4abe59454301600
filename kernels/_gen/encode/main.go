// Command encode generates the amd64 kernels of package kernels/encode.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64,!purego")
	bitmaps("bitmaps512", ZMM, func(codes, dst Mem, level reg.VecVirtual) {
		k := K()
		VPCMPEQB(codes, level, k)
		KMOVQ(k, dst)
	})
	bitmaps("bitmaps2", YMM, func(codes, dst Mem, level reg.VecVirtual) {
		for half := range 2 {
			equal, bits := YMM(), GP32()
			VPCMPEQB(codes.Offset(32*half), level, equal)
			VPMOVMSKB(equal, bits)
			MOVL(bits, dst.Offset(4*half))
		}
	})
	Generate()
}

// bitmaps writes a kernel that compares codes with one level after the other;
// word compares 64 codes.
func bitmaps(name string, vector func() reg.VecVirtual, word func(codes, dst Mem, level reg.VecVirtual)) {
	const unroll = 4
	TEXT(name, NOSPLIT, "func(dst *uint64, stride int, codes *uint8, words int, levels *uint8, n int)")
	Pragma("noescape")
	Doc(name+" sets dst[l*stride+w] bit i = (codes[64*w+i] == levels[l]) for l in 0..n-1, w in 0..words-1,",
		"i in 0..63.")
	dst, stride := Load(Param("dst"), GP64()), Load(Param("stride"), GP64())
	codes, words := Load(Param("codes"), GP64()), Load(Param("words"), GP64())
	levels, n := Load(Param("levels"), GP64()), Load(Param("n"), GP64())
	level, w, end := vector(), GP64(), GP64()

	Label("level")
	TESTQ(n, n)
	JZ(LabelRef("done"))
	VPBROADCASTB(Mem{Base: levels}, level)
	XORQ(w, w)
	at := GP64() // of 64 codes
	MOVQ(codes, at)
	for _, u := range []int{unroll, 1} {
		loop, out := "four", "fourdone"
		if u == 1 {
			loop, out = "one", "onedone"
		}
		Label(loop)
		LEAQ(Mem{Base: w, Disp: u}, end)
		CMPQ(end, words)
		JGT(LabelRef(out))
		for k := range u {
			word(Mem{Base: at, Disp: 64 * k}, Mem{Base: dst, Index: w, Scale: 8, Disp: 8 * k}, level)
		}
		ADDQ(I32(64*u), at)
		MOVQ(end, w)
		JMP(LabelRef(loop))
		Label(out)
	}
	LEAQ(Mem{Base: dst, Index: stride, Scale: 8}, dst)
	INCQ(levels)
	DECQ(n)
	JMP(LabelRef("level"))
	Label("done")
	VZEROUPPER()
	RET()
}
