package merge

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// ledger counts crossings over the shards, each once.
type ledger struct {
	parts    uint8 // of the rows, which are counted, see wire.CellsParams
	shards   Shards
	plan     *encoder.Plan
	metrics  []metric.Metric
	maxCells int
	known    map[string]*crossing
}

// crossing is the counted cells of some features. Cell i has the codes
// codes[i·len(features):]; its entries, one per fold pattern that occurs in
// it, are start[i]:start[i+1].
type crossing struct {
	features []int
	codes    []uint8
	start    []int
	fold     []uint8
	n        []int64
	known    [][]float64 // metric → entry → rows on which it is known
	num, den [][]float64 // metric → entry → sums in the metric's unit; den[m] nil = known[m]
}

// cells returns the number of cells.
func (c *crossing) cells() int { return len(c.start) - 1 }

// at returns the codes of a cell.
func (c *crossing) at(cell int) []uint8 {
	k := len(c.features)
	return c.codes[cell*k : (cell+1)*k]
}

// name is the set of features as a map key.
func name(features []int) string { return fmt.Sprint(slices.Sorted(slices.Values(features))) }

// get returns a crossing counted before; nil = it has too many cells.
func (l *ledger) get(features []int) *crossing { return l.known[name(features)] }

// unknown returns the crossings that were not counted yet, each once.
func (l *ledger) unknown(crossings [][]int) (open [][]int) {
	asked := map[string]bool{}
	for _, features := range crossings {
		id := name(features)
		if _, ok := l.known[id]; !ok && !asked[id] {
			asked[id], open = true, append(open, features)
		}
	}
	return open
}

// keptEntries is how many entries a crossing may have that is kept in case
// that it is asked for again: some 2 MB.
const keptEntries = 1 << 16

// forget drops those of some crossings that are large; they would be counted
// again.
func (l *ledger) forget(crossings [][]int) {
	for _, features := range crossings {
		if c := l.get(features); c != nil && len(c.n) > keptEntries {
			delete(l.known, name(features))
		}
	}
}

// count counts, in one pass, the crossings that were not counted yet.
func (l *ledger) count(ctx context.Context, crossings [][]int) error {
	open := l.unknown(crossings)
	if len(open) == 0 {
		return nil
	}
	merged, err := l.fetch(ctx, wire.CellsParams{Crossings: open, Folds: true, Limit: l.maxCells})
	if err != nil {
		return err
	}
	for i, features := range open {
		c, err := l.read(features, &merged[i], encoder.SplitBits)
		if err != nil {
			return fmt.Errorf("crossing of features %v: %w", features, err)
		}
		l.known[name(features)], merged[i] = c, partial.Cells{} // one form of it is enough
	}
	return nil
}

// widest counts the crossing of features, without the last of them for as long
// as it has too many cells, which those counted on a part may show on all rows.
func (l *ledger) widest(ctx context.Context, features []int) (*crossing, error) {
	for ; ; features = features[:len(features)-1] {
		if err := l.count(ctx, [][]int{features}); err != nil {
			return nil, err
		}
		if c := l.get(features); c != nil || len(features) == 0 {
			return c, nil
		}
	}
}

// fetch merges the answers of all shards.
func (l *ledger) fetch(ctx context.Context, p wire.CellsParams) ([]partial.Cells, error) {
	var merged []partial.Cells
	foldBits := 0
	if p.Folds {
		foldBits = encoder.SplitBits
	}
	p.Parts |= l.parts
	err := l.shards.OverShards(ctx, wire.OpCells, p, func(answer []byte) error {
		var part []partial.Cells
		if err := wire.Decode(answer, &part); err != nil {
			return err
		}
		if len(part) != len(p.Crossings) {
			return fmt.Errorf("%d crossings were asked for, %d came back", len(p.Crossings), len(part))
		}
		if merged == nil {
			merged = make([]partial.Cells, len(part))
		}
		for i := range part {
			if err := merged[i].Merge(&part[i], p.Limit, foldBits); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count cells: %w", err)
	}
	if merged == nil {
		merged = make([]partial.Cells, len(p.Crossings))
	}
	return merged, nil
}

// read takes the merged cells apart, whose keys have so many fold bits; nil
// where they are too many.
func (l *ledger) read(features []int, cells *partial.Cells, foldBits int) (*crossing, error) {
	if cells.Overflown() {
		return nil, nil
	}
	keys, fits := keysOf(l.plan, features, foldBits)
	if !fits {
		return nil, errors.New("they have more combinations than keys can number")
	}
	c := &crossing{features: features, n: cells.Counts.N, fold: make([]uint8, len(cells.Key))}
	at := make([]uint8, len(features))
	var beforeHigh, beforeLow uint64
	for i := range cells.Key {
		high, low := cells.KeyAt(i)
		c.fold[i] = uint8(low & (1<<foldBits - 1))
		if i > 0 && high == beforeHigh && low>>foldBits == beforeLow {
			continue
		}
		beforeHigh, beforeLow = high, low>>foldBits
		if !keys.Split(high, low, at) {
			return nil, fmt.Errorf("key %d, %d is beyond the last combination", high, low)
		}
		c.start, c.codes = append(c.start, i), append(c.codes, at...)
	}
	c.start = append(c.start, len(cells.Key))
	for _, m := range l.metrics {
		if len(cells.Key) > 0 && m.Num >= len(cells.Counts.Measures) {
			return nil, fmt.Errorf("metric %s: measure %d was not counted", m.Name, m.Num)
		}
		known, num, den := unpack(m, &cells.Counts)
		c.known, c.num, c.den = append(c.known, known), append(c.num, num), append(c.den, den)
	}
	return c, nil
}

// keysOf is how the cells of features are numbered.
func keysOf(plan *encoder.Plan, features []int, foldBits int) (keys partial.CellKeys, fits bool) {
	var codes []uint64
	for _, f := range features {
		codes = append(codes, uint64(plan.Features[f].Codes()))
	}
	return partial.NewCellKeys(codes, foldBits)
}

// unpack reads a metric's known rows and sums in its unit; den is nil where
// the metric is no ratio.
func unpack(m metric.Metric, counts *partial.Counts) (known, num, den []float64) {
	n := len(counts.N)
	known, num = make([]float64, n), make([]float64, n)
	if m.Den >= 0 {
		den = make([]float64, n)
	}
	for i := range n {
		a := &counts.Measures[m.Num]
		known[i] = float64(counts.N[i])
		if a.Known != nil {
			known[i] = float64(a.Known[i])
		}
		num[i] = scaled(a.Sum, i, m.Digits)
		if den != nil {
			den[i] = scaled(counts.Measures[m.Den].Sum, i, m.DenDigits)
		}
	}
	return known, num, den
}
