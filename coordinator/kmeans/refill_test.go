package kmeans

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// picks answers OpPick with given rows.
type picks struct {
	rows  []partial.PickedRow
	asked wire.PickParams
}

func (p *picks) OverShards(_ context.Context, op string, params any, accept func([]byte) error) error {
	if op != wire.OpPick {
		return fmt.Errorf("op %s is not asked for", op)
	}
	p.asked = params.(wire.PickParams)
	data, err := wire.Encode(partial.Picked{Limit: p.asked.Count, Rows: p.rows})
	if err != nil {
		return err
	}
	return accept(data)
}

// TestRefill: empty clusters begin at the farthest rows, the others go on to
// their means.
func TestRefill(t *testing.T) {
	plan := &encoder.Plan{
		Coordinates: []encoder.Coordinate{{Name: "x", Unit: 1, Weight: 1}},
		Features:    []encoder.Feature{{Name: "f", Levels: make([]encoder.Level, 1)}},
	}
	space := &Space{Plan: plan, OneHot: []wire.OneHot{{Feature: 0, Weight: 1}}, codes: 2}
	far := &picks{rows: []partial.PickedRow{{Priority: 9, Places: []float32{77}, Codes: []uint8{1}}, {Priority: 8, Places: []float32{-5}, Codes: []uint8{0}}}}
	config := Default()
	r := &runner{config: &config, space: space, shards: far, totals: map[wire.Rows]total{}}
	u := &run{Run: wire.Run{Centres: wire.Centres{K: 3, Places: []float64{1, 2, 3}, Shares: make([]float64, 6)}}}
	sums := partial.LloydRun{N: []int64{0, 4, 0}, Sum: []int64{0, 10, 0}, Levels: []int64{0, 0, 1, 3, 0, 0}}
	if err := r.step(t.Context(), u, &sums, 0); err != nil {
		t.Fatal(err)
	}
	if far.asked.How != wire.PickFarthest || far.asked.Count != 2 || !slices.Equal(far.asked.Centres.Places, []float64{1, 2, 3}) {
		t.Errorf("asked for %+v", far.asked)
	}
	if !slices.Equal(u.Places, []float64{77, 2.5, -5}) || !slices.Equal(u.Shares, []float64{0, 1, 0.25, 0.75, 1, 0}) {
		t.Errorf("the next centres are %v and %v", u.Places, u.Shares)
	}
	if u.over || u.refilled != 1 {
		t.Errorf("%+v", u)
	}
	far.rows = nil // every row lies on a centre
	if err := r.step(t.Context(), u, &sums, 0); !errors.Is(err, errTooFew) {
		t.Errorf("no row is left: %v", err)
	}
	u.trial = true
	if err := r.step(t.Context(), u, &sums, 0); err != nil || !u.failed {
		t.Errorf("a trial: %v, failed %v", err, u.failed)
	}
}
