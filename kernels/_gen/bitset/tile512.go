package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Truth tables for VPTERNLOGQ: bit dst·4 + second·2 + third of the constant is
// the result.
const (
	andThenXor = 0x6a // third ^ (dst & second)
	carryOf    = 0x3a // dst ? ^second : third
)

// zmm are the vector registers of a tile of up to eight cells: an accumulator
// and a pending bit for each, four vectors of each of two prefixes.
var zmm = []reg.VecPhysical{
	reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
	reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
	reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
	reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
}

// tile512 counts rows × cols intersections of bitmaps.
//
// Counting a vector of each plainly takes three instructions: AND, popcount,
// add. Here two vectors a, b of a cell are added to a pending bit first, and
// only the carry is counted, with weight two: in all 2.5 instructions a vector,
// as a full adder whose inputs are intersections takes three VPTERNLOGQ:
//
//	t     = pending ^ (p1 & i1)
//	next  = t ^ (p2 & i2)
//	carry = t ? ^next : pending
type tile512 struct {
	rows, cols     int
	prefix, item   []reg.GPVirtual
	ahead          reg.GPVirtual // off, in the items after these where extensions are consecutive
	off, end, rest reg.GPVirtual // bytes: position, end of what the main loop takes, whole length
}

func (t *tile512) acc(r, c int) reg.VecPhysical     { return zmm[r*t.cols+c] }
func (t *tile512) pending(r, c int) reg.VecPhysical { return zmm[8+r*t.cols+c] }
func (t *tile512) loaded(r, v int) reg.VecPhysical  { return zmm[16+4*r+v] }

func (t *tile512) each(do func(r, c int)) {
	for c := range t.cols {
		for r := range t.rows {
			do(r, c)
		}
	}
}

// emit writes the tile's code; mask is the mask of the last words&7 words.
func (t *tile512) emit(mask reg.Register) {
	t.each(func(r, c int) {
		VPXORQ(t.acc(r, c), t.acc(r, c), t.acc(r, c))
		VPXORQ(t.pending(r, c), t.pending(r, c), t.pending(r, c))
	})
	XORQ(t.off, t.off)
	loop, folded, vectors, words, reduced := label("loop"), label("fold"), label("vectors"), label("words"), label("reduce")
	CMPQ(t.off, t.end)
	JGE(LabelRef(folded))
	Label(loop)
	t.four()
	ADDQ(U32(256), t.off)
	if t.cols == 4 {
		ADDQ(U32(256), t.ahead)
	}
	CMPQ(t.off, t.end)
	JLT(LabelRef(loop))

	Label(folded)
	t.each(func(r, c int) {
		VPOPCNTQ(t.pending(r, c), t.pending(r, c))
		VPMADD52LUQ(two, t.acc(r, c), t.pending(r, c))
		VMOVDQA64(t.pending(r, c), t.acc(r, c))
	})

	CMPQ(t.off, t.rest)
	JEQ(LabelRef(reduced))
	Label(vectors)
	LEAQ(Mem{Base: t.off, Disp: 64}, t.end) // end is free now
	CMPQ(t.end, t.rest)
	JGT(LabelRef(words))
	for r := range t.rows {
		VMOVDQU64(Mem{Base: t.prefix[r], Index: t.off, Scale: 1}, t.loaded(r, 0))
	}
	t.each(func(r, c int) {
		VPANDQ(Mem{Base: t.item[c], Index: t.off, Scale: 1}, t.loaded(r, 0), zmm[24])
		t.count(r, c, zmm[24])
	})
	MOVQ(t.end, t.off)
	JMP(LabelRef(vectors))

	Label(words)
	CMPQ(t.off, t.rest)
	JEQ(LabelRef(reduced))
	for r := range t.rows {
		VMOVDQU64_Z(Mem{Base: t.prefix[r], Index: t.off, Scale: 1}, mask, t.loaded(r, 0))
	}
	t.each(func(r, c int) {
		VPANDQ_Z(Mem{Base: t.item[c], Index: t.off, Scale: 1}, t.loaded(r, 0), mask, zmm[24])
		t.count(r, c, zmm[24])
	})
	Label(reduced)
}

// four counts four vectors of every cell.
func (t *tile512) four() {
	at := func(base reg.Register, v int) Mem {
		return Mem{Base: base, Index: t.off, Scale: 1, Disp: 64 * v}
	}
	for r := range t.rows {
		for v := range 4 {
			VMOVDQU64(at(t.prefix[r], v), t.loaded(r, v))
		}
	}
	if t.cols == 4 {
		for c := range t.cols {
			for v := range 4 {
				PREFETCHT0(Mem{Base: t.item[c], Index: t.ahead, Scale: 1, Disp: 64 * v})
			}
		}
	}
	t.each(func(r, c int) {
		acc, pending := t.acc(r, c), t.pending(r, c)
		x, next, y := zmm[24], zmm[25], zmm[26]
		VMOVDQU64(at(t.item[c], 0), x)
		VMOVDQU64(at(t.item[c], 1), next)
		VPTERNLOGQ(U8(andThenXor), pending, t.loaded(r, 0), x)
		VPTERNLOGQ(U8(andThenXor), x, t.loaded(r, 1), next)
		VPTERNLOGQ(U8(carryOf), pending, next, x)
		VPOPCNTQ(x, x)
		VPADDQ(x, acc, acc)
		VMOVDQU64(at(t.item[c], 2), y)
		VMOVDQU64(at(t.item[c], 3), pending)
		VPTERNLOGQ(U8(andThenXor), next, t.loaded(r, 2), y)
		VPTERNLOGQ(U8(andThenXor), y, t.loaded(r, 3), pending)
		VPTERNLOGQ(U8(carryOf), next, pending, y)
		VPOPCNTQ(y, y)
		VPADDQ(y, acc, acc)
	})
}

// two holds a 2 in every word.
var two = reg.Z31

// twice sets two.
func (t *tile512) twice() {
	MOVQ(U64(2), t.off)
	VPBROADCASTQ(t.off, two)
}

func (t *tile512) count(r, c int, v reg.Register) {
	VPOPCNTQ(v, v)
	VPADDQ(v, t.acc(r, c), t.acc(r, c))
}

// store writes the sums of the accumulators: cols words of dst[r] for every r.
func (t *tile512) store(dst []reg.GPVirtual) {
	n := t.rows * t.cols
	// Neighbours side by side: the even accumulators' sums in the even words.
	for i := 0; i < n; i += 2 {
		a, b := zmm[i], zmm[i+1]
		if n == 1 {
			b = a
		}
		VPUNPCKLQDQ(b, a, zmm[24])
		VPUNPCKHQDQ(b, a, zmm[25])
		VPADDQ(zmm[24], zmm[25], zmm[i])
	}
	// Then 128-bit lanes of two (or one with itself) side by side, twice.
	halve := func(a, b, to reg.Register) {
		VSHUFI64X2(U8(0x88), b, a, zmm[24])
		VSHUFI64X2(U8(0xdd), b, a, zmm[25])
		VPADDQ(zmm[24], zmm[25], to)
	}
	switch {
	case n == 8:
		halve(zmm[0], zmm[2], zmm[0])
		halve(zmm[4], zmm[6], zmm[4])
		halve(zmm[0], zmm[4], zmm[0])
		VMOVDQU(reg.Y0, Mem{Base: dst[0]})
		VEXTRACTI64X4(U8(1), reg.Z0, Mem{Base: dst[1]})
	case n == 4 && t.rows == 1:
		halve(zmm[0], zmm[2], zmm[0])
		halve(zmm[0], zmm[0], zmm[0])
		VMOVDQU(reg.Y0, Mem{Base: dst[0]})
	default:
		halve(zmm[0], zmm[0], zmm[0])
		halve(zmm[0], zmm[0], zmm[0])
		VMOVQ(reg.X0, Mem{Base: dst[0]})
		if t.rows == 2 {
			VPEXTRQ(U8(1), reg.X0, Mem{Base: dst[1]})
		}
	}
}
