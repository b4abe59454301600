package bitset

import "math/bits"

// Sum adds up the values of the rows of a bitmap:
//
//	for i, v := range values { if mask bit i { sum += v } }
//
// mask holds Words(len(values)) words and no bit past the last value. The sum
// wraps. Cost: about 0.5 ns a word and 1.5 ns a set bit.
func Sum(mask, values []uint64) (sum uint64) {
	for i, w := range mask {
		if w == 0 {
			continue
		}
		v := values[i*64:]
		for ; w != 0; w &= w - 1 {
			sum += v[bits.TrailingZeros64(w)]
		}
	}
	return sum
}
