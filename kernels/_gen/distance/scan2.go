package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// scan2 writes the tile of one panel × m centroids: up to 12 sums in registers.
// The tile and the codes are those of the panel: pointers to its 16 rows.
func scan2(k kind, m int) {
	const halves, width = 2, 8
	t, x0, d, stream0, groups, codes0, chunks0, categories := k.scanFunction("2", m, halves*8, width)
	stream := GP64()
	MOVQ(stream0, stream)

	Label("group")
	head := GP64()
	MOVQ(stream, head)
	sums := make([][halves]reg.VecVirtual, m)
	for c := range sums {
		sums[c] = [halves]reg.VecVirtual{YMM(), YMM()}
		VBROADCASTSS(Mem{Base: head, Disp: biasAt + 4*c}, sums[c][0])
		VMOVAPS(sums[c][0], sums[c][1])
	}
	ADDQ(Imm(header), stream)

	x, left := GP64(), GP64()
	MOVQ(x0, x)
	MOVQ(d, left)
	TESTQ(left, left)
	JZ(LabelRef("dense"))
	Label("feature")
	values := [halves]reg.VecVirtual{YMM(), YMM()}
	VMOVUPS(Mem{Base: x}, values[0])
	VMOVUPS(Mem{Base: x, Disp: 32}, values[1])
	for c := range sums {
		slope := YMM()
		VBROADCASTSS(Mem{Base: stream, Disp: 4 * c}, slope)
		for h, v := range values {
			if k.integers {
				products := YMM()
				VPMADDWD(slope, v, products)
				VPADDD(products, sums[c][h], sums[c][h])
			} else {
				VFMADD231PS(slope, v, sums[c][h])
			}
		}
	}
	ADDQ(Imm(64), x)
	ADDQ(Imm(uint64(4*m)), stream)
	DECQ(left)
	JNZ(LabelRef("feature"))
	align(stream)
	Label("dense")

	category, codes, chunks := GP64(), GP64(), GP64()
	MOVQ(categories, category)
	MOVQ(codes0, codes)
	MOVQ(chunks0, chunks)
	TESTQ(category, category)
	JZ(LabelRef("scored"))
	Label("category")
	remaining := GP64()
	MOVQ(Mem{Base: chunks}, remaining)
	// Codes are counted down by a chunk's levels from one chunk to the next; in
	// the chunk are those in 0..7.
	index := [halves]reg.VecVirtual{YMM(), YMM()}
	VPMOVZXBD(Mem{Base: codes}, index[0])
	VPMOVZXBD(Mem{Base: codes, Disp: 8}, index[1])
	Label("chunk")
	for h, v := range index {
		in, high := YMM(), YMM()
		VPSRLD(Imm(3), v, in)
		VPXOR(high, high, high)
		VPCMPEQD(high, in, in)
		for c := range sums {
			found := YMM()
			VPERMPS(Mem{Base: stream, Disp: 4 * width * c}, v, found)
			VANDPS(in, found, found)
			if k.integers {
				VPADDD(found, sums[c][h], sums[c][h])
			} else {
				VADDPS(found, sums[c][h], sums[c][h])
			}
		}
		VPCMPEQD(high, high, high)
		VPSLLD(Imm(3), high, high) // −8
		VPADDD(high, v, v)
	}
	ADDQ(I32(int32(4*width*m)), stream)
	DECQ(remaining)
	JNZ(LabelRef("chunk"))
	align(stream)
	ADDQ(Imm(codesRow), codes)
	ADDQ(Imm(8), chunks)
	DECQ(category)
	JNZ(LabelRef("category"))
	Label("scored")

	for h := range halves {
		best, nearest := YMM(), YMM()
		VMOVUPS(Mem{Base: t, Disp: bestAt + 32*h}, best)
		VMOVUPS(Mem{Base: t, Disp: nearestAt + 32*h}, nearest)
		for c := range sums {
			// The sum becomes the worse of the two; the second is kept in memory as
			// registers are few.
			less, other := YMM(), YMM()
			if k.integers {
				VPCMPGTD(sums[c][h], best, less)
				VPMAXSD(best, sums[c][h], other)
				VPMINSD(best, sums[c][h], best)
				VPMINSD(Mem{Base: t, Disp: secondAt + 32*h}, other, other)
			} else {
				VCMPPS(lessThan, best, sums[c][h], less)
				VMAXPS(best, sums[c][h], other)
				VMINPS(best, sums[c][h], best)
				VMINPS(Mem{Base: t, Disp: secondAt + 32*h}, other, other)
			}
			VMOVUPS(other, Mem{Base: t, Disp: secondAt + 32*h})
			VBROADCASTSS(Mem{Base: head, Disp: numberAt + 4*c}, other)
			VBLENDVPS(less, other, nearest, nearest)
		}
		VMOVUPS(best, Mem{Base: t, Disp: bestAt + 32*h})
		VMOVUPS(nearest, Mem{Base: t, Disp: nearestAt + 32*h})
	}
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}
