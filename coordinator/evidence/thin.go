package evidence

import (
	"context"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/sample"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/wire"
)

// thinBatch is how many candidates are looked at between two passes over the
// shards.
const thinBatch = 32

// thin goes through the candidates, the best first, and takes those that are
// findings of their own beside those taken before in the same direction.
func (f *finder) thin(ctx context.Context, candidates []candidate) ([]candidate, error) {
	candidates = candidates[:min(len(candidates), f.c.Candidates)]
	o := &overlaps{f: f, shared: map[[2]int]share{}}
	var taken []candidate
	for from := 0; from < len(candidates); from += thinBatch {
		batch := candidates[from:min(from+thinBatch, len(candidates))]
		var pairs [][2]int
		for i, c := range batch {
			for _, other := range slices.Concat(batch[:i], taken) {
				if other.direction == c.direction {
					pairs = append(pairs, pair(c.group, other.group))
				}
			}
		}
		if err := o.look(ctx, pairs); err != nil {
			return nil, err
		}
		for _, c := range batch {
			var err error
			if taken, err = f.takeOrDrop(ctx, taken, c, o); err != nil {
				return nil, err
			}
		}
	}
	return f.uncovered(ctx, taken)
}

// uncovered drops, from the first on, those of which the ones before them in
// the same direction cover too much together. A pass over the shards counts
// what is left of each; after one is dropped, those behind it have more left.
func (f *finder) uncovered(ctx context.Context, taken []candidate) ([]candidate, error) {
	for _, direction := range []int{1, -1} {
		for settled := 1; ; { // the first one has nothing before it
			var groups [][]wire.Item
			var at []int
			for i, c := range taken {
				if c.direction == direction {
					groups, at = append(groups, f.groups.At(c.group)), append(at, i)
				}
			}
			if len(groups) <= settled {
				break
			}
			p, err := f.probe(ctx, wire.ProbeParams{Groups: groups, Half: true, First: true})
			if err != nil {
				return nil, err
			}
			left := func(i int) float64 { return float64(p.Discovery.N[i]) / float64(taken[at[i]].n) }
			for settled < len(groups) && 1-left(settled) <= f.c.Overlap {
				settled++
			}
			if settled == len(groups) {
				break
			}
			taken = slices.Delete(taken, at[settled], at[settled]+1)
		}
	}
	return taken, nil
}

// takeOrDrop adds c to those taken unless one of them makes it superfluous, and
// removes those that it makes so:
//   - of two rules of nearly the same customers the shorter stays;
//   - a rule that no longer stands out without the customers of another is the
//     other's shadow, such as a broad rule that holds a niche; of two that are
//     each other's the first stays;
//   - a rule of which one taken before covers too much is dropped, unless it is
//     what lets that one beat its parents.
func (f *finder) takeOrDrop(ctx context.Context, taken []candidate, c candidate, o *overlaps) ([]candidate, error) {
	var kept []candidate
	for _, t := range taken {
		both := o.shared[pair(c.group, t.group)]
		if t.direction != c.direction || both.n == 0 {
			kept = append(kept, t)
			continue
		}
		a, b := f.groups.At(c.group), f.groups.At(t.group)
		same := f.jaccard(c, t, both.n) >= f.c.Same
		if same && len(a) < len(b) {
			continue
		}
		if !same && f.shadow(t, both) && (within(b, a) || !f.shadow(c, both)) {
			continue
		}
		if same || f.shadow(c, both) {
			return taken, nil
		}
		if float64(both.n) > f.c.Overlap*float64(c.n) {
			rests, err := f.restsOn(ctx, t, c, o)
			if err != nil || !rests {
				return taken, err
			}
			continue
		}
		kept = append(kept, t)
	}
	return append(kept, c), nil
}

// restsOn says whether t owes it to the customers of c that it beats its
// parents: without these it does not.
func (f *finder) restsOn(ctx context.Context, t, c candidate, o *overlaps) (bool, error) {
	parents := f.find.Parents(t.group)
	pairs := [][2]int{pair(t.group, c.group)}
	for _, p := range parents {
		pairs = append(pairs, pair(p, c.group))
	}
	if err := o.look(ctx, pairs); err != nil {
		return false, err
	}
	left := f.on(t.group).Minus(o.shared[pairs[0]].sums)
	for i, p := range parents {
		others := f.on(p).Minus(o.shared[pairs[1+i]].sums).Minus(left)
		if !f.beats(t.direction, f.t.ValueOf(left), f.t.ValueOf(others)) || !f.differs(t.direction, left, others) {
			return true, nil
		}
	}
	return false, nil
}

// shadow says whether a candidate does not stand out without the customers
// that it shares with another.
func (f *finder) shadow(c candidate, both share) bool {
	rest := f.on(c.group).Minus(both.sums)
	return rest.Known == 0 || !f.standsOut(c.direction, f.t.ValueOf(rest))
}

// jaccard is the part that two groups share of the customers that are in either.
func (f *finder) jaccard(a, b candidate, both int64) float64 {
	return float64(both) / float64(a.n+b.n-both)
}

// overlaps are the customers of discovery that two groups share.
type overlaps struct {
	f      *finder
	shared map[[2]int]share
}

// share is what two groups have in common.
type share struct {
	n    int64
	sums sample.Exact
}

func pair(a, b int) [2]int { return [2]int{min(a, b), max(a, b)} }

// look finds what pairs of groups have in common: of a yes/no metric among the
// groups of the search, which are exact, else on the shards.
func (o *overlaps) look(ctx context.Context, pairs [][2]int) error {
	f := o.f
	var ask [][2]int
	var groups [][]wire.Item
	for _, p := range pairs {
		if _, known := o.shared[p]; known {
			continue
		}
		items, possible := search.Union(f.groups.At(p[0]), f.groups.At(p[1]))
		o.shared[p] = share{sums: sample.Nothing()}
		if !possible {
			continue
		}
		if g := f.find.Find(items); g >= 0 && f.t.Binary {
			o.shared[p] = share{f.groups.Discovery.N[g], f.t.Counted(f.t.Metric.At(&f.groups.Discovery, g))}
			continue
		}
		ask, groups = append(ask, p), append(groups, items)
	}
	if len(ask) == 0 {
		return nil
	}
	answer, err := f.probeDiscovery(ctx, groups)
	if err != nil {
		return err
	}
	for i, p := range ask {
		n, _ := answer.N(i)
		o.shared[p] = share{n, answer.Discovery(f.t, i)}
	}
	return nil
}
