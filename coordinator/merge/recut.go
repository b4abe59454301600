package merge

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// Recut makes another number of segments, c.K or one between c.KMin and
// c.KMax, from what an earlier run left: its result with the dendrogram, and
// the kept cells. No row is read. Features, λ and the merging are those of the
// earlier run; rules, sizes, metrics and counts come out as a run with that
// number of segments would make them. What needs the customers one by one is
// missing: figures held out (R2.Splits is empty), and the baseline tree.
func Recut(ctx context.Context, plan *encoder.Plan, metrics []metric.Metric, earlier *Result, c Config) (*Result, error) {
	r := &runner{ledger: ledger{plan: plan, metrics: metrics}, c: c.withDefaults()}
	if err := r.recut(ctx, earlier); err != nil {
		return nil, fmt.Errorf("segments from kept cells: %w", err)
	}
	return r.result, nil
}

func (r *runner) recut(ctx context.Context, earlier *Result) error {
	c := r.c
	c.Cross = earlier.Crossed
	if err := c.Validate(len(r.plan.Features)); err != nil {
		return err
	}
	if len(earlier.Kept.Levels) == 0 {
		return errors.New("the job had too many cells to keep the levels of each, which personas are made from: run segment on the table with --k")
	}
	var err error
	if r.levels, err = r.sumLevels(earlier.Kept); err != nil {
		return err
	}
	r.result = &Result{Predicts: earlier.Predicts, Lambda: earlier.Lambda, Path: earlier.Path, Kept: earlier.Kept, Unseen: earlier.Unseen}
	crossed, err := r.seenCells(earlier.Crossed)
	if err != nil {
		return err
	}
	if !r.coherent(crossed, earlier.Kept) {
		return errForeign
	}
	r.all = (&totals{cells: wholeOf(earlier.Kept), measure: measureUnits(r.metrics)}).of(everyone())
	r.noteMetrics()
	if !r.result.Predicts {
		r.noteProfile()
	}
	f := &fit{g: newGrid(crossed, everyone(), &r.seen, r.metrics, r.result.Lambda, c.MinCell), merges: earlier.Merges}
	if err := fits(f, earlier); err != nil {
		return err
	}
	if err := f.finish(ctx, r.plan, c); err != nil {
		return err
	}
	if err := r.reorder(f); err != nil {
		return err
	}
	r.describe(f)
	of := f.everyCell()
	counts, err := sumCells(earlier.Kept, of, f.k)
	if err != nil {
		return err
	}
	r.result.Counts = counts
	r.enterMeans(counts)
	if err := r.countUnseen(f, of); err != nil {
		return err
	}
	r.result.R2.HeldOut, r.result.R2.Error = math.NaN(), math.NaN()
	r.result.R2.Splits = []SplitR2{}
	r.result.R2.Cells, r.result.R2.Beside, r.result.R2.Undoubted = earlier.R2.Cells, earlier.R2.Beside, earlier.R2.Undoubted
	r.result.R2.Tree = TreeR2{SameSegments: math.NaN(), SameRules: math.NaN()}
	r.note("Cut from the cells that an earlier job kept: what holds on customers held out was not measured again.")
	return nil
}

var errForeign = errors.New("the cells are not those that the dendrogram merges: the files are of two jobs")

// fits says whether the dendrogram is one of the grid's points.
func fits(f *fit, earlier *Result) error {
	weights := make([]int64, len(earlier.Points))
	for p := range earlier.Points {
		weights[p] = earlier.Points[p].N
	}
	if !slices.Equal(weights, f.g.points.Weight) || len(f.merges) != max(0, len(weights)-1) {
		return errForeign
	}
	gone := make([]bool, len(weights))
	for i, m := range f.merges {
		if m.A < 0 || m.A >= m.B || m.B >= len(weights) || gone[m.A] || gone[m.B] || i > 0 && m.Cost < f.merges[i-1].Cost {
			return fmt.Errorf("merge %d of the dendrogram is damaged: run the job again", i)
		}
		gone[m.B] = true
	}
	return nil
}

// coherent says whether the customers of every cell all have the cell's levels.
func (r *runner) coherent(c *crossing, cells *partial.Cells) bool {
	offsets := encoder.Offsets(r.plan.Features)
	width := offsets[len(r.plan.Features)]
	for cell := range c.cells() {
		for j, code := range c.at(cell) {
			if cells.Levels[cell*width+offsets[c.features[j]]+int(code)] != cells.Counts.N[cell] {
				return false
			}
		}
	}
	return true
}

// sumLevels makes the counts of all customers out of the cells': of the
// metrics, those of all rows alone.
func (r *runner) sumLevels(cells *partial.Cells) (*partial.Counts, error) {
	offsets := encoder.Offsets(r.plan.Features)
	all := offsets[len(r.plan.Features)]
	if len(cells.Levels) != all*len(cells.Key) {
		return nil, fmt.Errorf("%d cells have %d level counts, the plan has %d levels", len(cells.Key), len(cells.Levels), all)
	}
	segments, err := sumCells(cells, make([]int, len(cells.Key)), 1)
	if err != nil {
		return nil, err
	}
	complete := make([]bool, len(segments.All.Measures))
	for m := range complete {
		complete[m] = segments.All.Measures[m].Known == nil
	}
	out := partial.MakeCounts(all+1, complete)
	copy(out.N, segments.Levels[0].N)
	out.AddEntry(all, &segments.All, 0)
	return &out, nil
}

// AllLevels returns the counts of all customers by level that Recut's result
// was made from: rows of every level, and rows and sums of all.
func AllLevels(plan *encoder.Plan, cells *partial.Cells) (*partial.Counts, error) {
	r := &runner{ledger: ledger{plan: plan}}
	return r.sumLevels(cells)
}

// wholeOf adds cells up to one of no feature.
func wholeOf(cells *partial.Cells) partial.Cells {
	complete := make([]bool, len(cells.Counts.Measures))
	for m := range complete {
		complete[m] = cells.Counts.Measures[m].Known == nil
	}
	out := partial.Cells{Key: []uint64{0}, Counts: partial.MakeCounts(1, complete)}
	for m := range cells.Squares {
		out.Squares = append(out.Squares, partial.MakeSquares(1))
		for i := range cells.Key {
			out.Squares[m].AddEntry(0, &cells.Squares[m], i)
		}
	}
	for i := range cells.Key {
		out.Counts.AddEntry(0, &cells.Counts, i)
	}
	return out
}
