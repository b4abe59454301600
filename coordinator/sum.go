package coordinator

import (
	"context"

	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// overShards runs a shard op and adds up the partials that come back.
func overShards[T any](ctx context.Context, j *job, op string, params any, merge func(into, part *T) error) (*T, error) {
	return search.Gather(ctx, j.engine, op, params, merge)
}

// overSplits runs a split op on all splits of the table and adds up the
// partials that come back.
func overSplits[T any](ctx context.Context, j *job, op string, params any, merge func(into, part *T) error) (*T, error) {
	return search.Gather(ctx, splits{j}, op, params, merge)
}

// splits are all splits of the job's table, in place of shards.
type splits struct{ *job }

func (s splits) OverShards(ctx context.Context, op string, params any, accept func(answer []byte) error) error {
	return s.engine.OverSplits(ctx, op, params, s.table.Splits, func(_ []int, answer []byte) error { return accept(answer) })
}

// squaresOf asks for the exact Σx² of groups, from which intervals follow:
// measure → group.
func (j *job) squaresOf(ctx context.Context, groups [][]wire.Item) ([]partial.Squares, error) {
	m, err := overShards(ctx, j, wire.OpMoments, wire.MomentsParams{Groups: groups}, (*partial.Moments).Merge)
	if err != nil {
		return nil, err
	}
	return m.Measures, nil
}
