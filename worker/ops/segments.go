package ops

import (
	"context"
	"fmt"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

func init() {
	kinds[wire.OpSegments] = typed(segments)
	kinds[wire.OpLeaves] = typed(leaves)
}

// segments counts every segment of a tree: its rows, measure sums and squares,
// and the same for every feature × code within it. About 3 ns a row and feature.
func segments(ctx context.Context, env *Env, p wire.SegmentsParams) (partial.Segments, error) {
	r, err := newRouter(&p.Tree, env.Plan, 0, p.Segments)
	if err != nil {
		return partial.Segments{}, err
	}
	all := newTally(p.Segments, env.Plan)
	squares := make([]partial.Squares, len(env.Plan.Measures))
	for m := range squares {
		squares[m] = partial.MakeSquares(p.Segments)
	}
	features := make([]int, len(env.Plan.Features))
	for f := range features {
		features[f] = f
	}
	levels := newLevelTally(features, p.Segments, env.Plan)
	to, group := make([]int32, tallyRows), make([]uint32, tallyRows)
	err = eachBlock(ctx, env, func(b *rowBlock) error {
		to, group := to[:b.rows()], group[:b.rows()]
		r.route(b, to)
		for i, s := range to {
			group[i] = uint32(s)
		}
		all.add(group, b)
		for m := range squares {
			addSquares(&squares[m], p.Segments, group, &b.measures[m])
		}
		levels.add(group, b)
		return nil
	})
	if err != nil {
		return partial.Segments{}, err
	}
	out := partial.Segments{All: all.counts(span(0, p.Segments)), Squares: squares}
	for s := range p.Segments {
		out.Levels = append(out.Levels, levels.counts(s*levels.codes, (s+1)*levels.codes))
	}
	return out, nil
}

// leaves counts the levels of features in the leaves of several trees.
func leaves(ctx context.Context, env *Env, p wire.LeavesParams) ([]partial.Counts, error) {
	if len(p.Leaves) != len(p.Trees) || len(p.Folds) != len(p.Trees) {
		return nil, fmt.Errorf("%d trees with %d leaf counts and %d folds", len(p.Trees), len(p.Leaves), len(p.Folds))
	}
	for _, f := range p.Features {
		if f < 0 || f >= len(env.Plan.Features) {
			return nil, fmt.Errorf("feature %d is not among the plan's %d", f, len(env.Plan.Features))
		}
	}
	routers := make([]*router, len(p.Trees))
	tallies := make([]*levelTally, len(p.Trees))
	for t := range p.Trees {
		if p.Folds[t] < 0 || p.Folds[t] >= encoder.Folds {
			return nil, fmt.Errorf("tree %d: fold bit %d is not among %d", t, p.Folds[t], encoder.Folds)
		}
		r, err := newRouter(&p.Trees[t], env.Plan, -1, p.Leaves[t])
		if err != nil {
			return nil, fmt.Errorf("tree %d: %w", t, err)
		}
		routers[t], tallies[t] = r, newLevelTally(p.Features, 2*p.Leaves[t], env.Plan)
	}
	to, some := make([]int32, tallyRows), newRowSubset(env.Plan)
	err := eachBlock(ctx, env, func(b *rowBlock) error {
		for t, r := range routers {
			r.route(b, to[:b.rows()])
			tallies[t].addSubset(some.of(b, to[:b.rows()], p.Folds[t]), b)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]partial.Counts, len(tallies))
	for t, l := range tallies {
		out[t] = l.counts(0, len(l.tally.n))
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
	l := &levelTally{features: features, index: make([]uint32, tallyRows), gathered: make([]uint8, tallyRows)}
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

// rowSubset is the rows of a block that lie in counted leaves, as a block of
// their own.
type rowSubset struct {
	row    []uint32
	group  []uint32 // leaf·2 + fold bit
	block  rowBlock
	values [][]int64
	known  [][]uint64
}

func newRowSubset(plan *encoder.Plan) *rowSubset {
	n := len(plan.Measures)
	return &rowSubset{values: make([][]int64, n), known: make([][]uint64, n), block: rowBlock{measures: make([]blockValues, n)}}
}

// of gathers the rows whose leaf is not negative.
func (s *rowSubset) of(b *rowBlock, leaf []int32, fold int) *rowSubset {
	s.row, s.group = s.row[:0], s.group[:0]
	folds := b.fold()
	for i, l := range leaf {
		if l >= 0 {
			s.row = append(s.row, uint32(i))
			s.group = append(s.group, uint32(l)<<1|uint32(folds[i]>>fold)&1)
		}
	}
	s.block.hi = len(s.row)
	for m := range b.measures {
		from, to := &b.measures[m], &s.block.measures[m]
		s.values[m] = s.values[m][:0]
		for _, row := range s.row {
			s.values[m] = append(s.values[m], from.values[row])
		}
		to.look(s.values[m])
		to.known = nil
		if from.known != nil {
			s.known[m] = append(s.known[m][:0], make([]uint64, (len(s.row)+63)/64)...)
			for i, row := range s.row {
				at := b.lo + int(row)
				s.known[m][i>>6] |= from.known[at>>6] >> (at & 63) & 1 << (i & 63)
			}
			to.known = s.known[m]
		}
	}
	return s
}
