package merge

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Segments are formed on discovery: which features are crossed, λ, the merging,
// the number of segments and their rules follow from these customers alone.
// Confirmation is not looked at before the rules are fixed, so what the segments
// are like there holds of customers that did not form them.

// discovery is the rows that segments are formed on.
func discovery() part { return everyone().within(encoder.Folds, false) }

// formedOn returns the rows that segments are formed on: discovery, or all where
// it is empty, as of a handful of customers it may be.
func formedOn(t *totals) part {
	if t.of(discovery()).n == 0 {
		return everyone()
	}
	return discovery()
}

// holdBack counts the unseen part of the kept cells, and returns the crossing
// of those that segments are formed on; its cells are the kept ones, in their
// order, of which some may be empty.
func (r *runner) holdBack(ctx context.Context, whole *ledger, features []int) (*crossing, error) {
	r.result.Unseen = &partial.Cells{}
	if r.formed == discovery() {
		merged, err := whole.fetch(ctx, wire.CellsParams{Crossings: [][]int{features}, Squares: true, Limit: whole.maxCells, Parts: encoder.Confirmation})
		if err != nil {
			return nil, err
		}
		r.result.Unseen = &merged[0]
	}
	return r.seenCells(features)
}

// seenCells returns the crossing of the kept cells without the unseen customers,
// and enters the moments of those that are left.
func (r *runner) seenCells(features []int) (*crossing, error) {
	seen, err := r.result.Kept.Minus(r.result.Unseen)
	if err != nil {
		return nil, err
	}
	r.seen = (&totals{cells: wholeOf(seen), measure: measureUnits(r.metrics)}).of(everyone())
	return r.read(features, seen, 0)
}

// everyCell returns the segment of every cell of the crossing, by the tree.
func (f *fit) everyCell() []int {
	out := make([]int, f.g.c.cells())
	for cell := range out {
		out[cell] = segmentOf(&f.tree, f.g.c.features, f.g.c.at(cell))
	}
	return out
}

// unseenCells returns the segment of every cell of the unseen customers; of[i]
// is that of the i-th kept cell.
func (r *runner) unseenCells(of []int) []int {
	out, at := make([]int, len(r.result.Unseen.Key)), 0
	for i := range out {
		for r.result.Kept.CompareKeys(at, r.result.Unseen, i) != 0 {
			at++
		}
		out[i] = of[at]
	}
	return out
}

// reorder puts the segments in order of the first metric's mean on all
// customers, highest first; equal ones, and all where there is no metric, by size.
func (r *runner) reorder(f *fit) error {
	counts, err := sumCells(r.result.Kept, f.everyCell(), f.k)
	if err != nil {
		return err
	}
	level := func(s int) float64 {
		if len(r.metrics) > 0 {
			if mean, ok := r.metrics[0].Mean(r.metrics[0].At(&counts.All, s)); ok {
				return mean
			}
		}
		return math.Inf(-1)
	}
	order := make([]int, f.k)
	for s := range order {
		order[s] = s
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(level(b), level(a)), cmp.Compare(counts.All.N[b], counts.All.N[a]))
	})
	to := make([]int, f.k)
	for at, s := range order {
		to[s] = at
	}
	f.rename(to)
	return nil
}

// countUnseen counts the segments on the unseen customers, and what they
// explain there.
func (r *runner) countUnseen(f *fit, of []int) error {
	if len(r.result.Unseen.Key) == 0 {
		return nil
	}
	segment := r.unseenCells(of)
	held, err := sumCells(r.result.Unseen, segment, f.k)
	if err != nil {
		return err
	}
	r.result.Held = held
	c, err := r.read(f.g.c.features, r.result.Unseen, 0)
	if err != nil {
		return err
	}
	if c == nil || c.cells() != len(segment) {
		return errors.New("the cells of unseen customers are not those of a crossing")
	}
	unseen := (&totals{cells: wholeOf(r.result.Unseen), measure: measureUnits(r.metrics)}).of(everyone())
	v, total := c.over(everyone(), f.g.m), 0.0
	for m := range r.metrics {
		total += explained(v.known[m], v.sum[m], unseen.metrics[m].variance, func(cell int) float64 { return f.level[m][segment[cell]] })
	}
	r2 := total / float64(max(1, len(r.metrics)))
	r.result.R2.Confirmed = &r2
	return nil
}
