// Command encode generates the amd64 kernels of package kernels/encode.
package main

import (
	"fmt"

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
	ranks("ranks512", 64, ZMM)
	ranks("ranks2", 32, YMM)
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

// ranks writes a kernel that looks four vectors of codes up, 16 entries of the
// table at a time: a shuffle gives zero for the codes of other entries, once
// their high bit is set.
func ranks(name string, lanes int, vector func() reg.VecVirtual) {
	const unroll = 4
	TEXT(name, NOSPLIT, "func(dst, codes *uint8, n int, ranks *uint8, sixteens int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets dst[i] = ranks[codes[i]] for i in 0..n-1, n a multiple of %d. Codes are below 16*sixteens.", name, unroll*lanes))
	dst, codes, n := Load(Param("dst"), GP64()), Load(Param("codes"), GP64()), Load(Param("n"), GP64())
	ranks, sixteens := Load(Param("ranks"), GP64()), Load(Param("sixteens"), GP64())
	x, left := GP64(), GP64()
	next, high, table, index := vector(), vector(), vector(), vector()
	for _, constant := range []struct {
		value int
		in    reg.VecVirtual
	}{{16, next}, {0x70, high}} {
		b := XMM()
		MOVL(U32(constant.value), x.As32())
		MOVD(x.As32(), b)
		VPBROADCASTB(b, constant.in)
	}
	var code, rank [unroll]reg.VecVirtual
	for u := range unroll {
		code[u], rank[u] = vector(), vector()
	}

	Label("rows")
	TESTQ(n, n)
	JZ(LabelRef("done"))
	for u := range unroll {
		at, zero := Mem{Base: codes, Disp: lanes * u}, rank[u]
		if lanes == 64 {
			VMOVDQU64(at, code[u])
			VPXORQ(zero, zero, zero)
		} else {
			VMOVDQU(at, code[u])
			VPXOR(zero, zero, zero)
		}
	}
	MOVQ(ranks, x)
	MOVQ(sixteens, left)
	Label("sixteen")
	if lanes == 64 {
		VBROADCASTI32X4(Mem{Base: x}, table)
	} else {
		VBROADCASTI128(Mem{Base: x}, table)
	}
	for u := range unroll {
		VPADDUSB(high, code[u], index)
		VPSHUFB(index, table, index)
		if lanes == 64 {
			VPORQ(index, rank[u], rank[u])
		} else {
			VPOR(index, rank[u], rank[u])
		}
		VPSUBB(next, code[u], code[u])
	}
	ADDQ(Imm(16), x)
	DECQ(left)
	JNZ(LabelRef("sixteen"))
	for u := range unroll {
		to := Mem{Base: dst, Disp: lanes * u}
		if lanes == 64 {
			VMOVDQU64(rank[u], to)
		} else {
			VMOVDQU(rank[u], to)
		}
	}
	ADDQ(I32(unroll*lanes), codes)
	ADDQ(I32(unroll*lanes), dst)
	SUBQ(I32(unroll*lanes), n)
	JMP(LabelRef("rows"))
	Label("done")
	VZEROUPPER()
	RET()
}
