package main

import (
	"fmt"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// andCounts512 writes a kernel that counts the same extensions of one or two
// prefixes, four at a time, the last ones singly.
func andCounts512(name string, rows int) {
	names := func(stem string) []string {
		if rows == 1 {
			return []string{stem}
		}
		return []string{stem + "0", stem + "1"}
	}
	TEXT(name, NOSPLIT, fmt.Sprintf("func(%s *uint64, words int, items *uint64, stride int, ext *uint32, n int, last uint32) (left int)",
		strings.Join(append(names("dst"), names("prefix")...), ", ")))
	Pragma("noescape")
	Doc(name+" sets, for c in 0..n-1 and each prefix, dst[c] = Σ popcount(prefix[i] & items[ext[c]*stride+i])",
		"over i in 0..words-1. It stops before an extension above last and returns how many are left.")

	t := tile512{rows: rows, off: GP64(), end: GP64(), rest: GP64()}
	var dst []reg.GPVirtual
	for r := range rows {
		dst = append(dst, Load(Param(names("dst")[r]), GP64()).(reg.GPVirtual))
		t.prefix = append(t.prefix, Load(Param(names("prefix")[r]), GP64()).(reg.GPVirtual))
	}
	ext, n := Load(Param("ext"), GP64()), Load(Param("n"), GP64())
	Load(Param("words"), t.rest)
	mask := lastWords(t.rest)
	SHLQ(U8(3), t.rest)

	limit := NewParamAddr("last", 8*(2*rows+5))
	t.twice()
	for _, cols := range []int{4, 1} {
		t.cols, t.item = cols, nil
		next, done := label("extensions"), label("done")
		Label(next)
		CMPQ(n, Imm(uint64(cols)))
		JLT(LabelRef(done))
		Load(Param("stride"), t.off)
		SHLQ(U8(3), t.off)
		if cols == 4 {
			t.ahead = GP64()
			LEAQ(Mem{Base: t.off, Index: t.off, Scale: 1}, t.ahead)
			ADDQ(t.ahead, t.ahead)
		}
		Load(Param("items"), t.end)
		for c := range cols {
			item := GP64()
			MOVL(Mem{Base: ext, Disp: 4 * c}, item.As32())
			CMPL(item.As32(), limit)
			JHI(LabelRef(done))
			IMULQ(t.off, item)
			ADDQ(t.end, item)
			t.item = append(t.item, item)
		}
		MOVQ(t.rest, t.end)
		ANDQ(I32(-256), t.end)
		t.emit(mask)
		t.store(dst)
		for r := range rows {
			ADDQ(U8(8*cols), dst[r])
		}
		ADDQ(U8(4*cols), ext)
		SUBQ(U8(cols), n)
		JMP(LabelRef(next))
		Label(done)
	}
	VZEROUPPER()
	Store(n, ReturnIndex(0))
	RET()
}

// lastWords returns a mask of the last words&7 words of a bitmap.
func lastWords(words reg.GPVirtual) reg.Register {
	MOVQ(words, reg.RCX)
	ANDQ(U8(7), reg.RCX)
	m := GP64()
	MOVQ(U64(1), m)
	SHLQ(reg.CL, m)
	DECQ(m)
	k := K()
	KMOVQ(m, k)
	return k
}

// and512 writes And for whole bitmaps.
func and512() {
	TEXT("and512", NOSPLIT, "func(dst, a, b *uint64, words int) int")
	Pragma("noescape")
	Doc("and512 sets dst[i] = a[i] & b[i] for i in 0..words-1 and returns the number of bits set.")
	dst, a, b := Load(Param("dst"), GP64()), Load(Param("a"), GP64()), Load(Param("b"), GP64())
	words := Load(Param("words"), GP64()).(reg.GPVirtual)
	mask := lastWords(words)
	off, end, rest := GP64(), GP64(), GP64()
	MOVQ(words, rest)
	SHLQ(U8(3), rest)
	XORQ(off, off)
	sum := []reg.VecVirtual{ZMM(), ZMM()}
	for _, s := range sum {
		VPXORQ(s, s, s)
	}
	step := func(v int, s reg.VecVirtual) {
		z := ZMM()
		VMOVDQU64(Mem{Base: a, Index: off, Scale: 1, Disp: 64 * v}, z)
		VPANDQ(Mem{Base: b, Index: off, Scale: 1, Disp: 64 * v}, z, z)
		VMOVDQU64(z, Mem{Base: dst, Index: off, Scale: 1, Disp: 64 * v})
		VPOPCNTQ(z, z)
		VPADDQ(z, s, s)
	}
	for _, vectors := range []int{4, 1} {
		next, done := label("loop"), label("done")
		Label(next)
		LEAQ(Mem{Base: off, Disp: 64 * vectors}, end)
		CMPQ(end, rest)
		JGT(LabelRef(done))
		for v := range vectors {
			step(v, sum[v%2])
		}
		MOVQ(end, off)
		JMP(LabelRef(next))
		Label(done)
	}
	z := ZMM()
	VMOVDQU64_Z(Mem{Base: a, Index: off, Scale: 1}, mask, z)
	VPANDQ_Z(Mem{Base: b, Index: off, Scale: 1}, z, mask, z)
	VMOVDQU64(z, mask, Mem{Base: dst, Index: off, Scale: 1})
	VPOPCNTQ(z, z)
	VPADDQ(z, sum[0], sum[0])

	VPADDQ(sum[0], sum[1], sum[0])
	half := YMM()
	VEXTRACTI64X4(U8(1), sum[0], half)
	VPADDQ(half, sum[0].AsY(), half)
	storeSum(half)
}

// storeSum returns the sum of the four words of y, and from the function.
func storeSum(y reg.VecVirtual) {
	x, n := XMM(), GP64()
	VEXTRACTI128(U8(1), y, x)
	VPADDQ(y.AsX(), x, x)
	VPSHUFD(U8(0xee), x, y.AsX())
	VPADDQ(y.AsX(), x, x)
	VMOVQ(x, n)
	VZEROUPPER()
	Store(n, ReturnIndex(0))
	RET()
}
