package merge

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// agreeing is the share of customers on which rules must agree with the
// merging to take its place.
const agreeing = 0.95

// rulesPerSegment is how many leaves a segment the rules may have to take its place.
const rulesPerSegment = 3

// fit is the segments made on one part of the rows.
type fit struct {
	g         *grid
	merges    []Merge
	clusters  clusters
	tree      encoder.Tree
	boxes     []box
	segment   []int // position in grid.cells → segment, by the tree
	k         int
	agreement float64
	adopted   bool
	level     [][]float64 // metric → segment → mean, from the part's mean
}

// newFit merges the cells of a crossing over a part of the rows and puts the
// outcome into rules.
func newFit(ctx context.Context, c *crossing, p part, m *moments, metrics []metric.Metric, plan *encoder.Plan, lambda float64, cfg Config) (*fit, error) {
	f := &fit{g: newGrid(c, p, m, metrics, lambda, cfg.MinCell)}
	var err error
	if f.merges, err = Ward(ctx, f.g.points); err != nil {
		return nil, err
	}
	return f, f.finish(ctx, plan, cfg)
}

// finish cuts the merges and puts the outcome into rules.
func (f *fit) finish(ctx context.Context, plan *encoder.Plan, cfg Config) error {
	lo, hi := cfg.numbers(len(f.g.points.Weight))
	stable, err := f.g.stability(ctx, f.merges, lo, hi, cfg.Bootstraps, plan.Seed)
	if err != nil {
		return err
	}
	f.clusters = f.g.cut(f.merges, stable, cfg)
	f.k = f.clusters.k
	f.rule(cfg.MinSegment)
	f.number()
	f.boxes = boxes(&f.tree, plan, f.g.c.features)
	return nil
}

// option is a tree that could take the place of the merging.
type option struct {
	leaves    int
	tree      encoder.Tree
	segment   []int
	r2        float64
	agreement float64
}

// emphases are tried one after another in growing rules: how much the metrics
// count against the clusters.
var emphases = []float64{1, 4, 0.5}

// rule grows trees. Of those with at most three leaves a segment that agree
// with the merging on 95 % of the customers, and keep every segment large
// enough, the smallest is taken that explains the metrics within 1 % as well
// as the best of them; without such a tree, the first larger one.
func (f *fit) rule(minSegment float64) {
	floor := min(minSegment, f.g.smallest(f.clusters.label, f.k))
	var options []option
	for _, emphasis := range emphases {
		options = append(options, f.grow(emphasis, rulesPerSegment*f.k, floor)...)
	}
	if len(options) == 0 {
		options = f.grow(emphases[0], math.MaxInt, floor)[:1]
	}
	most, best := 0.0, -1
	for _, o := range options {
		most = max(most, o.r2)
	}
	for i, o := range options {
		if o.r2 >= 0.99*most && (best < 0 || o.leaves < options[best].leaves) {
			best = i
		}
	}
	f.tree, f.segment, f.agreement = options[best].tree, options[best].segment, options[best].agreement
	f.adopted = f.agreement < 1
}

// grow grows a tree to at most so many leaves, to the first that will do where
// there is no bound, and returns those on the way that could be taken.
func (f *fit) grow(emphasis float64, most int, floor float64) []option {
	t := newGrower(f.g, f.clusters.label, f.k, emphasis)
	var options []option
	for leaves := 1; leaves <= most; leaves++ {
		agreed, all := t.agreement()
		o := option{leaves: leaves, agreement: float64(agreed) / float64(f.g.m.n)}
		if all && o.agreement >= agreeing {
			o.segment = t.assigned()
			if f.g.smallest(o.segment, f.k) >= floor {
				o.tree, o.r2 = t.tree(), f.g.explains(o.segment, f.k)
				options = append(options, o)
				if most == math.MaxInt {
					break
				}
			}
		}
		if !t.grow() {
			break
		}
	}
	return options
}

// number orders the segments by the first metric's mean, highest first; equal
// ones, and all where there is no metric, by size.
func (f *fit) number() {
	sizes := f.g.sizes(f.segment, f.k)
	f.measure()
	order := make([]int, f.k)
	for s := range order {
		order[s] = s
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if len(f.level) > 0 {
			if by := cmp.Compare(f.level[0][b], f.level[0][a]); by != 0 {
				return by
			}
		}
		return cmp.Compare(sizes[b], sizes[a])
	})
	to := make([]int, f.k)
	for at, s := range order {
		to[s] = at
	}
	for i, s := range f.segment {
		f.segment[i] = to[s]
	}
	for i := range f.tree.Nodes {
		if n := &f.tree.Nodes[i]; len(n.Codes) == 0 {
			n.Segment = to[n.Segment]
		}
	}
	f.measure()
}

// measure finds the segments' metric means.
func (f *fit) measure() {
	f.level = nil
	for m := range f.g.m.metrics {
		known, level := make([]float64, f.k), make([]float64, f.k)
		for i, cell := range f.g.cells {
			known[f.segment[i]] += f.g.v.known[m][cell]
			level[f.segment[i]] += f.g.v.sum[m][cell]
		}
		for s := range level {
			if known[s] > 0 {
				level[s] /= known[s]
			}
		}
		f.level = append(f.level, level)
	}
}
