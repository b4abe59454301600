// Package hist holds the counting kernels over codes: histograms of the codes
// of listed rows, and row lists split by code. They are the cheaper way where
// a prefix has few rows or many extensions, or sums need many bit-planes.
package hist

import "encoding/binary"

// Table has one entry per code.
type Table [256]uint64

// Add8 counts the codes of eight neighbouring features over listed rows:
//
//	for _, r := range rows { for f := range 8 { acc[f][codes[r*stride+offset+f]]++ } }
//
// codes holds at least 8 bytes from the offset of every listed row. Cost:
// 5–12 ns a row, the more the fewer rows of a block are listed.
func Add8(acc *[8]Table, rows []uint16, codes []uint8, stride, offset int) {
	codes = codes[offset:]
	for _, r := range rows {
		x := binary.LittleEndian.Uint64(codes[int(r)*stride:])
		acc[0][uint8(x)]++
		acc[1][uint8(x>>8)]++
		acc[2][uint8(x>>16)]++
		acc[3][uint8(x>>24)]++
		acc[4][uint8(x>>32)]++
		acc[5][uint8(x>>40)]++
		acc[6][uint8(x>>48)]++
		acc[7][uint8(x>>56)]++
	}
}

// Add8Weighted is Add8 adding weights[r] in place of 1. Cost: 7–8 ns a
// row.
func Add8Weighted(acc *[8]Table, rows []uint16, codes []uint8, stride, offset int, weights []uint64) {
	codes = codes[offset:]
	for _, r := range rows {
		x, v := binary.LittleEndian.Uint64(codes[int(r)*stride:]), weights[r]
		acc[0][uint8(x)] += v
		acc[1][uint8(x>>8)] += v
		acc[2][uint8(x>>16)] += v
		acc[3][uint8(x>>24)] += v
		acc[4][uint8(x>>32)] += v
		acc[5][uint8(x>>40)] += v
		acc[6][uint8(x>>48)] += v
		acc[7][uint8(x>>56)] += v
	}
}

// Add4 is Add8 over four features: acc[0] to acc[3]. Cost: 3–7 ns a row.
func Add4(acc *[8]Table, rows []uint16, codes []uint8, stride, offset int) {
	codes = codes[offset:]
	for _, r := range rows {
		x := binary.LittleEndian.Uint32(codes[int(r)*stride:])
		acc[0][uint8(x)]++
		acc[1][uint8(x>>8)]++
		acc[2][uint8(x>>16)]++
		acc[3][uint8(x>>24)]++
	}
}

// Add4Weighted is Add4 adding weights[r] in place of 1. Cost: 3–6 ns a row.
func Add4Weighted(acc *[8]Table, rows []uint16, codes []uint8, stride, offset int, weights []uint64) {
	codes = codes[offset:]
	for _, r := range rows {
		x, v := binary.LittleEndian.Uint32(codes[int(r)*stride:]), weights[r]
		acc[0][uint8(x)] += v
		acc[1][uint8(x>>8)] += v
		acc[2][uint8(x>>16)] += v
		acc[3][uint8(x>>24)] += v
	}
}
