// Package probe measures what the processor can do at most, so that kernels
// can be held against it: AND, popcount and add out of registers, reading
// memory, and counting into tables.
package probe

import (
	"encoding/binary"
	"math/bits"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

// AndPopcount performs AND + popcount + add on registers alone, as the given
// path would, at least the given number of times 4,096 rows, and returns how
// many cell-rows that were:
//
//	for range rows { n += popcount(a & b) }
//
// AVX-512 takes three instructions for 512 rows. AVX2 has no popcount: the
// probe looks nibbles up, eight instructions for 256 rows; a kernel that joins
// several words by carry-save adders first can exceed it. Plain Go takes one
// POPCNT (or its arm64 counterpart) for 64 rows.
func AndPopcount(path cpu.Path, times int) (cellRows float64) {
	if assembly(path) {
		andPopcount(path, times)
	} else {
		sink += plainAndPopcount(times)
	}
	return float64(times) * roundRows
}

// Read loads every byte of a buffer, whose length is a multiple of 512, into
// registers: with the widest loads of the path.
func Read(path cpu.Path, buffer []byte) {
	if assembly(path) {
		read(path, buffer)
	} else {
		sink += plainRead(buffer)
	}
}

// Increment adds one to entries of small tables, the given number of times 64,
// never to the same entry in short succession: the most that a histogram can
// do with one load, add and store a value.
func Increment(times int) (increments float64) {
	var tables [8][256]uint64
	for i := range times {
		at := uint8(i) * 8
		for k := range uint8(8) {
			tables[0][at+k]++
			tables[1][at+k]++
			tables[2][at+k]++
			tables[3][at+k]++
			tables[4][at+k]++
			tables[5][at+k]++
			tables[6][at+k]++
			tables[7][at+k]++
		}
	}
	sink += tables[3][7]
	return float64(times) * 64
}

// roundRows is how many rows one round of a loop counts.
const roundRows = 4096

// sink keeps results alive.
var sink uint64

func plainAndPopcount(times int) uint64 {
	var n0, n1, n2, n3 uint64
	a, b := uint64(0x0123456789abcdef), uint64(0xff00ff00ff00ff00)
	for range times {
		for range roundRows / 64 / 4 {
			n0 += uint64(bits.OnesCount64(a & b))
			n1 += uint64(bits.OnesCount64(a & (b + 1)))
			n2 += uint64(bits.OnesCount64(a & (b + 2)))
			n3 += uint64(bits.OnesCount64(a & (b + 3)))
			a++
		}
	}
	return n0 + n1 + n2 + n3
}

func plainRead(buffer []byte) uint64 {
	var a, b, c, d uint64
	for ; len(buffer) >= 64; buffer = buffer[64:] {
		x := buffer[:64]
		a += binary.LittleEndian.Uint64(x) + binary.LittleEndian.Uint64(x[8:])
		b += binary.LittleEndian.Uint64(x[16:]) + binary.LittleEndian.Uint64(x[24:])
		c += binary.LittleEndian.Uint64(x[32:]) + binary.LittleEndian.Uint64(x[40:])
		d += binary.LittleEndian.Uint64(x[48:]) + binary.LittleEndian.Uint64(x[56:])
	}
	return a + b + c + d
}
