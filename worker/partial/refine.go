package partial

import (
	"fmt"
	"slices"
)

// RefineParams asks for exact counts of columns whose profile is a Sketch.
type RefineParams struct {
	Columns []RefineColumn
}

// RefineColumn is what is asked of one column.
type RefineColumn struct {
	Column  string
	Buckets []uint32  // hash buckets whose values are to be counted exactly, ascending
	Cuts    []float64 // count the numbers below each, ascending
}

// Refinement answers RefineParams: one entry per asked column, in that order.
type Refinement struct {
	Columns []Refined
}

// Refined is what was counted of one column, over all asked rows.
type Refined struct {
	Column  string
	Buckets []uint32         // as asked
	Texts   map[string]int64 // values of these buckets, as Column.Texts
	Ints    map[int64]int64  // likewise, as Column.Ints
	Cuts    []float64        // as asked
	Below   []int64          // rows with a number below each cut
}

// Merge adds other, the answer for other rows to the same question; it is used up.
func (r *Refinement) Merge(other *Refinement) error {
	if len(r.Columns) != len(other.Columns) {
		return fmt.Errorf("refinements of %d and %d columns cannot be merged", len(r.Columns), len(other.Columns))
	}
	for i := range r.Columns {
		a, b := &r.Columns[i], &other.Columns[i]
		if a.Column != b.Column || !slices.Equal(a.Cuts, b.Cuts) || !slices.Equal(a.Buckets, b.Buckets) || len(a.Below) != len(b.Below) {
			return fmt.Errorf("refinements of column %q and column %q answer different questions", a.Column, b.Column)
		}
		a.Texts = union(a.Texts, b.Texts)
		a.Ints = union(a.Ints, b.Ints)
		addTo(a.Below, b.Below)
	}
	return nil
}
