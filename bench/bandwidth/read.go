// Package bandwidth measures how fast memory can be read and counted into, so
// that kernels can be held against it; kernels/probe does the same for counting
// bits.
package bandwidth

import (
	"encoding/binary"
	"runtime"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

// Read loads every byte of a buffer, whose length is a multiple of 512, into
// registers: with the widest loads of the path.
func Read(path cpu.Path, buffer []byte) {
	if assembly(path) {
		read(path, buffer)
	} else {
		runtime.KeepAlive(plainRead(buffer))
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
	runtime.KeepAlive(&tables)
	return float64(times) * 64
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
