package merge

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// maxCandidates bounds the features tried after the first step: each costs a
// crossing of all rows.
const maxCandidates = 16

// minGain is the least share of the R² that a feature must add: a longer rule
// has to be worth reading.
const minGain = 0.02

// Step is one feature that was chosen to be crossed.
type Step struct {
	Feature int     `json:"feature"`
	R2      float64 `json:"r2"`             // held out, of the crossing up to here; mean over the splits
	Gain    float64 `json:"gain"`           // what the feature added
	Error   float64 `json:"error"`          // one standard error of Gain over the splits
	Cells   int     `json:"cells"`          // occupied, of the crossing up to here
	Idle    bool    `json:"idle,omitempty"` // it predicts nothing by itself, but gives cells enough for the fewest segments
}

// choice is a greedy search for features to cross, judged on its own splits.
type choice struct {
	splits     []split
	candidates []int
	max        int
	enough     int // cells below which features are added even if they tell nothing
	cells      int // of chosen
	chosen     []int
	path       []Step
	r2         []float64 // split → held-out R² of chosen
	done       bool
}

func newChoice(splits []split, features []int, most, enough int) *choice {
	return &choice{splits: splits, candidates: features, max: most, enough: enough, r2: make([]float64, len(splits))}
}

// choose runs several searches side by side: one pass over the rows per step
// serves them all. Of the crossings that it counts, the large ones that no
// search took are forgotten again: together they are what takes memory at the
// coordinator.
func (l *ledger) choose(ctx context.Context, searches []*choice, report func(string)) error {
	for {
		var needed [][]int
		for _, s := range searches {
			needed = append(needed, s.next()...)
		}
		if len(needed) == 0 {
			return nil
		}
		report("crossing features")
		needed = l.unknown(needed)
		if err := l.count(ctx, needed); err != nil {
			return err
		}
		inParallel(len(searches), func(i int) { searches[i].step(l) })
		for _, s := range searches {
			needed = slices.DeleteFunc(needed, func(f []int) bool { return name(f) == name(s.chosen) })
		}
		l.forget(needed)
	}
}

// next returns the crossings that the next step looks at.
func (s *choice) next() [][]int {
	if s.done || len(s.chosen) >= s.max {
		return nil
	}
	var out [][]int
	for _, f := range s.candidates {
		out = append(out, append(slices.Clone(s.chosen), f))
	}
	return out
}

// candidate is a feature tried in a step.
type candidate struct {
	feature    int
	r2         []float64 // by split
	mean, gain float64
	cells      int
}

// step takes the best feature, unless its gain lies within one standard error
// and there are cells enough without it. Of equally good ones it takes the first.
func (s *choice) step(l *ledger) {
	var tried []candidate
	for _, features := range s.next() {
		c := l.get(features)
		if c == nil {
			continue
		}
		t := candidate{feature: features[len(features)-1], cells: c.cells()}
		for i := range s.splits {
			t.r2 = append(t.r2, s.splits[i].heldOut(c))
		}
		t.mean = mean(t.r2)
		t.gain = t.mean - mean(s.r2)
		tried = append(tried, t)
	}
	slices.SortStableFunc(tried, func(a, b candidate) int { return cmp.Compare(b.mean, a.mean) })
	if len(tried) == 0 {
		s.done = true
		return
	}
	best := tried[0]
	gains := make([]float64, len(best.r2))
	for i := range gains {
		gains[i] = best.r2[i] - s.r2[i]
	}
	spread := standardError(gains)
	idle := best.gain <= spread || best.gain <= minGain*best.mean
	if idle && (len(s.chosen) == 0 || s.cells >= s.enough || best.cells <= s.cells) {
		s.done = true
		return
	}
	s.chosen = append(slices.Clone(s.chosen), best.feature)
	s.path = append(s.path, Step{Feature: best.feature, R2: best.mean, Gain: best.gain, Error: spread, Cells: best.cells, Idle: idle})
	s.r2, s.cells = best.r2, best.cells
	if len(s.chosen) == 1 {
		s.narrow(tried)
	}
	s.candidates = slices.DeleteFunc(slices.Clone(s.candidates), func(f int) bool { return f == best.feature })
	s.done = len(s.candidates) == 0
}

// name makes the search end with features that somebody named.
func (s *choice) name(l *ledger, features []int) {
	s.chosen, s.done = features, true
	c := l.get(features)
	for i := range s.splits {
		s.r2[i] = s.splits[i].heldOut(c)
	}
}

// metricShare is the share of the cells' inertia that the metrics have at
// least where λ is not given.
const metricShare = 0.25

// weigh returns the λ to merge with: the one given, or else 0.5, raised where
// the metrics would be less than a quarter of the inertia. Profiles have an
// inertia of 1−λ whatever the data, metrics of λ·R²: where they are hard to
// predict, λ = 0.5 would merge by profile alone.
func (s *choice) weigh(given float64) float64 {
	r2 := mean(s.r2)
	switch {
	case given > 0:
		return given
	case r2 <= 0:
		return 0.5
	}
	return max(0.5, metricShare/(metricShare+float64(r2*(1-metricShare))))
}

// fillers is how many features are kept for crossings of too few cells.
const fillers = 4

// narrow keeps, of the features tried alone, those that predict anything, and
// while cells are too few the next best ones as well.
func (s *choice) narrow(tried []candidate) {
	s.candidates = nil
	for i, t := range tried[:min(len(tried), maxCandidates)] {
		if t.gain > 0 || i < fillers && s.cells < s.enough {
			s.candidates = append(s.candidates, t.feature)
		}
	}
	slices.Sort(s.candidates)
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(max(1, len(x)))
}

// standardError returns the standard error of the mean of x; 0 of fewer than two.
func standardError(x []float64) float64 {
	if len(x) < 2 {
		return 0
	}
	m, sum := mean(x), 0.0
	for _, v := range x {
		sum += float64((v - m) * (v - m))
	}
	n := float64(len(x))
	return math.Sqrt(sum / (n - 1) / n)
}
