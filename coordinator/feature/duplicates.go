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

// Pairs returns all pairs of features, as crossings for wire.CellsParams.
func Pairs(features int) [][]int {
	var pairs [][]int
	for a := range features {
		for b := a + 1; b < features; b++ {
			pairs = append(pairs, []int{a, b})
		}
	}
	return pairs
}

// NearDuplicates returns the pairs that reach NearDuplicate, in the order of
// crossings; cells[i] holds the cells of crossings[i], without folds.
func NearDuplicates(features []encoder.Feature, crossings [][]int, cells []partial.Cells) []Pair {
	var out []Pair
	for i, x := range crossings {
		v := CramersV(&cells[i], features[x[0]].Codes(), features[x[1]].Codes())
		if v >= NearDuplicate {
			out = append(out, Pair{x[0], x[1], v})
		}
	}
	return out
}

// CramersV returns the bias-corrected Cramér's V (Bergsma 2013) of two features
// with so many codes from the cells of their crossing; NaN where the cells are
// overflown or a feature has one code only.
func CramersV(cells *partial.Cells, codesA, codesB int) float64 {
	if cells.Overflown() {
		return math.NaN()
	}
	rows, cols := make([]int64, codesA), make([]int64, codesB)
	var n int64
	for i, key := range cells.Key {
		x := cells.Counts.N[i]
		rows[key/uint64(codesB)] += x
		cols[key%uint64(codesB)] += x
		n += x
	}
	r, k := used(rows), used(cols)
	if r < 2 || k < 2 || n < 2 {
		return math.NaN()
	}
	// χ²/n + 1 = Σ n_ij² / (n_i · n_j): empty cells need no visit.
	phi := -1.0
	for i, key := range cells.Key {
		x := float64(cells.Counts.N[i])
		if x > 0 {
			phi += float64(x / float64(rows[key/uint64(codesB)]) * (x / float64(cols[key%uint64(codesB)])))
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
