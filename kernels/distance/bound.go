package distance

import "math"

// unit is the unit roundoff of float32.
const unit = 1.0 / (1 << 24)

// lead returns the factor and the smallest value of the bound: two float32
// scores of a row that differ by more than
//
//	max(factor·(reach + ‖x‖)², floor)
//
// are in the order of the true scores, and of the float64 ones; reach is the
// largest ‖c‖.
//
// Derivation, after Higham, Accuracy and Stability of Numerical Algorithms, §3.1
// and §4.2. A score is bias + Σ slope·x + Σ table: n = features + 1 terms, added
// in any order, with products rounded or fused. Every term passes at most n − 1
// additions, one product and the rounding of its coefficient to float32 (x is
// exact), so the computed score is Σ term·(1+θ) with |θ| ≤ γ, γ = m·u/(1 − m·u),
// m = n + 1. The error is at most γ·Σ|term|. The bias is ‖c‖². The other terms
// are −2·⟨x, c⟩ coordinate by coordinate in the weighted space, so by Cauchy and
// Schwarz their absolute values add up to at most 2·‖x‖·‖c‖. In all
//
//	|error| ≤ γ·(‖c‖² + 2·‖x‖·‖c‖) ≤ γ·(reach + ‖x‖)²
//
// Two scores differ from the truth by twice that. One more u in m covers the
// rounding of the difference itself and of the float64 scores (their γ is 2⁻²⁹
// of this one), one more that of the bound. Coefficients, products and sums
// below the normal range of float32 lose at most 2⁻¹⁵⁰ each, coefficients
// times MaxValue: hence the floor.
func (s *Space) lead() (factor, floor float64) {
	terms := float64(len(s.Weights) + len(s.Categories) + 1)
	m := (terms + 3) * unit
	return 2 * m / (1 - m), terms * 0x1p-120
}

// boundOf returns the bound for rows whose ‖x‖² is norm or less.
func (c *Centroids) boundOf(norm float32) float32 {
	span := c.packed.reach + float32(math.Sqrt(float64(norm)))
	return max(c.packed.factor*span*span, c.packed.floor)
}

// spared returns above which slack a row keeps its centroid, if its ‖x‖² is norm
// or less: not only is its centroid the nearest then, the float64 scores say so
// too. For distances a < b, slack² ≤ (b − a)² ≤ b² − a², by which the true scores
// differ; what float64 scores may be wrong by is the bound times 2⁻²⁹.
func (c *Centroids) spared(norm float32) float32 {
	return float32(math.Sqrt(float64(c.boundOf(norm)) * 0x1p-28))
}
