// Package probe holds loops that do nothing but use the processor: what the
// kernels' speed is compared with. A figure of a kernel means little without
// one of these from the same run, as machines, clocks and neighbours differ.
package probe

import (
	"math/bits"
	"runtime"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

// Count intersects and counts bits that are in registers, with the plain
// sequence of a path's instructions: AND, popcount, add. It returns how many
// bits it counted. A kernel that counts in fewer instructions can be faster.
//
//	purego  one word at a time
//	avx2    AND, two table look-ups of half bytes, sums per byte
//	avx512  VPANDQ, VPOPCNTQ, VPADDQ
//
// The path is one that the process supports.
func Count(path cpu.Path, rounds int) (counted int) {
	return count(path, max(rounds, 1))
}

func countGeneric(rounds int) (counted int) {
	a, b, c, d, n := uint64(1), uint64(3), uint64(7), uint64(15), 0
	for i := range uint64(rounds) {
		n += bits.OnesCount64(a&i) + bits.OnesCount64(b&i) + bits.OnesCount64(c&i) + bits.OnesCount64(d&i)
	}
	runtime.KeepAlive(n) // or the compiler may drop the loop
	return rounds * 4 * 64
}

// MultiplyAdd multiplies and adds float32 numbers that are in registers, and
// returns how many operations that were, two for each multiply-add:
//
//	purego  one number at a time, without a fused instruction on amd64
//	avx2    VFMADD of 8
//	avx512  VFMADD of 16
//
// The path is one that the process supports.
func MultiplyAdd(path cpu.Path, rounds int) (operations int) {
	return multiplyAdd(path, max(rounds, 1))
}

func multiplyAddGeneric(rounds int) (operations int) {
	var a, b, c, d, e, f, g, h float32
	x := float32(0.5)
	for range rounds {
		a += x * x
		b += x * x
		c += x * x
		d += x * x
		e += x * x
		f += x * x
		g += x * x
		h += x * x
	}
	runtime.KeepAlive(a + b + c + d + e + f + g + h) // or the compiler may drop the loop
	return rounds * 8 * 2
}
