package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/kernels/lattice"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Target asks for the best groups of one metric.
type Target struct {
	Metric metric.Metric
	All    metric.Value // over all rows
	Rank   Rank
	Most   float64 // rows in a listed group, at most
}

// Best finds the best groups of each target among all those of the orders 1 to
// c.Order that reach the minimum: the same as Run and Top together, ties
// included, but it counts only what can still be among them. A group is counted
// while the least figures of the groups that lack one of its items leave room
// for a measure above the last of the best so far; the most promising of an
// order are counted first, to raise that bar early.
//
// Groups are those in a ranking; Ranking.Looked says how many were counted.
func Best(ctx context.Context, shards Shards, plan *encoder.Plan, levels *partial.Halves, c Config, targets []Target, report func(Level)) (*Groups, []*Ranking, error) {
	s, err := begin(shards, plan, levels, c, report)
	if err != nil {
		return nil, nil, err
	}
	b := &best{search: s}
	if err := b.aim(ctx, targets); err != nil {
		return nil, nil, err
	}
	if err := s.listItems(c.Features, s.levels, &levels.Discovery); err != nil {
		return nil, nil, err
	}
	b.take(0)
	for i := range s.items {
		b.extents = append(b.extents, b.extentsOf(i))
	}
	for order := 2; order <= c.order() && len(s.items) > 0; order++ {
		more, err := b.level(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("search, order %d: %w", order, err)
		}
		if !more {
			break
		}
	}
	groups, rankings := b.ranked()
	return groups, rankings, nil
}

// ranked returns the groups that are in a ranking, in order of order, then of
// items.
func (b *best) ranked() (*Groups, []*Ranking) {
	var rankings []*Ranking
	var kept []int
	for _, t := range b.targets {
		r := t.ranking()
		rankings = append(rankings, r)
		for _, e := range r.Entries {
			kept = append(kept, e.Group)
		}
	}
	slices.SortFunc(kept, b.groups.compare)
	kept = slices.Compact(kept)
	for _, r := range rankings {
		for i, e := range r.Entries {
			r.Entries[i].Group, _ = slices.BinarySearchFunc(kept, e.Group, b.groups.compare)
		}
	}
	return b.groups.Pick(b.plan, kept), rankings
}

// best is a search for the best groups under way.
type best struct {
	*search
	targets []*target
	extents [][]extent // of the survivors of the last order: survivor → target
}

// target is a Target with the best so far.
type target struct {
	worstFirst
	within bounder
	most   float64
}

// aim prepares the targets. The values of numbers are bounded by one more pass.
func (b *best) aim(ctx context.Context, targets []Target) error {
	var spread *partial.Spread
	for _, t := range targets {
		s, err := newScorer(b.groups, t.Metric, t.All, t.Rank)
		if err != nil {
			return err
		}
		x := &target{worstFirst: worstFirst{scorer: s}, most: t.Most}
		x.within = bounder{scorer: s, minimum: float64(b.minimum), to: 1, bounded: t.Metric.Den < 0}
		if x.within.bounded && !t.Metric.Binary {
			if spread == nil {
				if spread, err = Gather(ctx, b.shards, wire.OpSpread, struct{}{}, (*partial.Spread).Merge); err != nil {
					return err
				}
			}
			x.within.from, x.within.to = ends(spread.Measures[t.Metric.Num])
		}
		b.targets = append(b.targets, x)
	}
	return nil
}

// ends are what all values lie between.
func ends(buckets []int64) (from, to float64) {
	first := slices.IndexFunc(buckets, func(n int64) bool { return n > 0 })
	if first < 0 {
		return 0, 0
	}
	last := len(buckets) - 1
	for buckets[last] == 0 {
		last--
	}
	low, _ := partial.BucketEdges(first)
	_, high := partial.BucketEdges(last)
	return float64(low), float64(high)
}

// extentsOf reads group i for every target.
func (b *best) extentsOf(i int) []extent {
	out := make([]extent, len(b.targets))
	for k, t := range b.targets {
		out[k] = t.within.extent(i)
	}
	return out
}

// promises returns how far a group of these extents reaches above the bar of
// the target where it reaches farthest, as a part of its bound; negative: nothing
// within can be among the best.
func (b *best) promises(e []extent) float64 {
	far := -1.0
	for k, t := range b.targets {
		bar := 0.0
		if t.Len() == t.rank.K {
			bar = t.scores[0].approx - t.scores[0].slack
		}
		if bound := t.within.bound(e[k]); bound > 0 && bound >= bar {
			far = max(far, 1-bar/bound)
		}
	}
	return far
}

// take offers the groups from the given one on to the targets.
func (b *best) take(from int) {
	for i := from; i < b.groups.Len(); i++ {
		for _, t := range b.targets {
			if float64(b.groups.Counts.N[i]) <= t.most {
				t.offer(i)
			}
		}
	}
}

// level searches the next order and returns whether any group can be extended.
func (b *best) level(ctx context.Context) (more bool, err error) {
	candidates, err := b.candidates()
	if err != nil || candidates.Len() == 0 {
		return false, err
	}
	at := Level{Order: candidates.Order, Candidates: candidates.Len()}
	b.tell(at)
	extents, open := b.promising(candidates)
	survived := make([]uint64, (candidates.Len()+63)/64)
	var survivors []int // group → candidate, from the first group of this order on
	first := b.groups.Len()
	// The best sixteenth first: what it finds may spare the others.
	for part := max(4096, (len(open)+15)/16); len(open) > 0; part = len(open) {
		now := open[:min(part, len(open))]
		open = open[len(now):]
		from := b.groups.Len()
		found, err := b.countOnly(ctx, candidates, now)
		if err != nil {
			return false, err
		}
		survivors = append(survivors, found...)
		b.take(from)
		open = slices.DeleteFunc(open, func(i int) bool { return b.promises(extents[i]) < 0 })
	}
	at.Kept = len(survivors)
	b.extents = b.extents[:0]
	order := make([]int, len(survivors))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(x, y int) int { return cmp.Compare(survivors[x], survivors[y]) })
	for _, i := range order {
		if e := b.extentsOf(first + i); b.promises(e) >= 0 {
			survived[survivors[i]/64] |= 1 << (survivors[i] % 64)
			b.extents = append(b.extents, e)
		}
	}
	if err := b.lattice.Keep(candidates, survived); err != nil {
		return false, err
	}
	b.survivors = append(b.survivors, survived)
	at.Done = true
	b.tell(at)
	return len(b.extents) > 0, nil
}

// promising returns the candidates that may be among the best, the most
// promising first, and for each the least figures of those it is made of.
func (b *best) promising(c *lattice.Candidates) (extents [][]extent, open []int) {
	extents = make([][]extent, c.Len())
	far := make([]float64, c.Len())
	path, parents := make([]uint32, c.Order-1), make([]uint32, c.Order)
	for p, prefix := range c.Prefix {
		b.lattice.Path(c.Order-1, prefix, path)
		for i := c.Start[p]; i < c.Start[p+1]; i++ {
			b.lattice.Parents(prefix, path, c.Ext[i], parents)
			e := slices.Clone(b.extents[parents[0]])
			for _, parent := range parents[1:] {
				for k, o := range b.extents[parent] {
					e[k] = e[k].least(o)
				}
			}
			if far[i] = b.promises(e); far[i] >= 0 {
				extents[i], open = e, append(open, i)
			}
		}
	}
	slices.SortFunc(open, func(x, y int) int { return cmp.Or(cmp.Compare(far[y], far[x]), x-y) })
	return extents, open
}

// countOnly counts some of the candidates, appends those that reach the minimum
// to the groups, and returns which they are.
func (b *best) countOnly(ctx context.Context, c *lattice.Candidates, which []int) (found []int, err error) {
	slices.Sort(which)
	wanted := make([]uint64, (c.Len()+63)/64)
	for _, i := range which {
		wanted[i/64] |= 1 << (i % 64)
	}
	halves, err := b.count(ctx, len(which), wire.CountParams{Order: c.Order, Items: b.items, Survivors: b.survivors, Covered: b.covered, Wanted: wanted})
	if err != nil {
		return nil, err
	}
	var kept []int
	path, p := make([]uint32, c.Order-1), 0
	for k, n := range halves.Discovery.N {
		if n+halves.Confirmation.N[k] < b.minimum {
			continue
		}
		kept, found = append(kept, k), append(found, which[k])
		for c.Start[p+1] <= which[k] {
			p++
		}
		b.lattice.Path(c.Order-1, c.Prefix[p], path)
		for _, item := range path {
			b.groups.Items = append(b.groups.Items, b.items[item])
		}
		b.groups.Items = append(b.groups.Items, b.items[c.Ext[which[k]]])
		b.groups.Start = append(b.groups.Start, len(b.groups.Items))
	}
	appendCounts(&b.groups.Counts, kept, &halves.Discovery, &halves.Confirmation)
	appendCounts(&b.groups.Discovery, kept, &halves.Discovery)
	return found, nil
}
