package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// nibbles counts bits of 256-bit vectors by looking both halves of every byte
// up in a table.
type nibbles struct{ table, low reg.VecVirtual }

func loadNibbles() nibbles {
	if nibbleData == nil {
		nibbleData = newNibbleData()
	}
	n := nibbles{YMM(), YMM()}
	VBROADCASTI128(*nibbleData, n.table)
	VBROADCASTI128(nibbleData.Offset(16), n.low)
	return n
}

var nibbleData *Mem

func newNibbleData() *Mem {
	data := GLOBL("nibbles", RODATA|NOPTR)
	DATA(0, U64(0x0302020102010100)) // byte i: bits of i
	DATA(8, U64(0x0403030203020201))
	DATA(16, U64(0x0f0f0f0f0f0f0f0f))
	DATA(24, U64(0x0f0f0f0f0f0f0f0f))
	return &data
}

// bytes adds the bits of every byte of v to the bytes of to; v is lost.
func (n nibbles) bytes(v, to reg.VecVirtual) {
	lo := YMM()
	VPAND(n.low, v, lo)
	VPSRLW(U8(4), v, v)
	VPAND(n.low, v, v)
	VPSHUFB(lo, n.table, lo)
	VPSHUFB(v, n.table, v)
	VPADDB(lo, to, to)
	VPADDB(v, to, to)
}

// widen adds the bytes of v, which are lost, to the words of to.
func widen(v, zero, to reg.VecVirtual) {
	VPSADBW(zero, v, v)
	VPADDQ(v, to, to)
}

// fullAdd sets sum to the lowest bits of sum+a+b and carry to the next.
func fullAdd(sum, a, b, carry reg.VecVirtual) {
	u, both := YMM(), YMM()
	VPXOR(a, b, u)
	VPAND(a, b, both)
	VPAND(sum, u, carry)
	VPXOR(sum, u, sum)
	VPOR(both, carry, carry)
}

// andCounts2 writes a kernel that counts the extensions of one prefix. Four
// vectors of an intersection are added up bit by bit first (a carry-save
// adder), and one is counted for them: 6.5 instructions a vector instead of 8.
func andCounts2() {
	TEXT("andCountsOne2", NOSPLIT, "func(dst, prefix *uint64, words int, items *uint64, stride int, ext *uint32, n int, last uint32) (left int)")
	Pragma("noescape")
	Doc("andCountsOne2 sets dst[c] = Σ popcount(prefix[i] & items[ext[c]*stride+i]) over i in 0..words-1, for c",
		"in 0..n-1. It stops before an extension above last and returns how many are left.")
	dst, prefix, ext, n := Load(Param("dst"), GP64()), Load(Param("prefix"), GP64()), Load(Param("ext"), GP64()), Load(Param("n"), GP64())
	length := Load(Param("words"), GP64())
	SHLQ(U8(3), length)
	nib, zero := loadNibbles(), YMM()
	VPXOR(zero, zero, zero)

	next, done := label("extensions"), label("done")
	Label(next)
	TESTQ(n, n)
	JZ(LabelRef(done))
	item, off, end, sum := GP64(), GP64(), GP64(), GP64()
	Load(Param("stride"), off)
	SHLQ(U8(3), off)
	MOVL(Mem{Base: ext}, item.As32())
	CMPL(item.As32(), NewParamAddr("last", 56))
	JHI(LabelRef(done))
	IMULQ(off, item)
	Load(Param("items"), off)
	ADDQ(off, item)

	total, ones, twos := YMM(), YMM(), YMM()
	for _, v := range []reg.VecVirtual{total, ones, twos} {
		VPXOR(v, v, v)
	}
	XORQ(off, off)
	XORQ(sum, sum)
	intersect := func(v int) reg.VecVirtual {
		y := YMM()
		VMOVDQU(Mem{Base: prefix, Index: off, Scale: 1, Disp: 32 * v}, y)
		VPAND(Mem{Base: item, Index: off, Scale: 1, Disp: 32 * v}, y, y)
		return y
	}

	// Runs of up to 31 steps of 16 words, so that no byte overflows.
	run, step, counted, vectors, words, word := label("run"), label("step"), label("counted"), label("vectors"), label("words"), label("word")
	Label(run)
	MOVQ(length, end)
	SUBQ(off, end)
	ANDQ(I32(-128), end)
	JZ(LabelRef(counted))
	most := GP64()
	MOVQ(U64(31*128), most)
	CMPQ(end, most)
	CMOVQGT(most, end)
	ADDQ(off, end)
	perByte := YMM()
	VPXOR(perByte, perByte, perByte)
	Label(step)
	twosA, twosB, fours := YMM(), YMM(), YMM()
	fullAdd(ones, intersect(0), intersect(1), twosA)
	fullAdd(ones, intersect(2), intersect(3), twosB)
	fullAdd(twos, twosA, twosB, fours)
	nib.bytes(fours, perByte)
	SUBQ(I8(-128), off)
	CMPQ(off, end)
	JLT(LabelRef(step))
	widen(perByte, zero, total)
	JMP(LabelRef(run))

	Label(counted)
	VPADDQ(total, total, total)
	countInto := func(v reg.VecVirtual) {
		b := YMM()
		VPXOR(b, b, b)
		nib.bytes(v, b)
		widen(b, zero, total)
	}
	countInto(twos)
	VPADDQ(total, total, total)
	countInto(ones)

	Label(vectors)
	LEAQ(Mem{Base: off, Disp: 32}, end)
	CMPQ(end, length)
	JGT(LabelRef(words))
	countInto(intersect(0))
	MOVQ(end, off)
	JMP(LabelRef(vectors))

	Label(words)
	CMPQ(off, length)
	JEQ(LabelRef(word))
	MOVQ(Mem{Base: prefix, Index: off, Scale: 1}, end)
	ANDQ(Mem{Base: item, Index: off, Scale: 1}, end)
	POPCNTQ(end, end)
	ADDQ(end, sum)
	ADDQ(U8(8), off)
	JMP(LabelRef(words))

	Label(word)
	ADDQ(addUp(total), sum)
	MOVQ(sum, Mem{Base: dst})
	ADDQ(U8(8), dst)
	ADDQ(U8(4), ext)
	DECQ(n)
	JMP(LabelRef(next))
	Label(done)
	VZEROUPPER()
	Store(n, ReturnIndex(0))
	RET()
}

// addUp returns the sum of the words of y, which is lost.
func addUp(y reg.VecVirtual) reg.GPVirtual {
	x, n := XMM(), GP64()
	VEXTRACTI128(U8(1), y, x)
	VPADDQ(y.AsX(), x, x)
	VPSHUFD(U8(0xee), x, y.AsX())
	VPADDQ(y.AsX(), x, x)
	VMOVQ(x, n)
	return n
}

// and2 writes And for whole bitmaps.
func and2() {
	TEXT("and2", NOSPLIT, "func(dst, a, b *uint64, words int) int")
	Pragma("noescape")
	Doc("and2 sets dst[i] = a[i] & b[i] for i in 0..words-1 and returns the number of bits set.")
	dst, a, b := Load(Param("dst"), GP64()), Load(Param("a"), GP64()), Load(Param("b"), GP64())
	length := Load(Param("words"), GP64())
	SHLQ(U8(3), length)
	nib, zero, total := loadNibbles(), YMM(), YMM()
	VPXOR(zero, zero, zero)
	VPXOR(total, total, total)
	off, end, n, sum := GP64(), GP64(), GP64(), GP64()
	XORQ(off, off)
	XORQ(n, n)

	vectors, words, word := label("vectors"), label("words"), label("word")
	Label(vectors)
	LEAQ(Mem{Base: off, Disp: 32}, end)
	CMPQ(end, length)
	JGT(LabelRef(words))
	y, perByte := YMM(), YMM()
	VMOVDQU(Mem{Base: a, Index: off, Scale: 1}, y)
	VPAND(Mem{Base: b, Index: off, Scale: 1}, y, y)
	VMOVDQU(y, Mem{Base: dst, Index: off, Scale: 1})
	VPXOR(perByte, perByte, perByte)
	nib.bytes(y, perByte)
	widen(perByte, zero, total)
	MOVQ(end, off)
	JMP(LabelRef(vectors))

	Label(words)
	CMPQ(off, length)
	JEQ(LabelRef(word))
	MOVQ(Mem{Base: a, Index: off, Scale: 1}, end)
	ANDQ(Mem{Base: b, Index: off, Scale: 1}, end)
	MOVQ(end, Mem{Base: dst, Index: off, Scale: 1})
	POPCNTQ(end, end)
	ADDQ(end, n)
	ADDQ(U8(8), off)
	JMP(LabelRef(words))

	Label(word)
	MOVQ(addUp(total), sum)
	ADDQ(n, sum)
	VZEROUPPER()
	Store(sum, ReturnIndex(0))
	RET()
}
