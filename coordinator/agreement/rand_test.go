package agreement

import (
	"math"
	"math/rand/v2"
	"testing"
)

// byPairs is the definition: every two customers are together or apart.
func byPairs(a, b []int) float64 {
	var both, one, other, all float64
	for i := range a {
		for j := range i {
			x, y := a[i] == a[j], b[i] == b[j]
			all++
			if x {
				one++
			}
			if y {
				other++
			}
			if x && y {
				both++
			}
		}
	}
	expected := one * other / all
	if (one+other)/2 == expected {
		return 1
	}
	return (both - expected) / ((one+other)/2 - expected)
}

func TestAdjustedRandAgainstPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n, k, l := 2+r.IntN(40), 1+r.IntN(5), 1+r.IntN(5)
		a, b, counts := make([]int, n), make([]int, n), make([]int64, k*l)
		for i := range n {
			a[i] = r.IntN(k)
			if b[i] = r.IntN(l); r.IntN(2) == 0 {
				b[i] = a[i] % l
			}
			counts[a[i]*l+b[i]]++
		}
		if got, want := AdjustedRand(counts, l), byPairs(a, b); math.Abs(got-want) > 1e-12 {
			t.Fatalf("%v × %v: %v, by pairs %v", a, b, got, want)
		}
	}
}

func TestAdjustedRandOfLargeCounts(t *testing.T) {
	if got := AdjustedRand([]int64{1 << 40, 0, 0, 1 << 40}, 2); got != 1 {
		t.Errorf("the same partition of 2⁴¹ customers: %v, not 1", got)
	}
	if got := AdjustedRand([]int64{1 << 40, 1 << 40, 1 << 40, 1 << 40}, 2); math.Abs(got) > 1e-9 {
		t.Errorf("unrelated partitions: %v, not 0", got)
	}
}
