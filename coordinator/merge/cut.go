package merge

import "math"

// Option is a number of segments that was considered.
type Option struct {
	K        int     `json:"k"`
	Gap      float64 `json:"gap"`      // 1 − cost of the merge that made K clusters / cost of the one that would leave K−1: 0 = no gap, 1 = nothing merged yet
	R2       float64 `json:"r2"`       // in-sample R² of the metrics
	Smallest float64 `json:"smallest"` // share of customers in the smallest cluster
	Stable   float64 `json:"stable"`   // median adjusted Rand index with the clusters of bootstraps: 1 = always the same
	Eligible bool    `json:"eligible"` // its smallest cluster is large enough
}

// clusters is a cut through the merges.
type clusters struct {
	label    []int // position in grid.cells → cluster
	k        int
	options  []Option
	absorbed bool // clusters that were too small were joined to their nearest
	short    bool // fewer cells than clusters asked for
}

// asStable is by how much a number of clusters may be less stable than the most
// stable one.
const asStable = 0.1

// cut picks the number of clusters: of those in [KMin, KMax] whose smallest
// cluster is large enough, and which are about as stable as any of these, the
// one with the widest gap between merge costs, the fewest among equals. Where
// none is large enough, it cuts lower and joins the clusters that are too small
// to their cheapest neighbours.
func (g *grid) cut(merges []Merge, stable []float64, c Config) clusters {
	n := len(g.points.Weight)
	lo, hi := c.numbers(n)
	out := clusters{short: n < c.fewest()}
	most := math.Inf(-1)
	for k := lo; k <= hi; k++ {
		label := g.spread(Cut(merges, n, k))
		o := Option{K: k, Gap: gap(merges, n, k), R2: g.explains(label, k), Smallest: g.smallest(label, k), Stable: stable[k-lo]}
		if o.Eligible = o.Smallest >= c.MinSegment; o.Eligible {
			most = max(most, o.Stable)
		}
		out.options = append(out.options, o)
	}
	best := -1
	for i, o := range out.options {
		if (o.Eligible && o.Stable >= most-asStable || c.K > 0) && (best < 0 || o.Gap > out.options[best].Gap) {
			best = i
			out.label, out.k = g.spread(Cut(merges, n, o.K)), o.K
		}
	}
	if best < 0 {
		out.label, out.k = g.absorb(merges, lo, hi, c.MinSegment)
		out.absorbed = true
	}
	return out
}

// gap is the relative step in merge costs at k clusters.
func gap(merges []Merge, n, k int) float64 {
	if k == 1 {
		return 0
	}
	next := merges[n-k].Cost
	switch {
	case next == 0:
		return 0
	case k == n:
		return 1
	}
	return 1 - merges[n-k-1].Cost/next
}

// spread carries labels of points over to their cells.
func (g *grid) spread(label []int) []int {
	out := make([]int, len(g.cells))
	for i, p := range g.point {
		out[i] = label[p]
	}
	return out
}

// sizes returns the customers of each cluster.
func (g *grid) sizes(label []int, k int) []int64 {
	out := make([]int64, k)
	for i, cell := range g.cells {
		out[label[i]] += g.v.n[cell]
	}
	return out
}

// smallest returns the share of customers in the smallest cluster.
func (g *grid) smallest(label []int, k int) float64 {
	least := g.m.n
	for _, n := range g.sizes(label, k) {
		least = min(least, n)
	}
	return float64(least) / float64(max(1, g.m.n))
}

// absorb cuts as low as it takes for lo clusters to be large enough, but not
// so low that more than hi are, and joins the others to the large cluster that
// is cheapest to join. If lo cannot be reached it takes what comes nearest.
func (g *grid) absorb(merges []Merge, lo, hi int, share float64) ([]int, int) {
	n := len(g.points.Weight)
	least := share * float64(g.m.n)
	bestK, most := 1, 0
	for k := 1; k <= n; k++ {
		large := 0
		for _, size := range g.sizes(g.spread(Cut(merges, n, k)), k) {
			if float64(size) >= least {
				large++
			}
		}
		if large > most && large <= hi {
			bestK, most = k, large
		}
		if large >= lo || k > 20*hi {
			break
		}
	}
	return g.join(Cut(merges, n, bestK), bestK, least)
}

// join renames the clusters of at least so many customers from 0 and sends the
// points of each other cluster to the one of these that is cheapest to join.
func (g *grid) join(label []int, k int, least float64) ([]int, int) {
	w := newWardState(&g.points)
	first := make([]int, k) // cluster → its lowest point
	for l := range first {
		first[l] = -1
	}
	for p, l := range label {
		if first[l] < 0 {
			first[l] = p
		} else {
			w.join(first[l], p, 0)
		}
	}
	for _, p := range first {
		if float64(w.weight[p]) >= least {
			w.active = append(w.active, p)
		}
	}
	to := make([]int, k)
	for at, p := range w.active {
		to[label[p]] = at
	}
	for l, p := range first {
		if float64(w.weight[p]) < least {
			near, _ := w.nearest(p, -1)
			to[l] = to[label[near]]
		}
	}
	joined := make([]int, len(label))
	for p, l := range label {
		joined[p] = to[l]
	}
	return g.spread(joined), len(w.active)
}
