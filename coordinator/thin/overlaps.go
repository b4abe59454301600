package thin

import (
	"context"

	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Share is what two groups have in common.
type Share[S any] struct {
	N    int64 // customers
	Sums S
}

// Overlaps remembers what pairs of groups have in common.
type Overlaps[S Sums[S]] struct {
	rules  Rules[S]
	shared map[[2]int]Share[S]
}

// NewOverlaps returns an empty memory.
func NewOverlaps[S Sums[S]](rules Rules[S]) *Overlaps[S] {
	return &Overlaps[S]{rules: rules, shared: map[[2]int]Share[S]{}}
}

// Look finds out about the pairs of groups that are not known yet.
func (o *Overlaps[S]) Look(ctx context.Context, pairs [][2]int) error {
	var ask [][2]int
	var groups [][]wire.Item
	for _, p := range pairs {
		p = pair(p[0], p[1])
		if _, known := o.shared[p]; known {
			continue
		}
		items, possible := search.Union(o.rules.Items(p[0]), o.rules.Items(p[1]))
		o.shared[p] = Share[S]{}
		if possible {
			ask, groups = append(ask, p), append(groups, items)
		}
	}
	if len(ask) == 0 {
		return nil
	}
	shares, err := o.rules.Count(ctx, groups)
	if err != nil {
		return err
	}
	for i, p := range ask {
		o.shared[p] = shares[i]
	}
	return nil
}

// Of returns what two groups that were looked for have in common; where that
// is nobody, Sums is the zero value.
func (o *Overlaps[S]) Of(a, b int) Share[S] { return o.shared[pair(a, b)] }

// without returns the sums of a group without what it shares with another.
func (o *Overlaps[S]) without(group, other int) S {
	x := o.rules.On(group)
	if s := o.Of(group, other); s.N > 0 {
		x = x.Minus(s.Sums)
	}
	return x
}

func pair(a, b int) [2]int { return [2]int{min(a, b), max(a, b)} }

// Covered returns of each candidate the largest Jaccard overlap with one before
// it in the list.
func Covered[S Sums[S]](ctx context.Context, rules Rules[S], candidates []Candidate) ([]float64, error) {
	o := NewOverlaps(rules)
	var pairs [][2]int
	for i, c := range candidates {
		for _, before := range candidates[:i] {
			pairs = append(pairs, [2]int{c.Group, before.Group})
		}
	}
	if err := o.Look(ctx, pairs); err != nil {
		return nil, err
	}
	out := make([]float64, len(candidates))
	for i, c := range candidates {
		for _, before := range candidates[:i] {
			out[i] = max(out[i], Jaccard(c.N, before.N, o.Of(c.Group, before.Group).N))
		}
	}
	return out, nil
}
