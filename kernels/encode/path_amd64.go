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
