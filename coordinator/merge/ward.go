package merge

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// Points are weighted points: point i stands for Weight[i] ≥ 1 customers and
// lies at X[i·Dim : (i+1)·Dim]. Beside these coordinates there may be further
// ones, so many that most are 0 in a point: those of point i that are not stand
// in Sparse[Start[i] : Start[i+1]], ascending. Where points are very many, Codes
// say which are neighbours: those of point i are Codes[i·Crossed : (i+1)·Crossed].
type Points struct {
	Dim    int
	X      []float64
	Weight []int64

	Axes   int // further coordinates
	Start  []int
	Sparse []Coordinate

	Crossed int
	Codes   []uint8
}

// Coordinate is one of the further coordinates of a point.
type Coordinate struct {
	Axis int32
	X    float64
}

// Merge joins two clusters, each named by the lowest point in it; A < B, and
// the union goes on as A.
type Merge struct {
	A    int     `json:"a"`
	B    int     `json:"b"`
	Cost float64 `json:"cost"` // n_A·n_B/(n_A+n_B) · |c_A − c_B|²: the growth of the sum of squares
	N    int64   `json:"n"`    // customers in the union
}

// Ward merges points until one cluster is left, the cheapest merge first, and
// returns the len(Weight)−1 merges in order of cost; merges of equal cost stand
// in an order in which every cluster is made before it is merged further. Ties
// between neighbours go to the lowest name.
//
// Up to 30,000 points it follows chains of nearest neighbours, which is exact:
// O(n²·Dim) time, O(n) memory beyond a copy of the points. More of them are
// merged along their lattice first, until 10,000 clusters are left: a few
// seconds for 100,000 points, and what little the segments lose by it
// docs/performance.md has. It ends early, with an error, when ctx does.
func Ward(ctx context.Context, p Points) ([]Merge, error) {
	return wardUpTo(ctx, p, exactPoints, fewClusters)
}

const (
	exactPoints = 30000
	fewClusters = 10000
)

// wardUpTo is exact up to so many points, and merges more of them along the
// lattice until few are left.
func wardUpTo(ctx context.Context, p Points, exact, few int) ([]Merge, error) {
	n := len(p.Weight)
	if n < 2 {
		return nil, nil
	}
	w := newWardState(&p)
	for i := range n {
		w.active = append(w.active, i)
	}
	var merges []Merge
	if n > exact {
		var err error
		if merges, err = latticeMerges(ctx, w, &p, few); err != nil {
			return nil, err
		}
	}
	chained, err := w.chain(ctx)
	if err != nil {
		return nil, err
	}
	return inOrder(append(merges, chained...), n), nil
}

// chain merges the active clusters until one is left.
func (w *wardState) chain(ctx context.Context) ([]Merge, error) {
	merges := make([]Merge, 0, len(w.active))
	chain := make([]int, 0, len(w.active))
	for len(w.active) > 1 {
		if len(chain) == 0 {
			chain = append(chain, w.active[0])
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		last, before := chain[len(chain)-1], -1
		if len(chain) > 1 {
			before = chain[len(chain)-2]
		}
		next, cost := w.nearest(last, before)
		// A chain leads to ever cheaper pairs, so it can only turn back to before;
		// should rounding, after a merge, lead further back, that closes it too.
		at := slices.Index(chain, next)
		if at < 0 {
			chain = append(chain, next)
			continue
		}
		chain = chain[:at]
		merges = append(merges, w.merge(min(last, next), max(last, next), cost))
	}
	return merges, nil
}

// wardState is the clusters that remain, each in the place of its lowest point.
type wardState struct {
	dim    int
	x      []float64
	weight []int64
	sparse [][]Coordinate
	norm   []float64 // Σ x² of sparse
	active []int     // ascending

	laid int       // the cluster laid out in axes; -1 = none
	axes []float64 // its further coordinates; all 0 where none is
}

// newWardState makes a cluster of every point; none is active.
func newWardState(p *Points) *wardState {
	w := &wardState{dim: p.Dim, x: slices.Clone(p.X), weight: slices.Clone(p.Weight), laid: -1}
	if p.Axes > 0 {
		w.axes, w.norm = make([]float64, p.Axes), make([]float64, len(p.Weight))
		w.sparse = make([][]Coordinate, len(p.Weight))
		for i := range w.sparse {
			w.sparse[i] = p.Sparse[p.Start[i]:p.Start[i+1]]
			w.norm[i] = squared(w.sparse[i])
		}
	}
	return w
}

func squared(list []Coordinate) float64 {
	sum := 0.0
	for _, c := range list {
		sum += float64(c.X * c.X)
	}
	return sum
}

// nearest returns the cluster cheapest to merge with a; among equals before,
// the one that a was reached from, else the lowest.
func (w *wardState) nearest(a, before int) (int, float64) {
	best, least := -1, math.Inf(1)
	if before >= 0 {
		best, least = before, w.cost(a, before, least)
	}
	for _, b := range w.active {
		if b == a || b == before {
			continue
		}
		if c := w.cost(a, b, least); c < least || best < 0 {
			best, least = b, c
		}
	}
	return best, least
}

// cost returns what merging a and b costs, or something above limit where it
// is above limit. It is the same bits for b and a: chains rely on that.
func (w *wardState) cost(a, b int, limit float64) float64 {
	na, nb := float64(w.weight[a]), float64(w.weight[b])
	scale := float64(na*nb) / (na + nb)
	d := squaredDistance(w.x[a*w.dim:(a+1)*w.dim], w.x[b*w.dim:(b+1)*w.dim], limit/scale*(1+1e-9))
	if len(w.axes) == 0 || scale*d > limit {
		return scale * d
	}
	return scale * (d + max(0, w.norm[a]+w.norm[b]-2*w.product(a, b)))
}

// product returns the scalar product of the further coordinates. Of those that
// only one cluster has, zeros are added: the sum is that over the others, in
// order, from both sides.
func (w *wardState) product(a, b int) float64 {
	w.lay(a)
	sum := 0.0
	for _, c := range w.sparse[b] {
		sum += float64(c.X * w.axes[c.Axis])
	}
	return sum
}

// lay lays a cluster's further coordinates out.
func (w *wardState) lay(a int) {
	if w.laid == a {
		return
	}
	w.clear()
	for _, c := range w.sparse[a] {
		w.axes[c.Axis] = c.X
	}
	w.laid = a
}

// clear takes up what is laid out.
func (w *wardState) clear() {
	if w.laid >= 0 {
		for _, c := range w.sparse[w.laid] {
			w.axes[c.Axis] = 0
		}
		w.laid = -1
	}
}

// squaredDistance sums in order of the coordinates and gives up above limit.
func squaredDistance(a, b []float64, limit float64) float64 {
	b = b[:len(a)]
	sum := 0.0
	for len(a) >= 4 {
		d0, d1, d2, d3 := a[0]-b[0], a[1]-b[1], a[2]-b[2], a[3]-b[3]
		sum += float64(float64(d0*d0)+float64(d1*d1)) + float64(float64(d2*d2)+float64(d3*d3))
		if sum > limit {
			return sum
		}
		a, b = a[4:], b[4:]
	}
	for i, x := range a {
		d := x - b[i]
		sum += float64(d * d)
	}
	return sum
}

// merge moves b into a, and b is active no more.
func (w *wardState) merge(a, b int, cost float64) Merge {
	at, _ := slices.BinarySearch(w.active, b)
	w.active = slices.Delete(w.active, at, at+1)
	return w.join(a, b, cost)
}

// join moves b into a.
func (w *wardState) join(a, b int, cost float64) Merge {
	na, nb := float64(w.weight[a]), float64(w.weight[b])
	for i := range w.dim {
		xa, xb := w.x[a*w.dim+i], w.x[b*w.dim+i]
		w.x[a*w.dim+i] = (float64(na*xa) + float64(nb*xb)) / (na + nb)
	}
	if len(w.axes) > 0 {
		w.clear()
		w.sparse[a], w.sparse[b] = meanOf(w.sparse[a], w.sparse[b], na, nb), nil
		w.norm[a] = squared(w.sparse[a])
	}
	w.weight[a] += w.weight[b]
	return Merge{A: a, B: b, Cost: cost, N: w.weight[a]}
}

// meanOf weighs further coordinates together.
func meanOf(a, b []Coordinate, na, nb float64) []Coordinate {
	out := make([]Coordinate, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].Axis < b[0].Axis:
			out = append(out, Coordinate{a[0].Axis, float64(na*a[0].X) / (na + nb)})
			a = a[1:]
		case len(a) == 0 || b[0].Axis < a[0].Axis:
			out = append(out, Coordinate{b[0].Axis, float64(nb*b[0].X) / (na + nb)})
			b = b[1:]
		default:
			out = append(out, Coordinate{a[0].Axis, (float64(na*a[0].X) + float64(nb*b[0].X)) / (na + nb)})
			a, b = a[1:], b[1:]
		}
	}
	return out
}

// inOrder sorts merges by cost. Rounding could make a merge a hair cheaper
// than one it builds on, so a merge counts as at least as dear as those.
func inOrder(merges []Merge, n int) []Merge {
	floor := make([]float64, n)
	for i := range merges {
		m := &merges[i]
		m.Cost = max(m.Cost, floor[m.A], floor[m.B])
		floor[m.A] = m.Cost
	}
	slices.SortStableFunc(merges, func(a, b Merge) int { return cmp.Compare(a.Cost, b.Cost) })
	return merges
}

// Cut returns the cluster of each of n points when the merges that leave k
// clusters are carried out. Clusters are numbered from 0 in order of their
// lowest point. k must be in 1..n.
func Cut(merges []Merge, n, k int) []int {
	parent := make([]int, n)
	for i := range parent {
		parent[i] = i
	}
	for _, m := range merges[:n-k] {
		parent[m.B] = m.A // both are lowest points, A < B
	}
	label := make([]int, n)
	next := 0
	for i := range label {
		if parent[i] == i {
			label[i] = next
			next++
		} else {
			label[i] = label[parent[i]] // parent[i] < i: labelled already
		}
	}
	return label
}
