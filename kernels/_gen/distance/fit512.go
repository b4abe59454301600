package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Fields of bounds, in bytes from its start.
const (
	reachAt  = 0
	factorAt = 4
	floorAt  = 8
	tinyAt   = 12
	aboveAt  = 16
	belowAt  = 20
	noneAt   = 24
)

// finish512 writes what follows the scores of a tile.
func finish512() {
	TEXT("finish512", NOSPLIT, "func(t *float32, norms *float32, nearest *uint16, slack *float32, b *float32) (open, changed uint64)")
	Pragma("noescape")
	Doc("finish512 is finishGeneric for 64 rows, with approximate roots: its slack is a little less.")
	t, norms := Load(Param("t"), GP64()), Load(Param("norms"), GP64())
	nearest, slack := Load(Param("nearest"), GP64()), Load(Param("slack"), GP64())
	b := Load(Param("b"), GP64())
	field := func(at int) reg.VecVirtual {
		v := ZMM()
		VBROADCASTSS(Mem{Base: b, Disp: at}, v)
		return v
	}
	reach, factor, floor, tiny, above, below := field(reachAt), field(factorAt), field(floorAt), field(tinyAt), field(aboveAt), field(belowAt)
	none := field(noneAt)

	open, changed := GP64(), GP64()
	XORQ(open, open)
	XORQ(changed, changed)
	// root returns √v or a little more; v > 0.
	root := func(v reg.VecVirtual) reg.VecVirtual {
		r := ZMM()
		VRSQRT14PS(v, r)
		VMULPS(v, r, r)
		VMULPS(above, r, r)
		return r
	}
	for p := range 4 {
		best, second, norm, bound := ZMM(), ZMM(), ZMM(), ZMM()
		VMOVUPS(Mem{Base: t, Disp: bestAt + 64*p}, best)
		VMOVUPS(Mem{Base: t, Disp: secondAt + 64*p}, second)
		VMOVUPS(Mem{Base: norms, Disp: 64 * p}, norm)
		x := ZMM()
		VMAXPS(tiny, norm, x)
		x = root(x)
		VADDPS(reach, x, x)
		VMULPS(x, factor, bound)
		VMULPS(x, bound, bound)
		VMAXPS(floor, bound, bound)

		gap, leads := ZMM(), K()
		VSUBPS(best, second, gap)
		VCMPPS(lessThan, gap, bound, leads) // bound < gap
		VSUBPS(bound, gap, gap)
		for _, v := range []reg.VecVirtual{best, second} {
			VADDPS(norm, v, v)
			VADDPS(bound, v, v)
			VMAXPS(tiny, v, v)
		}
		roots := root(best)
		VADDPS(root(second), roots, roots)
		VRCP14PS(roots, roots)
		VMULPS(below, roots, roots)
		VMULPS(gap, roots, roots)
		less := ZMM()
		VMOVAPS(none, less)
		VMOVAPS(roots, leads, less)
		VMOVUPS(less, Mem{Base: slack, Disp: 64 * p})

		before, differs := ZMM(), K()
		VPMOVZXWD(Mem{Base: nearest, Disp: 32 * p}, before)
		VPCMPD(U8(4), Mem{Base: t, Disp: nearestAt + 64*p}, before, differs)
		for _, m := range []struct {
			mask  reg.OpmaskVirtual
			flip  bool
			total reg.GPVirtual
		}{{leads, true, open}, {differs, false, changed}} {
			bits := GP32()
			KMOVW(m.mask, bits)
			if m.flip {
				XORL(U32(0xffff), bits)
			}
			SHLQ(Imm(uint64(16*p)), bits.As64())
			ORQ(bits.As64(), m.total)
		}
	}
	Store(open, ReturnIndex(0))
	Store(changed, ReturnIndex(1))
	VZEROUPPER()
	RET()
}

// age512 writes the ageing of slack.
func age512() {
	TEXT("age512", NOSPLIT, "func(active *uint64, slack *float32, nearest *uint16, drops *float32, tiles int, keep, spared float32)")
	Pragma("noescape")
	Doc("age512 is ageGeneric for whole tiles.")
	active, slack := Load(Param("active"), GP64()), Load(Param("slack"), GP64())
	nearest, drops := Load(Param("nearest"), GP64()), Load(Param("drops"), GP64())
	tiles := Load(Param("tiles"), GP64())
	constant := func(name string) reg.VecVirtual {
		v := ZMM()
		VBROADCASTSS(Load(Param(name), XMM()), v)
		return v
	}
	keep, spared := constant("keep"), constant("spared")
	Label("tile")
	for p := range 4 {
		index, drop, left, all, spare := ZMM(), ZMM(), ZMM(), K(), K()
		VPMOVZXWD(Mem{Base: nearest, Disp: 32 * p}, index)
		KXNORW(all, all, all)
		VPXORD(drop, drop, drop)
		VGATHERDPS(Mem{Base: drops, Index: index, Scale: 4}, all, drop)
		VMOVUPS(Mem{Base: slack, Disp: 64 * p}, left)
		VSUBPS(drop, left, left)
		VMULPS(keep, left, left)
		VMOVUPS(left, Mem{Base: slack, Disp: 64 * p})
		VCMPPS(lessThan, left, spared, spare) // spared < left
		KNOTW(spare, spare)
		bits := GP32()
		KMOVW(spare, bits)
		MOVW(bits.As16(), Mem{Base: active, Disp: 2 * p})
	}
	ADDQ(Imm(8), active)
	ADDQ(I32(256), slack)
	ADDQ(I32(128), nearest)
	DECQ(tiles)
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// scale512 writes the turning of a tile of integers into one of numbers.
func scale512() {
	TEXT("scale512", NOSPLIT, "func(dst *float32, src *int32, unit float32)")
	Pragma("noescape")
	Doc("scale512 sets the two lowest scores of a tile to those of an integer one times a unit, and copies whose the lowest is.")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	unit := ZMM()
	VBROADCASTSS(Load(Param("unit"), XMM()), unit)
	for at := bestAt; at < nearestAt; at += 64 {
		v := ZMM()
		VCVTDQ2PS(Mem{Base: src, Disp: at}, v)
		VMULPS(unit, v, v)
		VMOVUPS(v, Mem{Base: dst, Disp: at})
	}
	for at := nearestAt; at < nearestAt+256; at += 64 {
		v := ZMM()
		VMOVDQU32(Mem{Base: src, Disp: at}, v)
		VMOVDQU32(v, Mem{Base: dst, Disp: at})
	}
	VZEROUPPER()
	RET()
}
