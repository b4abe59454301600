package distance

import (
	"fmt"
	"math"
)

// Rows are the rows of a block. They are filled first (Set, Codes), then
// checked once (Check), and read by any number of fits at the same time.
type Rows struct {
	N int
	// X holds the dense values in panels of Lanes rows, feature by feature inside
	// a panel: row i, feature f of d stands at ((i/Lanes)*d+f)*Lanes + i%Lanes.
	// Rows past N are zero.
	X []float32
	// Codes holds a column of N codes for each category.
	Codes [][]uint8

	dense int
	norms []float32 // ‖x‖², never below the true one
	norm  float32   // the largest of them
}

// NewRows returns n rows of zeros, with columns of codes still to be given.
func (s *Space) NewRows(n int) *Rows {
	d := len(s.Weights)
	return &Rows{N: n, X: make([]float32, (n+Lanes-1)/Lanes*Lanes*d), Codes: make([][]uint8, len(s.Categories)), dense: d}
}

// Set stores the values of dense feature f for the rows from, from+1, …: whole
// numbers up to ±MaxValue.
func (r *Rows) Set(f, from int, values []int32) {
	at, lane := r.at(from)-from%Lanes+f*Lanes, from%Lanes
	for len(values) > 0 {
		n := min(Lanes-lane, len(values))
		to := r.X[at+lane:][:n]
		for i, v := range values[:n] {
			to[i] = float32(v)
		}
		values, at, lane = values[n:], at+r.dense*Lanes, 0
	}
}

// Value returns dense feature f of row i.
func (r *Rows) Value(i, f int) int32 { return int32(r.X[r.at(i)+f*Lanes]) }

// at returns the place of row i's first dense value; the next are Lanes apart.
func (r *Rows) at(i int) int { return i/Lanes*r.dense*Lanes + i%Lanes }

// Check says which value the kernels could not take, and prepares the rows for
// them. Cost: one pass.
func (s *Space) Check(r *Rows) error {
	d := len(s.Weights)
	panels := (r.N + Lanes - 1) / Lanes
	if r.dense != d || len(r.X) != panels*Lanes*d || len(r.Codes) != len(s.Categories) {
		return fmt.Errorf("%d rows with %d dense values and %d columns of codes do not fit a space of %d dense features and %d categories",
			r.N, len(r.X), len(r.Codes), d, len(s.Categories))
	}
	constant := 0.0
	for g, c := range s.Categories {
		constant += c.Weight
		if len(r.Codes[g]) != r.N {
			return fmt.Errorf("category %d has %d codes for %d rows", g, len(r.Codes[g]), r.N)
		}
		for i, code := range r.Codes[g] {
			if int(code) >= c.Levels {
				return fmt.Errorf("row %d: code %d of category %d, which has %d levels", i, code, g, c.Levels)
			}
		}
	}
	r.norms = make([]float32, panels*Lanes)
	largest := 0.0
	for p := range panels {
		var sums [Lanes]float64
		for f, w := range s.Weights {
			values := (*[Lanes]float32)(r.X[(p*d+f)*Lanes:])
			whole := true
			for lane, v := range values {
				q := int32(v) // unspecified beyond int32, but a number, whose float32 is not v then
				whole = whole && float32(q) == v && q >= -MaxValue && q <= MaxValue
				sums[lane] += w * (float64(q) * float64(q))
			}
			if !whole {
				return fmt.Errorf("rows %d to %d: dense feature %d holds %v: values are whole numbers up to ±%d",
					p*Lanes, p*Lanes+Lanes-1, f, *values, MaxValue)
			}
		}
		for lane, sum := range sums {
			r.norms[p*Lanes+lane] = roundUp(sum + constant)
			largest = max(largest, sum)
		}
	}
	r.norm = roundUp(largest + constant)
	return nil
}

// roundUp returns a float32 above x ≥ 0, for an x whose own rounding is
// relatively below 2⁻³⁰.
func roundUp(x float64) float32 {
	return math.Nextafter32(float32(x+x/(1<<30)), math.MaxFloat32)
}
