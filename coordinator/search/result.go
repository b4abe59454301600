// Package search finds all groups of order 1..L that reach the minimum: the
// lattice of feature combinations, level by level, and the top of a measure.
package search

import (
	"cmp"
	"context"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Shards runs a shard op over all resident shards of the job; coordinator/engine
// provides it. Accept is called for one answer at a time, in any order.
type Shards interface {
	OverShards(ctx context.Context, op string, params any, accept func(answer []byte) error) error
}

// Gather runs an op over the shards and adds up what comes back.
func Gather[T any](ctx context.Context, shards Shards, op string, params any, merge func(into, part *T) error) (*T, error) {
	var total *T
	err := shards.OverShards(ctx, op, params, func(answer []byte) error {
		part := new(T)
		if err := wire.Decode(answer, part); err != nil {
			return err
		}
		if total == nil {
			total = part
			return nil
		}
		return merge(total, part)
	})
	return total, err
}

// Groups are groups with their counts, in columns: group i has the items
// Items[Start[i]:Start[i+1]], ascending by feature, and entry i of Counts (over
// all customers) and of Discovery (over those that findings are sought on).
// They stand in order of order, then of items.
type Groups struct {
	Start     []int
	Items     []wire.Item
	Counts    partial.Counts
	Discovery partial.Counts
}

// Len returns the number of groups.
func (g *Groups) Len() int { return len(g.Start) - 1 }

// At returns the items of group i.
func (g *Groups) At(i int) []wire.Item { return g.Items[g.Start[i]:g.Start[i+1]] }

// compare orders groups by order, then by items.
func (g *Groups) compare(a, b int) int {
	return cmp.Or(len(g.At(a))-len(g.At(b)), CompareItems(g.At(a), g.At(b)))
}
