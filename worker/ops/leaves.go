package ops

import (
	"context"
	"fmt"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

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
	to, some := make([]int32, shard.BlockRows), newRowSubset(env.Plan)
	err := eachBlock(ctx, env, p.Parts, func(b *rowBlock) {
		for t, r := range routers {
			r.route(b, to[:b.rows])
			tallies[t].addSubset(some.of(b, to[:b.rows], p.Folds[t]), b)
		}
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

// rowSubset is the rows of a block that lie in counted leaves.
type rowSubset struct {
	row   []uint32
	group []uint32 // leaf·2 + fold bit
	block rowBlock // their measures; it is of no shard
}

func newRowSubset(plan *encoder.Plan) *rowSubset {
	return &rowSubset{block: rowBlock{measures: make([]blockValues, len(plan.Measures))}}
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
	s.block.rows = len(s.row)
	for m := range b.measures {
		s.block.measures[m].gather(&b.measures[m], s.row)
	}
	return s
}
