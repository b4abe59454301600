package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// move512 writes the adding of one row to the sums of a cluster, and taking it
// from those of another.
func move512() {
	TEXT("move512", NOSPLIT, "func(in, out *int64, x *float32, lanes *[16]int32, d int)")
	Pragma("noescape")
	Doc("move512 is moveGeneric for d values of x that are 16 apart; out may be nil. lanes are 0, 16, 32, …")
	in, out := Load(Param("in"), GP64()), Load(Param("out"), GP64())
	x, lanes, d := Load(Param("x"), GP64()), Load(Param("lanes"), GP64()), Load(Param("d"), GP64())
	index := ZMM()
	VMOVDQU32(Mem{Base: lanes}, index)

	Label("sixteen")
	TESTQ(d, d)
	JLE(LabelRef("done"))
	valid, ones := GP32(), GP32()
	MOVL(U32(0xffff), valid)
	CMPQ(d, Imm(16))
	JGE(LabelRef("load"))
	MOVL(U32(0xffffffff), ones)
	BZHIL(d.(reg.GPVirtual).As32(), ones, valid)
	Label("load")
	all, low, high := K(), K(), K()
	KMOVW(valid, all)
	KMOVW(valid, low)
	KSHIFTRW(Imm(8), low, high)
	values := ZMM()
	VPXORD(values, values, values)
	VGATHERDPS(Mem{Base: x, Index: index, Scale: 4}, all, values)
	upper := YMM()
	VEXTRACTF32X8(Imm(1), values, upper)
	halves := [2]struct {
		mask  reg.OpmaskVirtual
		value reg.VecVirtual
	}{{low, ZMM()}, {high, ZMM()}}
	VCVTTPS2QQ(values.AsY(), halves[0].value)
	VCVTTPS2QQ(upper, halves[1].value)
	for i, h := range halves {
		sum := ZMM()
		VMOVDQU64_Z(Mem{Base: in, Disp: 64 * i}, h.mask, sum)
		VPADDQ(h.value, sum, sum)
		VMOVDQU64(sum, h.mask, Mem{Base: in, Disp: 64 * i})
	}
	ADDQ(I32(128), in)
	ADDQ(I32(16*64), x)
	SUBQ(Imm(16), d)
	TESTQ(out, out)
	JZ(LabelRef("sixteen"))
	for i, h := range halves {
		sum := ZMM()
		VMOVDQU64_Z(Mem{Base: out, Disp: 64 * i}, h.mask, sum)
		VPSUBQ(h.value, sum, sum)
		VMOVDQU64(sum, h.mask, Mem{Base: out, Disp: 64 * i})
	}
	ADDQ(I32(128), out)
	JMP(LabelRef("sixteen"))
	Label("done")
	VZEROUPPER()
	RET()
}
