package bitset

// Words returns the number of words that hold n bits.
func Words(n int) int { return (n + 63) / 64 }

// CopyRange copies the bits [from, from+n) of src to the bits [0, n) of dst:
//
//	for i := range n { dst bit i = src bit from+i }
//
// It writes Words(n) words of dst, zero past bit n. src holds at least from+n
// bits and must not overlap dst. Cost: one pass over the words.
func CopyRange(dst, src []uint64, from, n int) {
	words := Words(n)
	dst = dst[:words]
	src = src[from/64:]
	if shift := uint(from % 64); shift == 0 {
		copy(dst, src)
	} else {
		for i := range dst {
			w := src[i] >> shift
			if i+1 < len(src) {
				w |= src[i+1] << (64 - shift)
			}
			dst[i] = w
		}
	}
	if tail := uint(n % 64); tail != 0 {
		dst[words-1] &= 1<<tail - 1
	}
}

// Fill sets the first n bits of dst and clears the others; dst holds Words(n)
// words.
func Fill(dst []uint64, n int) {
	for i := range dst {
		dst[i] = ^uint64(0)
	}
	if tail := uint(n % 64); tail != 0 {
		dst[len(dst)-1] = 1<<tail - 1
	}
}
