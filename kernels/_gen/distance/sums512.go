package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Fields of a change, in bytes from its start.
const (
	rowAt      = 0
	fromAt     = 4
	toAt       = 6
	changeSize = 8
	noCentroid = 0xffff
)

// move512 writes the adding of rows to the sums of a cluster, and taking them
// from those of another.
func move512() {
	TEXT("move512", NOSPLIT, "func(sums *int64, x *float32, changes *int32, n, d int)")
	Pragma("noescape")
	Doc("move512 is moveGeneric for n changes.")
	sums, x := Load(Param("sums"), GP64()), Load(Param("x"), GP64())
	changes, n, d := Load(Param("changes"), GP64()), Load(Param("n"), GP64()), Load(Param("d"), GP64())
	tail, tailHigh, all, left := tailOf(d), K(), K(), GP64()
	KSHIFTRW(Imm(8), tail, tailHigh)
	KXNORW(all, all, all)

	Label("change")
	row, in, out := GP64(), GP64(), GP64()
	fetchRow(n, x, d, Mem{Base: changes, Disp: rowAt + fetchAhead*changeSize})
	rowAddress(row, x, d, Mem{Base: changes, Disp: rowAt})
	MOVWQZX(Mem{Base: changes, Disp: toAt}, in)
	IMULQ(d, in)
	LEAQ(Mem{Base: sums, Index: in, Scale: 8}, in)
	MOVWQZX(Mem{Base: changes, Disp: fromAt}, out)
	MOVQ(d, left)
	CMPQ(out, U32(noCentroid))
	JE(LabelRef("arrive"))
	IMULQ(d, out)
	LEAQ(Mem{Base: sums, Index: out, Scale: 8}, out)

	// sixteen adds up to 16 values, those in the mask.
	sixteen := func(low, high reg.OpmaskVirtual, leave bool) {
		for i, mask := range []reg.OpmaskVirtual{low, high} {
			values, wide, sum := YMM(), ZMM(), ZMM()
			VMOVUPS_Z(Mem{Base: row, Disp: 32 * i}, mask, values)
			VCVTTPS2QQ(values, wide)
			VMOVDQU64_Z(Mem{Base: in, Disp: 64 * i}, mask, sum)
			VPADDQ(wide, sum, sum)
			VMOVDQU64(sum, mask, Mem{Base: in, Disp: 64 * i})
			if leave {
				rest := ZMM()
				VMOVDQU64_Z(Mem{Base: out, Disp: 64 * i}, mask, rest)
				VPSUBQ(wide, rest, rest)
				VMOVDQU64(rest, mask, Mem{Base: out, Disp: 64 * i})
			}
		}
	}
	for _, way := range []struct {
		name  string
		leave bool
	}{{"move", true}, {"arrive", false}} {
		Label(way.name)
		CMPQ(left, Imm(16))
		JLE(LabelRef(way.name + "Last"))
		sixteen(all, all, way.leave)
		ADDQ(Imm(64), row)
		ADDQ(I32(128), in)
		if way.leave {
			ADDQ(I32(128), out)
		}
		SUBQ(Imm(16), left)
		JMP(LabelRef(way.name))
		Label(way.name + "Last")
		sixteen(tail, tailHigh, way.leave)
		if way.leave {
			JMP(LabelRef("next"))
		}
	}
	Label("next")
	ADDQ(Imm(changeSize), changes)
	DECQ(n)
	JNZ(LabelRef("change"))
	VZEROUPPER()
	RET()
}
