//go:build amd64 && !purego

package hist

import (
	"unsafe"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

// path is what the kernels take; an error of the choice is the command's to
// report.
var path, _ = cpu.Active()

// number is numberGeneric. Assembly takes a multiple of 64 or 128 rows; what is
// left is left to plain Go.
func number(n *numbers, codes [][]uint8, sizes []int, from, rows int) {
	whole := 0
	switch path {
	case cpu.AVX512:
		whole = rows &^ 127
	case cpu.AVX2:
		whole = rows &^ 63
	}
	if whole > 0 {
		const everyLane = 0x0001000100010001
		var at [JointFeatures]*uint8
		var size [JointFeatures]uint64
		for f := range codes {
			at[f], size[f] = unsafe.SliceData(codes[f]), uint64(sizes[f])*everyLane
		}
		if path == cpu.AVX512 {
			number512(&n[0], &at[0], &size[0], len(codes), from, whole)
		} else {
			number2(&n[0], &at[0], &size[0], len(codes), from, whole)
		}
	}
	if whole < rows {
		numberGeneric(n[whole/4:], codes, sizes, from+whole, rows-whole)
	}
}
