package encode

import (
	"math/rand/v2"
	"testing"
)

func TestLanes(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	var ranks [256]uint8
	for c := range ranks {
		ranks[c] = uint8(r.IntN(256))
	}
	for _, n := range []int{0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 1000, 16383, 16384} {
		codes := make([]uint8, n)
		for i := range codes {
			codes[i] = uint8(r.IntN(256))
		}
		words := (n + 3) / 4
		dst := make([]uint64, words+1)
		for i := range dst {
			dst[i] = 0xdeadbeefdeadbeef
		}
		Lanes(dst, codes, &ranks)
		for i := range 4 * words {
			want := uint16(0)
			if i < n {
				want = uint16(ranks[codes[i]])
			}
			if got := uint16(dst[i/4] >> (16 * (i % 4))); got != want {
				t.Fatalf("%d codes: lane %d is %d, want %d", n, i, got, want)
			}
		}
		if dst[words] != 0xdeadbeefdeadbeef {
			t.Fatalf("%d codes: a word past the last was written", n)
		}
	}
}
