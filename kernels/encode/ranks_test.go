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
	eachPath(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 7, 8, 9, 63, 127, 128, 129, 255, 256, 257, 511, 513, 1000, 16383, 16384} {
			for _, levels := range []int{1, 2, 15, 16, 17, 31, 33, 128, 129, 256} {
				codes := make([]uint8, n)
				for i := range codes {
					codes[i] = uint8(r.IntN(levels))
				}
				dst := make([]uint8, n+2)
				dst[0], dst[n+1] = 98, 99
				Ranks(dst[1:], codes, &ranks, levels)
				for i, c := range codes {
					if dst[1+i] != ranks[c] {
						t.Fatalf("%d codes of %d: rank %d is %d, want %d", n, levels, i, dst[1+i], ranks[c])
					}
				}
				if dst[0] != 98 || dst[n+1] != 99 {
					t.Fatalf("%d codes of %d: written before the first or past the last", n, levels)
				}
			}
		}
	})
}
