package merge

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/agreement"
)

// How stable a number of segments is: bootstraps draws of the customers, fewer
// inside the splits of the held-out evaluation.
const (
	bootstraps       = 50
	nestedBootstraps = 10
)

// stableUnits is how many clusters, at the least, are merged anew in a bootstrap.
const stableUnits = 300

// stability finds, for every number of clusters from lo to hi, the median
// adjusted Rand index between the clusters and those of bootstraps.
//
// A bootstrap draws the count of every cell and outcome anew (yes, no and
// unknown of a yes/no metric that comes first; of other metrics the sum varies
// by the variance over rows) and repeats, from the counts: the levels' shares,
// means, distances and the merging, from units up. Units are the merged points,
// or where these are more than 300, the clusters that the merging made of them.
// What came before the cells is not repeated: features, their levels, λ, and
// which small cells were folded; but see repeat.
func (g *grid) stability(ctx context.Context, merges []Merge, lo, hi, rounds int, seed uint64) ([]float64, error) {
	n := len(g.points.Weight)
	units := min(n, max(stableUnits, 10*hi))
	if units <= hi && units < 2 {
		return make([]float64, hi-lo+1), nil
	}
	b := &bootstrap{g: g, units: units, unit: g.spread(Cut(merges, n, units)), weight: make([]int64, units)}
	for i, cell := range g.cells {
		b.weight[b.unit[i]] += g.v.n[cell]
	}
	label := make([][]int, hi-lo+1) // k → unit → cluster
	for k := lo; k <= hi; k++ {
		label[k-lo] = make([]int, units)
		for i, l := range g.spread(Cut(merges, n, k)) {
			label[k-lo][b.unit[i]] = l
		}
	}
	index := make([][]float64, hi-lo+1)
	for k := range index {
		index[k] = make([]float64, rounds)
	}
	errs := make([]error, rounds)
	inParallel(rounds, func(round int) {
		var again []Merge
		if again, errs[round] = Ward(ctx, b.draw(seed, round)); errs[round] != nil {
			return
		}
		for k := lo; k <= hi; k++ {
			index[k-lo][round] = agree(label[k-lo], Cut(again, units, k), b.weight, k)
		}
	})
	out := make([]float64, hi-lo+1)
	for k := range index {
		out[k] = median(index[k])
	}
	return out, errors.Join(errs...)
}

// bootstrap draws the customers of a grid anew.
type bootstrap struct {
	g      *grid
	units  int
	unit   []int   // position in grid.cells → unit
	weight []int64 // unit → customers
}

// draw returns the units as they lie in one bootstrap. A unit of which nobody
// was drawn stays as it was.
func (b *bootstrap) draw(seed uint64, round int) Points {
	g := b.g
	v := &view{n: make([]int64, len(g.v.n))}
	for range g.m.metrics {
		v.known, v.sum = append(v.known, make([]float64, len(g.v.n))), append(v.sum, make([]float64, len(g.v.n)))
	}
	drawn := make([]int64, b.units)
	for i, cell := range g.cells {
		g.redraw(v, cell, drawsFrom(seed, uint64(round), uint64(cell)))
		drawn[b.unit[i]] += v.n[cell]
	}
	all := *g.m
	all.n = 0
	for i, cell := range g.cells {
		if drawn[b.unit[i]] == 0 {
			v.n[cell] = g.v.n[cell]
			for k := range v.known {
				v.known[k][cell], v.sum[k][cell] = g.v.known[k][cell], g.v.sum[k][cell]
			}
		}
		all.n += v.n[cell]
	}
	again := &grid{c: g.c, v: v, m: &all, lambda: g.lambda, cells: g.cells, point: b.unit, clipped: g.clipped, binary: g.binary}
	again.measureProfile()
	again.place(b.units)
	return again.points
}

// redraw draws one cell.
func (g *grid) redraw(v *view, cell int, d draws) {
	n := g.v.n[cell]
	for k := range g.m.metrics {
		m := &g.m.metrics[k]
		known, sum := g.v.known[k][cell], g.v.sum[k][cell]
		if k == 0 && g.binary {
			yes := min(max(int64(math.Round(sum+float64(known*m.mean))), 0), int64(known))
			yesAgain, noAgain := d.poisson(yes), d.poisson(int64(known)-yes)
			v.n[cell] = yesAgain + noAgain + d.poisson(n-int64(known))
			v.known[k][cell] = float64(yesAgain + noAgain)
			v.sum[k][cell] = float64(yesAgain) - float64(float64(yesAgain+noAgain)*m.mean)
			continue
		}
		if k == 0 {
			v.n[cell] = d.poisson(n)
		}
		times := float64(v.n[cell]) / float64(n)
		v.known[k][cell] = float64(known * times)
		v.sum[k][cell] = float64(sum*times) + float64(d.normal()*math.Sqrt(m.variance*float64(known*times)))
	}
	if len(g.m.metrics) == 0 {
		v.n[cell] = d.poisson(n)
	}
}

// agree returns the adjusted Rand index, in customers, of two partitions of
// weighted units into up to k clusters.
func agree(a, b []int, weight []int64, k int) float64 {
	both := make([]int64, k*k)
	for i, w := range weight {
		both[a[i]*k+b[i]] += w
	}
	return agreement.AdjustedRand(both, k)
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	if len(s) == 0 {
		return 0
	}
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
