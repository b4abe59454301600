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

// bounds is the bound of one set of centroids, with constants of the assembly
// that applies it; the generator knows its layout.
type bounds struct {
	reach, factor, floor float32 // rounded up by more than the arithmetic that follows loses
	tiny                 float32 // below every sum of a squared norm and the bound that matters
	above, below         float32 // what makes an approximate root no less than the root, and a slack no more than the slack
	none                 float32 // the slack of rows that are left open
}

func (c *Centroids) boundsOf() bounds {
	factor, floor := c.space.lead()
	// Approximate roots and reciprocals are relatively within 2⁻¹⁴.
	return bounds{float32(c.reach * (1 + 8*unit)), float32(factor * (1 + 16*unit)), float32(floor), 0x1p-120, 1 + 0x1p-13, 1 - 0x1p-12, -1}
}

// of returns the bound for a row whose ‖x‖² is norm or less.
func (b *bounds) of(norm float32) float32 {
	span := b.reach + root(norm)
	return max(b.factor*span*span, b.floor)
}

// spared returns above which slack a row keeps its centroid, if its ‖x‖² is norm
// or less: not only is its centroid the nearest then, the float64 scores say so
// too. For distances a < b, slack² ≤ (b − a)² ≤ b² − a², by which the true scores
// differ; what float64 scores may be wrong by is the bound times 2⁻²⁹.
func (b *bounds) spared(norm float32) float32 {
	return float32(math.Sqrt(float64(b.of(norm)) * 0x1p-28))
}

// slackOf returns √b² − √a² or less, where b² − a² is diff at least, and a2 and
// b2 are upper bounds of a² and b²: (b² − a²)/(b + a).
//
// a2 and b2 are scores + ‖x‖² + the bound. The bound is twice what one score may
// be wrong by, so that as much, at least 4u·(reach + ‖x‖)², covers the two
// additions.
func slackOf(a2, b2, diff float32) float32 {
	if a2 < 0 {
		a2 = 0
	}
	return diff / (root(a2) + root(b2)) * (1 - 8*unit)
}

// root is the root rounded to float32, one instruction.
func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }
