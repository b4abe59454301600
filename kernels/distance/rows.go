package distance

import (
	"fmt"
	"math"
)

// Rows are the rows of a block. They are filled first (Set, Codes), then
// checked once (Check), and read by any number of fits at the same time.
type Rows struct {
	N int
	// X holds the dense values row by row: feature f of d of row i stands at i*d+f.
	X []float32
	// Codes holds a column of N codes for each category.
	Codes [][]uint8

	dense  int
	norms  []float32 // ‖x‖², never below the true one
	norm   float32   // the largest of them
	coarse *coarse   // nil where there is none
}

// NewRows returns n rows of zeros, with columns of codes still to be given.
func (s *Space) NewRows(n int) *Rows {
	d := len(s.Weights)
	return &Rows{N: n, X: make([]float32, n*d), Codes: make([][]uint8, len(s.Categories)), dense: d}
}

// Set stores the values of dense feature f for the rows from, from+1, …: whole
// numbers up to ±MaxValue.
func (r *Rows) Set(f, from int, values []int32) {
	for i, v := range values {
		r.X[(from+i)*r.dense+f] = float32(v)
	}
}

// Row returns the dense values of row i: a part of X.
func (r *Rows) Row(i int) []float32 { return r.X[i*r.dense:][:r.dense] }

// Value returns dense feature f of row i.
func (r *Rows) Value(i, f int) int32 { return int32(r.X[i*r.dense+f]) }

// Check says which value the kernels could not take, and prepares the rows for
// them. Cost: one pass.
func (s *Space) Check(r *Rows) error {
	d := len(s.Weights)
	if r.dense != d || len(r.X) != r.N*d || len(r.Codes) != len(s.Categories) {
		return fmt.Errorf("%d rows with %d dense values and %d columns of codes do not fit a space of %d dense features and %d categories",
			r.N, len(r.X), len(r.Codes), d, len(s.Categories))
	}
	for g, c := range s.Categories {
		if len(r.Codes[g]) != r.N {
			return fmt.Errorf("category %d has %d codes for %d rows", g, len(r.Codes[g]), r.N)
		}
		for i, code := range r.Codes[g] {
			if int(code) >= c.Levels {
				return fmt.Errorf("row %d: code %d of category %d, which has %d levels", i, code, g, c.Levels)
			}
		}
	}
	r.norms = make([]float32, r.N)
	constant := s.codesNorm()
	for i := range r.norms {
		// Four sums, as the additions of one wait for each other.
		var sums [4]float64
		for f, v := range r.Row(i) {
			q := int32(v) // unspecified beyond int32, but a number, whose float32 is not v then
			if float32(q) != v || q < -MaxValue || q > MaxValue {
				return fmt.Errorf("row %d: dense feature %d holds %v: values are whole numbers up to ±%d", i, f, v, MaxValue)
			}
			sums[f%4] += s.Weights[f] * (float64(q) * float64(q))
		}
		r.norms[i] = roundUp(sums[0] + sums[1] + sums[2] + sums[3] + constant)
		r.norm = max(r.norm, r.norms[i])
	}
	return nil
}

// codesNorm returns what the one-hot coordinates of any row add to its ‖x‖².
func (s *Space) codesNorm() (sum float64) {
	for _, c := range s.Categories {
		sum += c.Weight
	}
	return sum
}

// roundUp returns a float32 above x ≥ 0, for an x whose own rounding is
// relatively below 2⁻³⁰.
func roundUp(x float64) float32 {
	return math.Nextafter32(float32(x+x/(1<<30)), math.MaxFloat32)
}
