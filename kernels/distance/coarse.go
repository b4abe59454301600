package distance

import "math"

// coarse is a second copy of a block's dense values in 16 bits each, which takes
// half the memory and half the instructions to score. Where the scores are
// farther apart than what 16 bits may be wrong by, they decide; the rest is left
// to the exact rows.
type coarse struct {
	grid *grid
	// panels holds the values of whole tiles, two features in each entry, the
	// first of the two in the lower half: row i, features 2p and 2p+1 stand at
	// (i/Lanes*pairs+p)*Lanes + i%Lanes.
	panels []int32
	norms  []float32 // ‖x − mean‖², never below the true one; the one-hot coordinates are as they are
}

// grid says what the numbers of coarse copies mean: that of value x of feature f
// is the whole number q = ⌊(x − mean)/step + ½⌋, with a step that is a power of
// two, so that x = mean + step·q + e, |e| ≤ step/2.
type grid struct {
	pairs int
	means []int32 // feature
	shift []uint8 // feature: log₂ step
	off   float64 // no row's ‖e‖ is above it
	norm  float64 // no row's ‖x − mean‖² is above it
	exact float32 // no row's ‖x‖² is above it
}

// step returns the step of feature f.
func (g *grid) step(f int) float64 { return float64(int64(1) << g.shift[f]) }

const (
	// coarseFeatures is up to where sums of products stay within 32 bits: what
	// rounding adds to them is below 2¹⁴ a feature.
	coarseFeatures = 1 << 12
	coarseMost     = math.MaxInt16
)

// Coarsen leaves a coarse copy with every block of rows, which have been checked,
// where that makes steps faster: 2 bytes a dense value and 4 a row. It does not
// show in any result. Cost: two passes.
func (s *Space) Coarsen(blocks []*Rows) {
	d := len(s.Weights)
	if !coarseScans() || d == 0 || d > coarseFeatures {
		return
	}
	g := s.gridOf(blocks)
	for _, r := range blocks {
		r.coarse = s.coarsen(r, g)
		for _, norm := range r.coarse.norms {
			g.norm = max(g.norm, float64(norm))
		}
		g.exact = max(g.exact, r.norm)
	}
}

func (s *Space) coarsen(r *Rows, g *grid) *coarse {
	whole := r.N / tileRows * tileRows
	c := &coarse{grid: g, panels: make([]int32, whole*g.pairs), norms: make([]float32, whole)}
	constant := s.codesNorm()
	for i := range c.norms {
		to := c.panels[i/Lanes*g.pairs*Lanes+i%Lanes:]
		even, odd := 0.0, 0.0
		for f, x := range r.Row(i) {
			v := int32(x) - g.means[f]
			q := (v + 1<<g.shift[f]>>1) >> g.shift[f]
			if f%2 == 0 {
				to[f/2*Lanes] = q & 0xffff
				even += s.Weights[f] * (float64(v) * float64(v))
			} else {
				to[f/2*Lanes] |= q << 16
				odd += s.Weights[f] * (float64(v) * float64(v))
			}
		}
		c.norms[i] = roundUp(even + odd + constant)
	}
	return c
}

// gridOf chooses the means and the steps: as fine as the values let 16 bits be for
// the feature in which a step weighs most, and no finer than need be beside that
// one for the others.
func (s *Space) gridOf(blocks []*Rows) *grid {
	d, rows := len(s.Weights), int64(0)
	low, high, sums := make([]float32, d), make([]float32, d), make([]int64, d)
	for _, r := range blocks {
		rows += int64(r.N)
		for i := range r.N {
			for f, x := range r.Row(i) {
				low[f], high[f] = min(low[f], x), max(high[f], x)
				sums[f] += int64(x)
			}
		}
	}
	g := &grid{pairs: (d + 1) / 2, means: make([]int32, d), shift: make([]uint8, d)}
	coarsest := 0.0
	for f, w := range s.Weights {
		g.means[f] = int32(sums[f] / max(rows, 1))
		from := max(int32(high[f])-g.means[f], g.means[f]-int32(low[f]))
		for from>>g.shift[f]+1 > coarseMost {
			g.shift[f]++
		}
		coarsest = max(coarsest, math.Sqrt(w)*g.step(f))
	}
	squares := 0.0
	for f, w := range s.Weights {
		for g.shift[f] < 24 && math.Sqrt(w)*g.step(f)*2 <= coarsest {
			g.shift[f]++
		}
		if g.shift[f] > 0 {
			squares += w * g.step(f) * g.step(f) / 4
		}
	}
	g.off = math.Sqrt(squares) * (1 + 1.0/(1<<30))
	return g
}
