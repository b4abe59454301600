package coordinator

import (
	"context"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// overShards runs a shard op and adds up the partials that come back.
func overShards[T any](ctx context.Context, j *job, op string, params any, merge func(into, part *T) error) (*T, error) {
	s := sum[T]{merge: merge}
	err := j.engine.OverShards(ctx, op, params, s.add)
	return s.total, err
}

// overSplits runs a split op on all splits of the table and adds up the
// partials that come back.
func overSplits[T any](ctx context.Context, j *job, op string, params any, merge func(into, part *T) error) (*T, error) {
	s := sum[T]{merge: merge}
	err := j.engine.OverSplits(ctx, op, params, j.table.Splits, func(_ []int, answer []byte) error { return s.add(answer) })
	return s.total, err
}

// sum adds up partials as they come.
type sum[T any] struct {
	total *T
	merge func(into, part *T) error
}

func (s *sum[T]) add(answer []byte) error {
	part := new(T)
	if err := wire.Decode(answer, part); err != nil {
		return err
	}
	if s.total == nil {
		s.total = part
		return nil
	}
	return s.merge(s.total, part)
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
