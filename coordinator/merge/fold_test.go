package merge

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Every small cell goes to the large one that is nearest of all.
func TestFoldFindsTheNearest(t *testing.T) {
	for seed := range uint64(15) {
		rng := rand.New(rand.NewPCG(seed, 3))
		codes := [][]int{{12, 8, 6, 5}, {4, 4, 4, 4, 4, 4}, {200, 1}, {3, 1, 40}, {6, 5, 4, 9, 3, 2, 7, 30, 4, 8, 5, 6}}[seed%5]
		c, m := randomCrossing(seed, []int{600, 900, 150, 90, 1500}[seed%5], codes...)
		if seed%3 == 0 {
			c.known, c.num, c.den, m.metrics = nil, nil, nil, nil // by profile alone
		}
		for i := range c.n {
			if rng.IntN(3) > 0 && len(m.metrics) == 0 {
				c.n[i] = rng.Int64N(20) + 1
			}
		}
		lambda := []float64{0.5, 0.9, 1, 0.25, 0}[seed/2%5]
		if len(m.metrics) == 0 {
			lambda = 0
		}
		m.n = 0
		for _, n := range c.n {
			m.n += n
		}
		minCell := int64(60)
		if len(m.metrics) == 0 {
			minCell = 20
		}
		g := newGrid(c, everyone(), m, yesNo[:len(m.metrics)], lambda, minCell)
		if g.small == 0 {
			t.Fatalf("seed %d: no cell is small", seed)
		}
		var large []int
		for i, cell := range g.cells {
			if g.v.n[cell] >= minCell {
				large = append(large, i)
			}
		}
		var prior []float64
		for k := range m.metrics {
			prior = append(prior, shrinkage(g.v.known[k], g.v.sum[k], &m.metrics[k]))
		}
		x, y := make([]float64, len(m.metrics)), make([]float64, len(m.metrics))
		for i, cell := range g.cells {
			if g.v.n[cell] >= minCell {
				continue
			}
			g.meanMetrics([]int{cell}, x, prior)
			distance := func(p int) float64 {
				other := g.cells[large[p]]
				g.meanMetrics([]int{other}, y, nil)
				d := 0.0
				for k := range x {
					d += (x[k] - y[k]) * (x[k] - y[k])
				}
				for j := range codes {
					if a, b := g.c.at(cell)[j], g.c.at(other)[j]; a != b {
						d += math.Pow(g.axes[j][a].scale, 2) + math.Pow(g.axes[j][b].scale, 2)
					}
				}
				return d
			}
			least, best := math.Inf(1), -1
			for p := range large {
				if d := distance(p); d < least-1e-12 {
					least, best = d, p
				}
			}
			if got := g.point[i]; got != best && math.Abs(distance(got)-least) > 1e-12 {
				t.Fatalf("seed %d: cell %d goes to %d at %v, the nearest is %d at %v", seed, cell, got, distance(got), best, least)
			}
		}
	}
}
