package partial

import (
	"bytes"
	"math/big"
	"math/rand/v2"
	"testing"
)

// Keys are the mixed-radix numbers of the codes, come apart into them, and say
// where 128 bits do not hold them.
func TestCellKeys(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 6))
	for range 3000 {
		codes := make([]uint64, rng.IntN(20))
		for j := range codes {
			codes[j] = []uint64{1, 2, 3, 16, 256, 256, uint64(1 + rng.IntN(256))}[rng.IntN(7)]
		}
		foldBits := 6 * rng.IntN(2)
		k, ok := NewCellKeys(codes, foldBits)
		low, high := big.NewInt(1<<foldBits), big.NewInt(1) // how many numbers there are
		split := len(codes)
		limit := new(big.Int).Lsh(big.NewInt(1), 64)
		for split > 0 {
			more := new(big.Int).Mul(low, new(big.Int).SetUint64(codes[split-1]))
			if more.Cmp(limit) > 0 {
				break
			}
			low, split = more, split-1
		}
		for _, r := range codes[:split] {
			high.Mul(high, new(big.Int).SetUint64(r))
		}
		if want := high.Cmp(limit) <= 0; ok != want || ok && k.High != split {
			t.Fatalf("%v with %d fold bits: fits %v, %d high; want %v, %d", codes, foldBits, ok, k.High, want, split)
		}
		if !ok {
			continue
		}
		at, back := make([]uint8, len(codes)), make([]uint8, len(codes))
		var h, l uint64
		for j, r := range codes {
			at[j] = uint8(r - 1 - uint64(rng.IntN(int(min(r, 3)))))
			if j < k.High {
				h = h*r + uint64(at[j])
			} else {
				l = l*r + uint64(at[j])
			}
		}
		if !k.Split(h, l<<foldBits|uint64(rng.IntN(1<<foldBits)), back) || !bytes.Equal(at, back) {
			t.Fatalf("%v: codes %v come back as %v", codes, at, back)
		}
	}
	if k, _ := NewCellKeys([]uint64{3, 4}, 5); k.Split(0, 12<<5, make([]uint8, 2)) || k.Split(1, 0, make([]uint8, 2)) {
		t.Error("keys beyond the last are split")
	}
}
