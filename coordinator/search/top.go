package search

import (
	"container/heap"
	"fmt"
	"math"
	"math/big"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/metric"
)

// By is what groups are ranked by.
type By string

// The measures of a group. WRAcc is the excess a row: it ranks as Excess does.
const (
	Excess By = "excess" // sum − weight × overall mean
	Lift   By = "lift"   // mean / overall mean
	WRAcc  By = "wracc"  // excess / known rows
)

// Direction is which end is wanted. A group that equals the average has none
// and is never listed.
type Direction string

// The directions.
const (
	Both Direction = ""     // the farthest from the average; of lifts, which are no distances, Up
	Up   Direction = "up"   // above the average, the highest first
	Down Direction = "down" // below the average, the lowest first
)

// Ranking is the top of a search.
type Ranking struct {
	Entries []Entry // the best first
	Looked  int     // number of groups looked at
}

// Entry is a group in a ranking.
type Entry struct {
	Group int     // index into Groups
	Value float64 // of what was ranked by, in its own unit
}

// Top ranks the k best groups of one metric; all is the metric's value over
// all rows. The order is exact, whatever rounding the shown values have; ties
// stand by order, then by items. Cost: some 30 ns a group.
func Top(g *Groups, m metric.Metric, all metric.Value, by By, direction Direction, k int) (*Ranking, error) {
	s, err := newScorer(g, m, all, by, direction)
	if err != nil {
		return nil, err
	}
	best := &worstFirst{scorer: s}
	for i := range g.Len() {
		x, ok := s.score(i)
		switch {
		case !ok:
		case best.Len() < k:
			heap.Push(best, x)
		case k > 0 && s.before(x, best.scores[0]):
			best.scores[0] = x
			heap.Fix(best, 0)
		}
	}
	slices.SortFunc(best.scores, func(a, b score) int {
		if s.before(a, b) {
			return -1
		}
		return 1
	})
	r := &Ranking{Looked: g.Len()}
	for _, x := range best.scores {
		r.Entries = append(r.Entries, Entry{Group: x.group, Value: s.value(x.group)})
	}
	return r, nil
}

// score says how far a group lies in the wanted direction: approx, which is
// off by at most slack.
type score struct {
	group         int
	approx, slack float64
}

// scorer computes scores, in floats with their error bounds first and as
// fractions where these do not decide.
type scorer struct {
	groups    *Groups
	metric    metric.Metric
	all       metric.Value
	by        By
	direction Direction
	mean      float64 // of all rows
}

func newScorer(g *Groups, m metric.Metric, all metric.Value, by By, direction Direction) (*scorer, error) {
	s := &scorer{groups: g, metric: m, all: all, by: by, direction: direction}
	switch direction {
	case Both, Up, Down:
	default:
		return nil, fmt.Errorf("direction %q is not known: use up or down, or none for both", direction)
	}
	weight := big.NewInt(all.Known)
	if all.Den != nil {
		weight = all.Den
	}
	if weight.Sign() == 0 {
		return nil, fmt.Errorf("metric %q has no mean: it is known on no row, or its denominators add up to zero", m.Name)
	}
	mean := new(big.Rat).SetFrac(all.Num, weight)
	s.mean, _ = mean.Float64()
	switch by {
	case Excess, WRAcc:
	case Lift:
		if mean.Sign() <= 0 {
			return nil, fmt.Errorf("metric %q has no lift, its overall mean is not positive: rank by excess", m.Name)
		}
	default:
		return nil, fmt.Errorf("measure %q is not known: use %s, %s or %s", by, Excess, Lift, WRAcc)
	}
	return s, nil
}

// roundoff bounds the relative error of the few operations of a score.
const roundoff = 1e-14

// score scores group i; ok is false where it does not lie in the wanted
// direction or its measure is not defined.
func (s *scorer) score(i int) (x score, ok bool) {
	num, numSlack := s.sum(s.metric.Num, i)
	weight, weightSlack := float64(s.known(i)), 0.0
	if s.metric.Den >= 0 {
		weight, weightSlack = s.sum(s.metric.Den, i)
	}
	x.group = i
	if s.by == Lift {
		if math.Abs(weight) <= weightSlack {
			return x, false
		}
		lift := num / (weight * s.mean)
		relative := weightSlack/(math.Abs(weight)-weightSlack) + 4*roundoff
		x.approx = lift - 1
		x.slack = 2*relative*(math.Abs(lift)+1) + 2*numSlack/math.Abs(weight*s.mean)
	} else {
		expected := weight * s.mean
		x.approx = num - expected
		x.slack = 4*(numSlack+weightSlack*math.Abs(s.mean)) + 4*roundoff*(math.Abs(num)+math.Abs(expected))
	}
	switch {
	case s.direction == Down:
		x.approx = -x.approx
	case s.direction == Both && s.by != Lift:
		x.approx = math.Abs(x.approx)
	}
	if x.approx > x.slack {
		return x, true
	}
	if x.approx < -x.slack {
		return x, false
	}
	exact, ok := s.exact(i)
	return x, ok && exact.Sign() > 0
}

// exact is the score of group i as a fraction.
func (s *scorer) exact(i int) (x *big.Rat, ok bool) {
	v := s.metric.At(&s.groups.Counts, i)
	if s.by == Lift {
		weight, allWeight := v.Den, s.all.Den
		if weight == nil {
			weight, allWeight = big.NewInt(v.Known), big.NewInt(s.all.Known)
		}
		if weight.Sign() == 0 {
			return nil, false
		}
		x = new(big.Rat).SetFrac(new(big.Int).Mul(v.Num, allWeight), new(big.Int).Mul(weight, s.all.Num))
		x.Sub(x, big.NewRat(1, 1))
	} else if x, ok = s.metric.ExactExcess(v, s.all); !ok {
		return nil, false
	}
	switch {
	case s.direction == Down:
		x.Neg(x)
	case s.direction == Both && s.by != Lift:
		x.Abs(x)
	}
	return x, true
}

// before says whether a ranks before b.
func (s *scorer) before(a, b score) bool {
	if d := a.approx - b.approx; math.Abs(d) > a.slack+b.slack {
		return d > 0
	}
	x, _ := s.exact(a.group) // scored groups have one
	y, _ := s.exact(b.group)
	if c := x.Cmp(y); c != 0 {
		return c > 0
	}
	return a.group < b.group
}

// value is what is shown of group i.
func (s *scorer) value(i int) float64 {
	v := s.metric.At(&s.groups.Counts, i)
	if s.by == Lift {
		lift, _ := s.metric.Lift(v, s.all)
		return lift
	}
	excess, _ := s.metric.Excess(v, s.all)
	if s.by == WRAcc {
		return excess / float64(s.all.Known)
	}
	return excess
}

func (s *scorer) sum(measure, i int) (sum, slack float64) {
	c := &s.groups.Counts.Measures[measure].Sum
	hi, lo := math.Ldexp(float64(c.Hi[i]), 32), float64(c.Lo[i])
	return hi + lo, roundoff * (math.Abs(hi) + math.Abs(lo))
}

func (s *scorer) known(i int) int64 {
	if known := s.groups.Counts.Measures[s.metric.Num].Known; known != nil {
		return known[i]
	}
	return s.groups.Counts.N[i]
}

// worstFirst is a heap of scores with the last in rank at its root.
type worstFirst struct {
	*scorer
	scores []score
}

func (h *worstFirst) Len() int           { return len(h.scores) }
func (h *worstFirst) Less(i, j int) bool { return h.before(h.scores[j], h.scores[i]) }
func (h *worstFirst) Swap(i, j int)      { h.scores[i], h.scores[j] = h.scores[j], h.scores[i] }
func (h *worstFirst) Push(x any)         { h.scores = append(h.scores, x.(score)) }
func (h *worstFirst) Pop() any {
	last := h.scores[len(h.scores)-1]
	h.scores = h.scores[:len(h.scores)-1]
	return last
}
