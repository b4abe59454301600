package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// fetchAhead is how many rows that lie anywhere are fetched before their turn.
const fetchAhead = 8

// tailOf returns how many of d values are left for the last vector, as a mask: d
// mod 16, or 16.
func tailOf(d reg.Register) reg.OpmaskVirtual {
	left, ones, bits, tail := GP64(), GP32(), GP32(), K()
	MOVQ(d, left)
	DECQ(left)
	ANDQ(Imm(15), left)
	INCQ(left)
	MOVL(U32(0xffffffff), ones)
	BZHIL(left.As32(), ones, bits)
	KMOVW(bits, tail)
	return tail
}

// rowAddress points at row number i, 4 bytes at a place, of d values.
func rowAddress(row reg.GPVirtual, x, d reg.Register, number Mem) {
	MOVLQZX(number, row)
	IMULQ(d, row)
	LEAQ(Mem{Base: x, Index: row, Scale: 4}, row)
}

// fetchRow fetches the row whose number is at a place, if n says that it is there.
func fetchRow(n, x, d reg.Register, number Mem) {
	CMPQ(n, Imm(fetchAhead))
	JLE(LabelRef("fetched"))
	row, left := GP64(), GP64()
	rowAddress(row, x, d, number)
	MOVQ(d, left)
	Label("fetch")
	PREFETCHT0(Mem{Base: row})
	ADDQ(Imm(64), row)
	SUBQ(Imm(16), left)
	JG(LabelRef("fetch"))
	Label("fetched")
}

// gather512 writes the copying of rows into panels.
func gather512() {
	TEXT("gather512", NOSPLIT, "func(dst, x *float32, rows *int32, n, d int)")
	Pragma("noescape")
	Doc("gather512 is denseGeneric for n rows of d values.")
	dst0, x, rows := Load(Param("dst"), GP64()), Load(Param("x"), GP64()), Load(Param("rows"), GP64())
	n, d := Load(Param("n"), GP64()), Load(Param("d"), GP64())
	tail := tailOf(d)
	// Values of a row go to places that are 16 apart.
	apart := ZMM()
	VPMOVZXBD(NewDataAddr(lanes(), 0), apart)
	VPSLLD(Imm(4), apart, apart)
	panel, lane := GP64(), GP64()
	MOVQ(dst0, panel)
	XORQ(lane, lane)

	Label("row")
	fetchRow(n, x, d, Mem{Base: rows, Disp: 4 * fetchAhead})
	row, to, left, mask, values := GP64(), GP64(), GP64(), K(), ZMM()
	rowAddress(row, x, d, Mem{Base: rows})
	LEAQ(Mem{Base: panel, Index: lane, Scale: 4}, to)
	MOVQ(d, left)
	Label("sixteen")
	CMPQ(left, Imm(16))
	JLE(LabelRef("last"))
	KXNORW(mask, mask, mask)
	VMOVUPS(Mem{Base: row}, values)
	VSCATTERDPS(values, mask, Mem{Base: to, Index: apart, Scale: 4})
	ADDQ(Imm(64), row)
	ADDQ(I32(16*64), to)
	SUBQ(Imm(16), left)
	JMP(LabelRef("sixteen"))
	Label("last")
	KMOVW(tail, mask)
	VMOVUPS_Z(Mem{Base: row}, mask, values)
	VSCATTERDPS(values, mask, Mem{Base: to, Index: apart, Scale: 4})
	ADDQ(Imm(4), rows)
	INCQ(lane)
	CMPQ(lane, Imm(16))
	JLT(LabelRef("placed"))
	XORQ(lane, lane)
	step := GP64()
	MOVQ(d, step)
	SHLQ(Imm(6), step)
	ADDQ(step, panel)
	Label("placed")
	DECQ(n)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// lanes returns the name of 0, 1, … 15 in bytes.
func lanes() Symbol {
	at := GLOBL("lanes", RODATA|NOPTR)
	for i := range 16 {
		DATA(i, U8(i))
	}
	return at.Symbol
}
