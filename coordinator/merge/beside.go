package merge

import (
	"context"
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// Explained is how much of the metrics' variance the cells of crossed features
// explain on customers held out: the features chosen, and the cells' means
// taken (and shrunk), on 70 % of the customers, checked on the others. Merging
// cells into segments, and segments into rules, loses some of it.
type Explained struct {
	R2     float64      `json:"r2"`    // mean over Splits
	Error  float64      `json:"error"` // its standard error over the splits
	Splits []SplitCells `json:"splits"`
}

// SplitCells is one split; the splits are those of R2.Splits.
type SplitCells struct {
	R2      float64 `json:"r2"`
	Crossed []int   `json:"crossed"`
}

// Beyond returns by how much e explains more than other, with the standard
// error of the difference over the splits, which both have in common.
func (e *Explained) Beyond(other *Explained) (gain, err float64) {
	var gains []float64
	for i := range min(len(e.Splits), len(other.Splits)) {
		gains = append(gains, e.Splits[i].R2-other.Splits[i].R2)
	}
	return mean(gains), standardError(gains)
}

// cells sums up what the crossings that were chosen inside the splits explain.
func (n *nested) cells(l *ledger) *Explained {
	e := &Explained{}
	var all []float64
	for i := range n.splits {
		s := SplitCells{R2: n.splits[i].unsegmented(), Crossed: []int{}}
		if chosen := n.searches[i].chosen; len(chosen) > 0 {
			s.R2, s.Crossed = n.splits[i].heldOut(l.get(chosen)), chosen
		}
		e.Splits = append(e.Splits, s)
		all = append(all, s.R2)
	}
	e.R2, e.Error = mean(all), standardError(all)
	return e
}

// besides prepares the comparisons with other sets of features.
func (r *runner) besides(totals *totals) (others []*nested, searches []*choice) {
	for _, features := range r.c.Beside {
		n := newNested(totals, varying(r.plan, r.levels, features), r.c)
		others = append(others, n)
		searches = append(searches, n.searches[:]...)
	}
	return others, searches
}

// goOn lets every comparison go on from the features that were crossed in the
// end with those that only the other set has. Where that explains more inside
// the training rows it takes the place of the search from the start, which
// being greedy can end lower with more to choose from.
func (r *runner) goOn(ctx context.Context, others []*nested) error {
	further := make([][encoder.Folds]*choice, len(others))
	var searches []*choice
	for k, n := range others {
		for i := range n.searches {
			s := newChoice(n.searches[i].splits, varying(r.plan, r.levels, r.c.Beside[k]), maxCross, r.c.fewest())
			s.from(&r.ledger, r.nested.searches[i].chosen, r.candidate)
			further[k][i] = s
			searches = append(searches, s)
		}
	}
	if err := r.choose(ctx, searches, r.report); err != nil {
		return err
	}
	for k, n := range others {
		for i, s := range further[k] {
			if mean(s.r2) > mean(n.searches[i].r2) {
				n.searches[i] = s
			}
		}
	}
	return nil
}

// from makes the search go on from features that were chosen without it, with
// those of its candidates that could not have been.
func (s *choice) from(l *ledger, chosen, choosable []int) {
	s.candidates = slices.DeleteFunc(slices.Clone(s.candidates), func(f int) bool {
		return slices.Contains(chosen, f) || slices.Contains(choosable, f)
	})
	s.done = len(s.candidates) == 0
	if len(chosen) > 0 {
		s.chosen, s.cells = chosen, l.get(chosen).cells()
		for i := range s.splits {
			s.r2[i] = s.splits[i].heldOut(l.get(chosen))
		}
	}
}

// undoubted finds what is explained without the doubted features, where any of
// them is among those crossed; nil = none is.
func (r *runner) undoubted(ctx context.Context, totals *totals, crossed []int) (*Explained, error) {
	doubted := func(f int) bool { return slices.Contains(r.c.Doubted, f) }
	if !slices.ContainsFunc(crossed, doubted) {
		return nil, nil
	}
	n := newNested(totals, slices.DeleteFunc(slices.Clone(r.candidate), doubted), r.c)
	if len(r.c.Cross) > 0 {
		rest := slices.DeleteFunc(slices.Clone(r.c.Cross), doubted)
		if err := r.ledger.count(ctx, [][]int{rest}); err != nil {
			return nil, err
		}
		for _, s := range n.searches {
			s.name(&r.ledger, rest)
		}
	} else if err := r.choose(ctx, n.searches[:], r.report); err != nil {
		return nil, err
	}
	return n.cells(&r.ledger), nil
}
