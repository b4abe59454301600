// Package thin goes through groups, the best first, and keeps those that say
// something of their own beside those taken before.
package thin

import (
	"context"
	"slices"

	"github.com/headwater-dev/headwater/worker/wire"
)

// Candidate is a group that stands out.
type Candidate struct {
	Group     int   // index into the groups of the search
	Direction int   // +1 or −1; those of the other direction are no rivals
	N         int64 // customers, as Rules.Count counts them
}

// Sums are what is known of some customers, from which that of a part of them
// can be taken.
type Sums[S any] interface{ Minus(S) S }

// Rules say what is asked of a group.
type Rules[S Sums[S]] interface {
	Items(group int) []wire.Item
	Parents(group int) []int // the groups that lack one of its items
	On(group int) S          // of a candidate, or a parent of one

	// Count counts given groups, in their order.
	Count(ctx context.Context, groups [][]wire.Item) ([]Share[S], error)
	// Left counts the customers of each group that none before it has.
	Left(ctx context.Context, groups []int) ([]int64, error)

	// Shadow says whether c does not stand out by the customers that it does not
	// share with another, which may be nobody.
	Shadow(c Candidate, left S) bool
	// Beats says whether s says more than a shorter rule with these other customers.
	Beats(direction int, s, others S) bool
	// Rivals says whether one of two candidates of opposite directions may be the
	// mirror of the other.
	Rivals(c, t Candidate) bool
	// Mirror says whether c stands out because t, its rival, does the other way.
	Mirror(c, t Candidate, both Share[S]) bool
}

// Limits are from when on two groups are one.
type Limits struct {
	Same    float64 // Jaccard overlap from which two rules are of the same customers
	Overlap float64 // part of a group that those before it may cover
}

// batch is how many candidates are looked at between two passes over the
// shards.
const batch = 32

// Greedy returns the candidates that stay, by their place in the list.
func Greedy[S Sums[S]](ctx context.Context, rules Rules[S], candidates []Candidate, limits Limits) ([]int, error) {
	t := &thinner[S]{rules: rules, limits: limits, overlaps: NewOverlaps(rules)}
	for from := 0; from < len(candidates); from += batch {
		var next []placed
		for i, c := range candidates[from:min(from+batch, len(candidates))] {
			next = append(next, placed{c, from + i})
		}
		var pairs [][2]int
		for i, c := range next {
			for _, other := range slices.Concat(next[:i], t.taken) {
				if c.Direction == other.Direction || rules.Rivals(c.Candidate, other.Candidate) {
					pairs = append(pairs, [2]int{c.Group, other.Group})
				}
			}
		}
		if err := t.overlaps.Look(ctx, pairs); err != nil {
			return nil, err
		}
		for _, c := range next {
			if err := t.takeOrDrop(ctx, c); err != nil {
				return nil, err
			}
		}
	}
	if err := t.uncovered(ctx); err != nil {
		return nil, err
	}
	var places []int
	for _, c := range t.taken {
		places = append(places, c.place)
	}
	return places, nil
}

// placed is a candidate and its place in the list.
type placed struct {
	Candidate
	place int
}

// thinner is one run of Greedy.
type thinner[S Sums[S]] struct {
	rules    Rules[S]
	limits   Limits
	overlaps *Overlaps[S]
	taken    []placed
}

// takeOrDrop adds c to those taken unless one of them makes it superfluous, and
// removes those that it makes so:
//   - of two rules of nearly the same customers the shorter stays;
//   - a rule that no longer stands out without the customers of another is the
//     other's shadow, such as a broad rule that holds a niche; of two that are
//     each other's the first stays;
//   - a rule of which one taken before covers too much is dropped, unless it is
//     what lets that one beat its parents;
//   - a rule that stands out because one of the other direction does is its
//     mirror and is dropped; of two that are each other's the first stays.
func (s *thinner[S]) takeOrDrop(ctx context.Context, c placed) error {
	var kept []placed
	for _, t := range s.taken {
		both := s.overlaps.Of(c.Group, t.Group)
		if t.Direction != c.Direction {
			if s.rules.Rivals(c.Candidate, t.Candidate) {
				of, by := s.rules.Mirror(c.Candidate, t.Candidate, both), s.rules.Mirror(t.Candidate, c.Candidate, both)
				if of {
					return nil
				}
				if by {
					continue
				}
			}
			kept = append(kept, t)
			continue
		}
		if both.N == 0 {
			kept = append(kept, t)
			continue
		}
		a, b := s.rules.Items(c.Group), s.rules.Items(t.Group)
		same := Jaccard(c.N, t.N, both.N) >= s.limits.Same
		if same && len(a) < len(b) {
			continue
		}
		if !same && s.shadow(t, c) && (within(b, a) || !s.shadow(c, t)) {
			continue
		}
		if same || s.shadow(c, t) {
			return nil
		}
		if float64(both.N) > s.limits.Overlap*float64(c.N) {
			rests, err := s.restsOn(ctx, t, c)
			if err != nil || !rests {
				return err
			}
			continue
		}
		kept = append(kept, t)
	}
	s.taken = append(kept, c)
	return nil
}

// restsOn says whether t owes it to the customers of c that it beats its
// parents: without these it does not.
func (s *thinner[S]) restsOn(ctx context.Context, t, c placed) (bool, error) {
	parents := s.rules.Parents(t.Group)
	var pairs [][2]int
	for _, p := range parents {
		pairs = append(pairs, [2]int{p, c.Group})
	}
	if err := s.overlaps.Look(ctx, pairs); err != nil {
		return false, err
	}
	left := s.overlaps.without(t.Group, c.Group)
	for _, p := range parents {
		if !s.rules.Beats(t.Direction, left, s.overlaps.without(p, c.Group).Minus(left)) {
			return true, nil
		}
	}
	return false, nil
}

// shadow says whether c does not stand out without the customers that it
// shares with another.
func (s *thinner[S]) shadow(c, other placed) bool {
	return s.rules.Shadow(c.Candidate, s.overlaps.without(c.Group, other.Group))
}

// uncovered drops, from the first on, those of which the ones before them in
// the same direction cover too much together. A pass over the shards counts
// what is left of each; after one is dropped, those behind it have more left.
func (s *thinner[S]) uncovered(ctx context.Context) error {
	for _, direction := range []int{1, -1} {
		for settled := 1; ; { // the first one has nothing before it
			var groups, at []int
			for i, c := range s.taken {
				if c.Direction == direction {
					groups, at = append(groups, c.Group), append(at, i)
				}
			}
			if len(groups) <= settled {
				break
			}
			n, err := s.rules.Left(ctx, groups)
			if err != nil {
				return err
			}
			left := func(i int) float64 { return float64(n[i]) / float64(s.taken[at[i]].N) }
			for settled < len(groups) && 1-left(settled) <= s.limits.Overlap {
				settled++
			}
			if settled == len(groups) {
				break
			}
			s.taken = slices.Delete(s.taken, at[settled], at[settled]+1)
		}
	}
	return nil
}

// Jaccard is the part that two groups of a and b customers share of those that
// are in either.
func Jaccard(a, b, both int64) float64 { return float64(both) / float64(a+b-both) }

// within reports whether every item of a is in b.
func within(a, b []wire.Item) bool {
	return !slices.ContainsFunc(a, func(i wire.Item) bool { return !slices.Contains(b, i) })
}
