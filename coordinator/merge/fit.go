package merge

import (
	"cmp"
	"context"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
)

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
	bounded   bool        // no segment has more than rulesPerSegment rules
	otherwise *ruling     // bounded: what would explain more with more rules; else the bounded one that agrees most; nil = none
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
	f.rule(plan, cfg.MinSegment)
	f.number()
	f.boxes = boxes(&f.tree, plan, f.g.c.features)
	return nil
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
	f.rename(to)
}

// rename gives every segment another number.
func (f *fit) rename(to []int) {
	for i, s := range f.segment {
		f.segment[i] = to[s]
	}
	for i := range f.boxes {
		f.boxes[i].segment = to[f.boxes[i].segment]
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
		f.level = append(f.level, f.g.means(m, f.segment, f.k))
	}
}
