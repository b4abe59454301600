package ops

import (
	"context"
	"fmt"

	"github.com/headwater-dev/headwater/kernels/lattice"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// count counts the candidates of one order over all rows of the shards: how
// many rows they have, and known rows and sum of every measure, on either part.
//
// Combinations of features with most of their candidates are counted as cubes,
// the other candidates one by one (see planCubes and countWalk).
//
// Memory: about 48 bytes a candidate and measure, 24 an entry of a cube and
// measure (there are at most some 8 to a candidate), 8 + 2 KiB an item, and for
// joint histograms up to 20 MB, and 40 MB a measure that varies.
func count(ctx context.Context, env *Env, p wire.CountParams) (partial.Halves, error) {
	return countBy(ctx, env, p, cheapest)
}

func countBy(ctx context.Context, env *Env, p wire.CountParams, how method) (partial.Halves, error) {
	if p.Order < 2 || len(p.Survivors) != p.Order-2 {
		return partial.Halves{}, fmt.Errorf("count of order %d with survivors of %d orders", p.Order, len(p.Survivors))
	}
	features := make([]int, len(p.Items))
	for i, item := range p.Items {
		if err := checkItem(env.Plan, item); err != nil {
			return partial.Halves{}, err
		}
		if i > 0 && !itemLess(p.Items[i-1], item) {
			return partial.Halves{}, fmt.Errorf("items %v and %v do not ascend", p.Items[i-1], item)
		}
		features[i] = item.Feature
	}
	groups, candidates, err := lattice.Replay(features, p.Survivors, lattice.MaxCandidates)
	if err != nil {
		return partial.Halves{}, err
	}
	if p.Wanted != nil {
		if candidates, err = candidates.Only(p.Wanted); err != nil {
			return partial.Halves{}, err
		}
	}
	if p.RowsOnly {
		rows := *env.Plan
		rows.Measures = nil
		c := newCounter(env.Shards, &rows, p, groups, candidates, how, anyPart)
		counts := partial.Halves{Discovery: partial.MakeCounts(candidates.Len(), nil)}
		return counts, c.count(ctx, env, c.halves[0], &counts.Discovery)
	}
	c := newCounter(env.Shards, env.Plan, p, groups, candidates, how, discovery, confirmation)
	counts := partial.MakeHalves(candidates.Len(), completeMeasures(env.Plan))
	if err := c.count(ctx, env, c.halves[0], &counts.Discovery); err != nil {
		return partial.Halves{}, err
	}
	return counts, c.count(ctx, env, c.halves[1], &counts.Confirmation)
}

func discovery(part uint8) bool    { return part&encoder.Confirmation == 0 }
func confirmation(part uint8) bool { return part&encoder.Confirmation != 0 }

// counter counts the candidates of an order: in cubes what the plan says, the
// others one by one.
type counter struct {
	block  *countBlock
	halves []half
	plan   *cubePlan
	walk   *countWalk
}

// half is what is counted apart: the blocks of the parts wanted.
type half struct {
	wanted    func(part uint8) bool
	stretches []*stretch
}

func newCounter(shards []*shard.Shard, plan *encoder.Plan, p wire.CountParams, groups *lattice.Lattice, c *lattice.Candidates, how method, wanted ...func(part uint8) bool) *counter {
	b := newCountBlock(p.Items, plan)
	b.cover(p.Covered)
	var halves []half
	for _, w := range wanted {
		halves = append(halves, half{w, planStretches(shards, len(plan.Measures), w)})
	}
	cubes := planCubes(b, groups, c, b.workOf(shards, halves), how)
	return &counter{b, halves, cubes, newCountWalk(b, groups, cubes.left, how)}
}

// count sets counts, which are zero, to those of a half.
func (c *counter) count(ctx context.Context, env *Env, h half, counts *partial.Counts) error {
	cubes, left := c.plan.cubes, *counts
	if cubes != nil {
		left = c.block.makeCounts(c.plan.left.Len())
	}
	c.walk.counts = &left
	if byBlock := c.plan.left.Len() > 0 || cubes != nil && len(cubes.panels) > 0; byBlock {
		quiet := *env
		if cubes != nil && len(cubes.joints) > 0 {
			quiet.Progress = nil // rows are done once they are in the joint histograms too
		}
		err := c.block.each(ctx, &quiet, h.wanted, func() {
			if cubes != nil {
				cubes.countBlock()
			}
			c.walk.countBlock()
		})
		if err != nil {
			return err
		}
	}
	if cubes == nil {
		return nil
	}
	if err := cubes.countJoints(ctx, env, h.stretches); err != nil {
		return err
	}
	c.plan.settle(counts, &left)
	return nil
}

// each takes up one block of the shards after the other, of those whose part
// is wanted.
func (b *countBlock) each(ctx context.Context, env *Env, wanted func(part uint8) bool, do func()) error {
	for _, s := range env.Shards {
		for i, at := range s.Blocks() {
			if !wanted(at.Part) {
				continue
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			b.load(s, i)
			do()
			if env.Progress != nil {
				env.Progress(int64(b.rows))
			}
		}
	}
	return nil
}

func anyPart(uint8) bool { return true }

func checkItem(plan *encoder.Plan, item wire.Item) error {
	if item.Feature < 0 || item.Feature >= len(plan.Features) {
		return fmt.Errorf("item of feature %d: there are %d features", item.Feature, len(plan.Features))
	}
	if f := &plan.Features[item.Feature]; int(item.Code) >= f.Codes() {
		return fmt.Errorf("item of feature %q with code %d: it has %d codes", f.Name, item.Code, f.Codes())
	}
	return nil
}

func itemLess(a, b wire.Item) bool {
	return a.Feature < b.Feature || a.Feature == b.Feature && a.Code < b.Code
}

func completeMeasures(plan *encoder.Plan) []bool {
	complete := make([]bool, len(plan.Measures))
	for m := range complete {
		complete[m] = plan.Measures[m].Complete
	}
	return complete
}
