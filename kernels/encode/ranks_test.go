package encode

import (
	"math/rand/v2"
	"testing"
)

func TestRanks(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	var ranks [256]uint8
	for c := range ranks {
		ranks[c] = uint8(r.IntN(256))
	}
	for _, n := range []int{0, 1, 3, 7, 8, 9, 15, 16, 17, 1000, 16383, 16384} {
		codes := make([]uint8, n)
		for i := range codes {
			codes[i] = uint8(r.IntN(256))
		}
		dst := make([]uint8, n+1)
		dst[n] = 99
		Ranks(dst, codes, &ranks)
		for i, c := range codes {
			if dst[i] != ranks[c] {
				t.Fatalf("%d codes: rank %d is %d, want %d", n, i, dst[i], ranks[c])
			}
		}
		if dst[n] != 99 {
			t.Fatalf("%d codes: written past the last", n)
		}
	}
}
