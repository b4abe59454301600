//go:build amd64 && !purego

package encode

import (
	"unsafe"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

// path is what the kernels take; an error of the choice is the command's to
// report.
var path, _ = cpu.Active()

// bitmaps is Bitmaps with arguments that have been checked. Assembly takes
// whole words; what is left of a word is left to plain Go.
func bitmaps(dst []uint64, stride int, codes, levels []uint8) {
	whole := len(codes) / 64
	switch path {
	case cpu.AVX512:
		bitmaps512(unsafe.SliceData(dst), stride, unsafe.SliceData(codes), whole, unsafe.SliceData(levels), len(levels))
	case cpu.AVX2:
		bitmaps2(unsafe.SliceData(dst), stride, unsafe.SliceData(codes), whole, unsafe.SliceData(levels), len(levels))
	default:
		whole = 0
	}
	if rest := codes[whole*64:]; len(rest) > 0 {
		bitmapsGeneric(dst[whole:], stride, rest, levels)
	}
}

// ranksWhole looks up as many of the codes as assembly takes, and returns how
// many: a multiple of 128 or 256. With many levels there are none, since a look-up
// a code is the quicker way then.
func ranksWhole(dst, codes []uint8, ranks *[256]uint8, levels int) (whole int) {
	sixteens := (levels + 15) / 16
	switch {
	case sixteens == 0 || sixteens > 8:
	case path == cpu.AVX512:
		whole = len(codes) &^ 255
		ranks512(unsafe.SliceData(dst), unsafe.SliceData(codes), whole, &ranks[0], sixteens)
	case path == cpu.AVX2:
		whole = len(codes) &^ 127
		ranks2(unsafe.SliceData(dst), unsafe.SliceData(codes), whole, &ranks[0], sixteens)
	}
	return whole
}
