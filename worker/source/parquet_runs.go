package source

import (
	"encoding/binary"
	"fmt"

	"github.com/headwater-dev/headwater/kernels/encode"
)

// unpackRuns decodes Parquet's RLE/bit-packed hybrid: runs of one value, and
// groups of eight packed in width bits each. It fills dst, whatever src holds
// beyond. Bytes take widths up to 8, ints up to 32.
func unpackRuns[T uint8 | int32](dst []T, src []byte, width int) error {
	if width > 32 {
		return fmt.Errorf("values of %d bits", width)
	}
	for len(dst) > 0 {
		header, used := binary.Uvarint(src)
		if used <= 0 {
			return fmt.Errorf("cut short: %d more expected", len(dst))
		}
		src = src[used:]
		n := int(min(header>>1, uint64(len(dst))))
		if header&1 == 0 {
			var value uint32
			size := (width + 7) / 8
			if len(src) < size {
				return fmt.Errorf("cut short: %d more expected", len(dst))
			}
			for i, b := range src[:size] {
				value |= uint32(b) << (8 * i)
			}
			if uint64(value)>>width != 0 {
				return fmt.Errorf("value %d of %d bits", value, width)
			}
			fill(dst[:n], T(value))
			dst, src = dst[n:], src[size:]
			continue
		}
		stored := int(min(header>>1*uint64(width), uint64(len(src)))) // of groups of width bytes; the last may be cut short
		if header>>1 > uint64(len(dst)) {
			stored = min(len(src), (len(dst)+7)/8*width)
		}
		n = min(8*n, len(dst))
		if 8*stored < n*width {
			return fmt.Errorf("cut short: %d more expected", len(dst))
		}
		unpack(dst[:n], src[:stored], width)
		dst, src = dst[n:], src[stored:]
	}
	return nil
}

func unpack[T uint8 | int32](dst []T, src []byte, width int) {
	if width == 0 {
		clear(dst)
		return
	}
	switch dst := any(dst).(type) {
	case []uint8:
		encode.UnpackBytes(dst, src, width)
	case []int32:
		encode.UnpackInts(dst, src, width)
	}
}

// fill sets all of dst, by copying what was set before.
func fill[T any](dst []T, value T) {
	if len(dst) == 0 {
		return
	}
	dst[0] = value
	for n := 1; n < len(dst); n *= 2 {
		copy(dst[n:], dst[:n])
	}
}

// allOnes reports whether n levels are one run of ones, as writers store those
// of a page without missing values.
func allOnes(levels []byte, n int) bool {
	header, used := binary.Uvarint(levels)
	return used > 0 && header&1 == 0 && header>>1 >= uint64(n) && len(levels) > used && levels[used] == 1
}

// checkIndexes returns an error unless all indexes, of width bits, are of a
// dictionary's entries.
func checkIndexes(indexes []uint8, width, entries int) error {
	if 1<<width <= entries || encode.AllBelow(indexes, min(max(entries, 1), 256)) {
		return nil
	}
	for _, i := range indexes {
		if int(i) >= entries {
			return fmt.Errorf("dictionary index %d, where the dictionary has %d values", i, entries)
		}
	}
	return nil
}
