package feature

import (
	"math"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// NearDuplicate is the bias-corrected Cramér's V from which two features count
// as near-duplicates: knowing one is knowing the other.
const NearDuplicate = 0.98

// Pair is two features that say nearly the same.
type Pair struct {
	A, B int     // indexes into the plan's features, A < B
	V    float64 // bias-corrected Cramér's V, 0 to 1
}

// Pairs returns all pairs of features, for wire.PairsParams.
func Pairs(features int) [][2]int {
	var pairs [][2]int
	for a := range features {
		for b := a + 1; b < features; b++ {
			pairs = append(pairs, [2]int{a, b})
		}
	}
	return pairs
}

// NearDuplicates returns the pairs that reach NearDuplicate, in the given
// order; counts are those of partial.Pairs.
func NearDuplicates(features []encoder.Feature, pairs [][2]int, counts *partial.Pairs) []Pair {
	var out []Pair
	for i, x := range pairs {
		if v := CramersV(counts.Counts[i], features[x[1]].Codes()); v >= NearDuplicate {
			out = append(out, Pair{x[0], x[1], v})
		}
	}
	return out
}

// CramersV returns the bias-corrected Cramér's V (Bergsma 2013) of two features
// from the rows by their codes, of which the second has codesB; NaN where either
// has one code only.
func CramersV(counts []int64, codesB int) float64 {
	rows, cols := make([]int64, len(counts)/codesB), make([]int64, codesB)
	var n int64
	for i, x := range counts {
		rows[i/codesB] += x
		cols[i%codesB] += x
		n += x
	}
	r, k := used(rows), used(cols)
	if r < 2 || k < 2 || n < 2 {
		return math.NaN()
	}
	// χ²/n + 1 = Σ n_ij² / (n_i · n_j)
	phi := -1.0
	for i, c := range counts {
		if x := float64(c); x > 0 {
			phi += float64(x / float64(rows[i/codesB]) * (x / float64(cols[i%codesB])))
		}
	}
	m := float64(n - 1)
	phi = max(0, phi-float64((r-1)*(k-1))/m)
	r -= float64((r-1)*(r-1)) / m
	k -= float64((k-1)*(k-1)) / m
	return min(1, math.Sqrt(phi/min(r-1, k-1)))
}

func used(n []int64) float64 {
	c := 0.0
	for _, x := range n {
		if x > 0 {
			c++
		}
	}
	return c
}
