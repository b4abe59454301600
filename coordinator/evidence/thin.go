package evidence

import (
	"context"

	"github.com/headwater-dev/headwater/worker/wire"
)

// thinBatch is how many candidates are looked at between two passes over the
// shards.
const thinBatch = 32

// thin goes through the candidates, the best first, and drops those of which
// one taken before, in the same direction, covers too much. Of two rules of
// nearly the same customers the shorter is taken.
func (f *finder) thin(ctx context.Context, candidates []candidate) ([]candidate, error) {
	candidates = candidates[:min(len(candidates), f.c.Candidates)]
	o := &overlaps{f: f, n: map[[2]int]int64{}}
	var taken []candidate
	for from := 0; from < len(candidates); from += thinBatch {
		batch := candidates[from:min(from+thinBatch, len(candidates))]
		var pairs [][2]int
		for i, c := range batch {
			for _, other := range append(batch[:i:i], taken...) {
				if other.direction == c.direction {
					pairs = append(pairs, pair(c.group, other.group))
				}
			}
		}
		if err := o.look(ctx, pairs); err != nil {
			return nil, err
		}
		for _, c := range batch {
			taken = f.takeOrDrop(taken, c, o)
		}
	}
	return taken, nil
}

func (f *finder) takeOrDrop(taken []candidate, c candidate, o *overlaps) []candidate {
	for k, t := range taken {
		if t.direction != c.direction {
			continue
		}
		both := o.n[pair(c.group, t.group)]
		if f.jaccard(c, t, both) >= f.c.Same && len(f.groups.At(c.group)) < len(f.groups.At(t.group)) {
			taken[k] = c
			return taken
		}
		if float64(both) > f.c.Overlap*float64(c.n) {
			return taken
		}
	}
	return append(taken, c)
}

// jaccard is the part that two groups share of the customers that are in either.
func (f *finder) jaccard(a, b candidate, both int64) float64 {
	return float64(both) / float64(a.n+b.n-both)
}

// overlaps are the customers of discovery that two groups share.
type overlaps struct {
	f *finder
	n map[[2]int]int64 // pair of groups → customers
}

func pair(a, b int) [2]int { return [2]int{min(a, b), max(a, b)} }

// look finds the overlaps of pairs of groups: among the groups of the search,
// which are exact, else on the shards.
func (o *overlaps) look(ctx context.Context, pairs [][2]int) error {
	var ask [][2]int
	var groups [][]wire.Item
	for _, p := range pairs {
		if _, known := o.n[p]; known {
			continue
		}
		items, possible := union(o.f.groups.At(p[0]), o.f.groups.At(p[1]))
		if !possible {
			o.n[p] = 0
		} else if g := o.f.find.find(items); g >= 0 {
			o.n[p] = o.f.groups.Discovery.N[g]
		} else {
			o.n[p] = -1 // asked for below
			ask, groups = append(ask, p), append(groups, items)
		}
	}
	if len(ask) == 0 {
		return nil
	}
	answer, err := o.f.probeItems(ctx, groups, nil)
	if err != nil {
		return err
	}
	for i, p := range ask {
		o.n[p] = answer.probe.Discovery.N[answer.at[i]]
	}
	return nil
}
