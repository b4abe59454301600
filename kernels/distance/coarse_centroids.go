package distance

import (
	"math"
	"slices"
)

// coarseCentroids are centroids as the coarse copy of a block is scored with:
// about its mean, in whole numbers of a unit of their own.
type coarseCentroids struct {
	unit     float32 // of the scores
	bounds   bounds
	streamed stream[int32]
}

// on returns the centroids prepared for a grid, once; nil where numbers leave the
// range of float32.
func (c *Centroids) on(g *grid) *coarseCentroids {
	if known, ok := c.coarse.Load(g); ok {
		return known.(*coarseCentroids)
	}
	known, _ := c.coarse.LoadOrStore(g, c.prepareOn(g))
	return known.(*coarseCentroids)
}

// prepareOn prepares the centroids for the coarse copies of a grid. Cost: k ×
// coordinates.
//
// A score is s = ‖c‖² + Σ slope·x with c and x about the mean, slope = −2·w·c; the
// computed one is u·(B + Σ p·q + Σ table), u the unit, in integers, exactly, with p
// = slope·step/u, B = ‖c‖²/u and the tables rounded to whole numbers. So the two
// differ by no more than the sum of
//
//   - Σ slope·e ≤ 2·‖c‖·‖e‖, e what the copy lacks;
//   - Σ (slope·step − u·p)·q ≤ D·‖x − e‖, where D² = Σ (slope·step − u·p)²/(w·step²),
//     both by Cauchy and Schwarz in the weighted space;
//   - u/2 for B and each table.
//
// Two scores that differ by more than twice that are in the true order. Added for
// what follows in float32 are 16 units of rounding of the largest score, and, so
// that the order is the float64 scores' too and for what is computed here in
// float64, 2⁻²⁴ of the bound of float32 (see lead: float64's is 2⁻²⁹ of it).
//
// The unit is the least that keeps scores below 2³⁰ and p within 16 bits.
func (c *Centroids) prepareOn(g *grid) *coarseCentroids {
	slopes, biases := c.about(g)
	reach, most := math.Sqrt(slices.Max(biases)), 0.0
	for _, slope := range slopes {
		most = max(most, math.Abs(slope))
	}
	far := math.Sqrt(g.norm)
	span := (reach + far + g.off) * (reach + far + g.off)
	cc := &coarseCentroids{unit: roundUp(max(span/(1<<30), most/(coarseMost-1))), bounds: c.bounds}
	u := float64(cc.unit)
	if !(span < math.MaxFloat32/4) || u < 0x1p-100 {
		return nil
	}
	s, lost := c.whole(g, slopes, biases, u)
	one := 2*reach*g.off + lost*(far+g.off) + u*float64(1+len(c.tables))
	bound := 2*one + 16*unit*span + 0x1p-24*float64(c.bounds.of(g.exact))
	if !(bound < math.MaxFloat32/4) {
		return nil
	}
	cc.bounds.factor, cc.bounds.floor = 0, roundUp(bound*(1+0x1p-20))
	cc.streamed = streamOf(&s, c.space)
	return cc
}

// about returns the scoring of the centroids about a grid's means: slopes a step,
// and biases.
func (c *Centroids) about(g *grid) (slopes, biases []float64) {
	d := len(c.space.Weights)
	slopes, biases = make([]float64, c.k*d), make([]float64, c.k)
	for j := range biases {
		to := slopes[j*d:][:d]
		for f, x := range c.centers[j*d:][:d] {
			x -= float64(g.means[f])
			wx := c.space.Weights[f] * x
			biases[j] += wx * x
			to[f] = -2 * wx * g.step(f)
		}
		for at, cat := range c.space.Categories {
			for _, p := range c.shares[at][j*cat.Levels:][:cat.Levels] {
				biases[j] += cat.Weight * p * p
			}
		}
	}
	return slopes, biases
}

// whole rounds a scoring to whole units; lost is the largest D.
func (c *Centroids) whole(g *grid, slopes, biases []float64, u float64) (s scoring[int32], lost float64) {
	d := len(c.space.Weights)
	s = scoring[int32]{k: c.k, terms: g.pairs, bias: make([]int32, c.k), slopes: make([]int32, c.k*g.pairs)}
	widths := make([]float64, d)
	for f, w := range c.space.Weights {
		widths[f] = w * g.step(f) * g.step(f)
	}
	for j := range s.bias {
		s.bias[j] = int32(math.RoundToEven(biases[j] / u))
		to, sum := s.slopes[j*g.pairs:][:g.pairs], 0.0
		for f, slope := range slopes[j*d:][:d] {
			p := math.RoundToEven(slope / u)
			rest := slope - p*u
			sum += rest * rest / widths[f]
			if f%2 == 0 {
				to[f/2] = int32(p) & 0xffff
			} else {
				to[f/2] |= int32(p) << 16
			}
		}
		lost = max(lost, math.Sqrt(sum))
	}
	for _, table := range c.tables {
		rounded := make([]int32, len(table))
		for i, v := range table {
			rounded[i] = int32(math.RoundToEven(v / u))
		}
		s.tables = append(s.tables, rounded)
	}
	return s, lost
}
