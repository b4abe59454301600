package search

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/wire"
)

// watched says which counts were asked for.
type watched struct {
	*table
	rowsOnly, full int
}

func (w *watched) OverShards(ctx context.Context, op string, params any, accept func([]byte) error) error {
	if p, ok := params.(wire.CountParams); ok {
		if p.RowsOnly {
			w.rowsOnly++
		} else {
			w.full++
		}
	}
	return w.table.OverShards(ctx, op, params, accept)
}

// Where few candidates survive, rows are counted first; the groups are those
// that a search without a minimum finds, less the small ones.
func TestRowsFirst(t *testing.T) {
	w := &watched{table: manyCustomers(20_000, 9, true)}
	w.rows.Part = make([]uint8, w.rows.N)
	for i := range w.rows.Part {
		w.rows.Part[i] = uint8(i % 4)
	}
	w.cut(t, 7000, shuffled(w.rows.N))
	run := func(c Config) *Groups {
		w.rowsOnly, w.full = 0, 0
		g, err := Run(t.Context(), w, w.plan, w.levels(t), c, nil)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	all := run(Config{})
	if w.rowsOnly != 0 || w.full != 2 {
		t.Errorf("without a minimum: %d rounds of rows, %d in full, want 0 and 2", w.rowsOnly, w.full)
	}
	for _, share := range []float64{0.02, 0.04, 0.2} {
		got := run(Config{MinShare: share})
		var large []int
		for i, n := range all.Counts.N {
			if float64(n) >= share*float64(w.rows.N) {
				large = append(large, i)
			}
		}
		if d := cmp.Diff(all.Pick(w.plan, large), got); d != "" {
			t.Errorf("share %v: %s", share, d)
		}
		if w.rowsOnly == 0 {
			t.Errorf("share %v: rows were not counted first", share)
		}
	}
	if w.full != 0 {
		t.Errorf("no group of two items has 20 %%, yet %d rounds were in full", w.full)
	}
}
