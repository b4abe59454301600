package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// scan512 writes the tile of four panels × m centroids: up to 24 sums in
// registers, fed by four loads and m broadcasts a feature.
func scan512(k kind, m int) {
	const panels, width = 4, 32
	t, x0, d, stream0, groups, codes0, chunks0, categories := k.scanFunction("512", m, panels*16, width)
	stream := GP64()
	MOVQ(stream0, stream)

	Label("group")
	head := GP64()
	MOVQ(stream, head)
	sums := make([][panels]reg.VecVirtual, m)
	for c := range sums {
		for p := range panels {
			sums[c][p] = ZMM()
		}
		VBROADCASTSS(Mem{Base: head, Disp: biasAt + 4*c}, sums[c][0])
		for p := 1; p < panels; p++ {
			VMOVAPS(sums[c][0], sums[c][p])
		}
	}
	ADDQ(Imm(header), stream)

	// A panel is d × 64 bytes.
	x, panel, panel3, left := GP64(), GP64(), GP64(), GP64()
	MOVQ(x0, x)
	MOVQ(d, panel)
	SHLQ(Imm(6), panel)
	LEAQ(Mem{Base: panel, Index: panel, Scale: 2}, panel3)
	next := GP64()
	LEAQ(Mem{Base: x, Index: panel, Scale: 8}, next)
	MOVQ(d, left)
	TESTQ(left, left)
	JZ(LabelRef("dense"))
	Label("feature")
	values := [panels]reg.VecVirtual{ZMM(), ZMM(), ZMM(), ZMM()}
	VMOVUPS(Mem{Base: x}, values[0])
	VMOVUPS(Mem{Base: x, Index: panel, Scale: 1}, values[1])
	VMOVUPS(Mem{Base: x, Index: panel, Scale: 2}, values[2])
	VMOVUPS(Mem{Base: x, Index: panel3, Scale: 1}, values[3])
	// The tile after the next, in lines that hardware prefetching finds
	// late: a panel is short.
	PREFETCHT1(Mem{Base: next})
	PREFETCHT1(Mem{Base: next, Index: panel, Scale: 1})
	PREFETCHT1(Mem{Base: next, Index: panel, Scale: 2})
	PREFETCHT1(Mem{Base: next, Index: panel3, Scale: 1})
	ADDQ(Imm(64), next)
	for c := range sums {
		slope := ZMM()
		VBROADCASTSS(Mem{Base: stream, Disp: 4 * c}, slope)
		for p, v := range values {
			if k.integers {
				VPDPWSSD(slope, v, sums[c][p])
			} else {
				VFMADD231PS(slope, v, sums[c][p])
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
	remaining, chunk := GP64(), GP32()
	MOVQ(Mem{Base: chunks}, remaining)
	XORL(chunk, chunk)
	index := [panels]reg.VecVirtual{ZMM(), ZMM(), ZMM(), ZMM()}
	for p, v := range index {
		VPMOVZXBD(Mem{Base: codes, Disp: 16 * p}, v)
	}
	Label("chunk")
	inChunk := [panels]reg.OpmaskVirtual{K(), K(), K(), K()}
	number, which := ZMM(), ZMM()
	VPBROADCASTD(chunk, number)
	for p, v := range index {
		VPSRLD(Imm(5), v, which)
		VPCMPEQD(which, number, inChunk[p])
	}
	for c := range sums {
		high := ZMM()
		VMOVUPS(Mem{Base: stream, Disp: 4 * (width*c + 16)}, high)
		for p, v := range index {
			found := ZMM()
			VMOVUPS(Mem{Base: stream, Disp: 4 * width * c}, found)
			VPERMT2PS(high, v, found)
			if k.integers {
				VPADDD(found, sums[c][p], inChunk[p], sums[c][p])
			} else {
				VADDPS(found, sums[c][p], inChunk[p], sums[c][p])
			}
		}
	}
	ADDQ(I32(int32(4*width*m)), stream)
	INCL(chunk)
	DECQ(remaining)
	JNZ(LabelRef("chunk"))
	ADDQ(Imm(codesRow), codes)
	ADDQ(Imm(8), chunks)
	DECQ(category)
	JNZ(LabelRef("category"))
	Label("scored")

	for p := range panels {
		best, second, nearest, worse, less := ZMM(), ZMM(), ZMM(), ZMM(), K()
		VMOVUPS(Mem{Base: t, Disp: bestAt + 64*p}, best)
		VMOVUPS(Mem{Base: t, Disp: secondAt + 64*p}, second)
		VMOVDQU32(Mem{Base: t, Disp: nearestAt + 64*p}, nearest)
		for c := range sums {
			if k.integers {
				VPCMPD(lessThanInt, best, sums[c][p], less)
				VPMAXSD(best, sums[c][p], worse)
				VPMINSD(best, sums[c][p], best)
				VPMINSD(worse, second, second)
			} else {
				VCMPPS(lessThan, best, sums[c][p], less)
				VMAXPS(best, sums[c][p], worse)
				VMINPS(best, sums[c][p], best)
				VMINPS(worse, second, second)
			}
			VPBROADCASTD(Mem{Base: head, Disp: numberAt + 4*c}, less, nearest)
		}
		VMOVUPS(best, Mem{Base: t, Disp: bestAt + 64*p})
		VMOVUPS(second, Mem{Base: t, Disp: secondAt + 64*p})
		VMOVDQU32(nearest, Mem{Base: t, Disp: nearestAt + 64*p})
	}
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}
