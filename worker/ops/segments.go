package ops

import (
	"context"
	"errors"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// segments counts every segment of a tree: its rows, measure sums and squares,
// and the same for every feature × code within it. About 3 ns a row and feature.
func segments(ctx context.Context, env *Env, p wire.SegmentsParams) (partial.Segments, error) {
	r, err := newRouter(&p.Tree, env.Plan, 0, p.Segments)
	if err != nil {
		return partial.Segments{}, err
	}
	return groups(ctx, env, p.Segments, func(b *rowBlock, to []int32) error {
		r.route(b, to)
		return nil
	})
}

// groups counts n groups that the rows of a block are sent to.
func groups(ctx context.Context, env *Env, n int, send func(b *rowBlock, to []int32) error) (partial.Segments, error) {
	all := newTally(n, env.Plan)
	squares := make([]partial.Squares, len(env.Plan.Measures))
	for m := range squares {
		squares[m] = partial.MakeSquares(n)
	}
	features := make([]int, len(env.Plan.Features))
	for f := range features {
		features[f] = f
	}
	levels := newLevelTally(features, n, env.Plan)
	to, group := make([]int32, shard.BlockRows), make([]uint32, shard.BlockRows)
	var failed error
	err := eachBlock(ctx, env, 0, func(b *rowBlock) {
		to, group := to[:b.rows], group[:b.rows]
		if failed = errors.Join(failed, send(b, to)); failed != nil {
			return
		}
		for i, s := range to {
			group[i] = uint32(s)
		}
		all.add(group, b)
		for m := range squares {
			addSquares(&squares[m], n, group, &b.measures[m])
		}
		levels.add(group, b)
	})
	if err = errors.Join(err, failed); err != nil {
		return partial.Segments{}, err
	}
	out := partial.Segments{All: all.counts(span(0, n)), Squares: squares}
	for s := range n {
		out.Levels = append(out.Levels, levels.counts(s*levels.codes, (s+1)*levels.codes))
	}
	return out, nil
}

// levelTally counts feature × code within groups: code c of the feature at
// offset o counts in group g as g·codes + o + c.
type levelTally struct {
	features []int
	offset   []int
	codes    int
	tally    *tally
	index    []uint32
	gathered []uint8
}

func newLevelTally(features []int, groups int, plan *encoder.Plan) *levelTally {
	l := &levelTally{features: features, index: make([]uint32, shard.BlockRows), gathered: make([]uint8, shard.BlockRows)}
	for _, f := range features {
		l.offset = append(l.offset, l.codes)
		l.codes += plan.Features[f].Codes()
	}
	l.tally = newTally(groups*l.codes, plan)
	return l
}

// add takes in a block whose i-th row is of group[i].
func (l *levelTally) add(group []uint32, b *rowBlock) {
	for j, f := range l.features {
		l.count(group, b.codes(f), l.offset[j], b)
	}
}

// addSubset takes in some rows of a block.
func (l *levelTally) addSubset(s *rowSubset, b *rowBlock) {
	for j, f := range l.features {
		codes, all := l.gathered[:len(s.row)], b.codes(f)
		for i, row := range s.row {
			codes[i] = all[row]
		}
		l.count(s.group, codes, l.offset[j], &s.block)
	}
}

func (l *levelTally) count(group []uint32, codes []uint8, offset int, b *rowBlock) {
	index := l.index[:len(group)]
	width, first := uint32(l.codes), uint32(offset)
	for i, c := range codes[:len(group)] {
		index[i] = group[i]*width + first + uint32(c)
	}
	l.tally.add(index, b)
}

// counts returns entries lo to hi.
func (l *levelTally) counts(lo, hi int) partial.Counts { return l.tally.counts(span(lo, hi)) }

func span(lo, hi int) []uint32 {
	out := make([]uint32, hi-lo)
	for i := range out {
		out[i] = uint32(lo + i)
	}
	return out
}
