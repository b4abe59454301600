// Package limit holds loops that do one thing as fast as the processor can, so
// that kernels can be held against them: reading memory, adding to tables,
// comparing bytes. kernels/probe does the same for counting bits.
package limit

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

// Compare compares 4,096 bytes in registers with one value, the given number of
// times, and writes the results as bits; it returns how many bytes that were:
//
//	for i, c := range codes { dst bit i = (c == level) }
//
// Plain Go has no such instruction: ok is false.
func Compare(path cpu.Path, times int) (compared float64, ok bool) {
	if !assembly(path) {
		return 0, false
	}
	compare(path, times)
	return float64(times) * 4096, true
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
