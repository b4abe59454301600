package search

import (
	"context"
	"errors"
	"fmt"

	"github.com/headwater-dev/headwater/kernels/lattice"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Level is one order of a search, as it is reported before and after counting.
type Level struct {
	Order      int
	Candidates int
	CellRows   float64 // candidates × rows: the work, if all rows of all candidates were looked at
	Done       bool
	Kept       int // Done: how many candidates reached the minimum
}

// Run finds all groups of the orders 1 to c.Order that reach the minimum, with
// their counts. Levels are the counts of wire.OpLevels over the same shards.
// Report may be nil.
//
// *Other* is counted but not listed; missing is a level like any. More than
// lattice.MaxCandidates candidates of an order are an error before any of
// them is counted. Memory: per candidate of the order at work, and per group
// found, about 48 bytes and measure.
func Run(ctx context.Context, shards Shards, plan *encoder.Plan, levels *partial.Halves, c Config, report func(Level)) (*Groups, error) {
	s, err := begin(shards, plan, levels, c, report)
	if err != nil {
		return nil, err
	}
	if err := s.listItems(c.Features, s.levels, &levels.Discovery); err != nil {
		return nil, err
	}
	for order := 2; order <= c.order() && len(s.items) > 0; order++ {
		more, err := s.level(ctx, order == c.order())
		if err != nil {
			return nil, fmt.Errorf("search, order %d: %w", order, err)
		}
		if !more {
			break
		}
	}
	return s.groups, nil
}

// begin prepares a search, whose levels must fit the plan.
func begin(shards Shards, plan *encoder.Plan, levels *partial.Halves, c Config, report func(Level)) (*search, error) {
	if err := c.Validate(plan); err != nil {
		return nil, err
	}
	all := encoder.Offsets(plan.Features)[len(plan.Features)]
	known := partial.MakeHalves(all+1, completeMeasures(plan))
	if err := known.Merge(levels); err != nil {
		return nil, fmt.Errorf("level counts do not fit the plan: %w", err)
	}
	total, err := known.All()
	if err != nil {
		return nil, err
	}
	return &search{
		shards: shards, plan: plan, levels: total, rows: total.N[all], minimum: c.Minimum(total.N[all]),
		report: report, groups: noGroups(plan),
	}, nil
}

// search is a search under way.
type search struct {
	shards    Shards
	plan      *encoder.Plan
	levels    *partial.Counts // of wire.OpLevels, over all rows
	rows      int64
	minimum   int64
	report    func(Level)
	items     []wire.Item // that reached the minimum, ascending
	covered   []int       // features whose items have all rows
	lattice   *lattice.Lattice
	survivors [][]uint64 // order-2 → bitmap over that order's candidates
	groups    *Groups
}

// listItems makes the groups of order 1 from the levels' counts.
func (s *search) listItems(allowed []int, levels, discovery *partial.Counts) error {
	offsets := encoder.Offsets(s.plan.Features)
	use := make([]bool, len(s.plan.Features))
	for f := range use {
		use[f] = allowed == nil
	}
	for _, f := range allowed {
		use[f] = true
	}
	var features, kept []int
	candidates := 0
	for f := range s.plan.Features {
		feature, left := &s.plan.Features[f], s.rows
		for code := 0; use[f] && code < feature.Codes(); code++ {
			if code != 0 && code == int(feature.Other) {
				continue
			}
			candidates++
			if levels.N[offsets[f]+code] >= s.minimum {
				s.items = append(s.items, wire.Item{Feature: f, Code: uint8(code)})
				features = append(features, f)
				kept = append(kept, offsets[f]+code)
				left -= levels.N[offsets[f]+code]
			}
		}
		if left == 0 {
			s.covered = append(s.covered, f)
		}
	}
	s.tell(Level{Order: 1, Candidates: candidates})
	s.groups.Items = append(s.groups.Items, s.items...)
	for i := range s.items {
		s.groups.Start = append(s.groups.Start, i+1)
	}
	appendCounts(&s.groups.Counts, kept, levels)
	appendCounts(&s.groups.Discovery, kept, discovery)
	s.tell(Level{Order: 1, Candidates: candidates, Done: true, Kept: len(kept)})
	var err error
	s.lattice, err = lattice.New(features)
	return err
}

// level searches the next order, after which there may be a last, and returns
// whether any group was found.
func (s *search) level(ctx context.Context, last bool) (more bool, err error) {
	candidates, err := s.candidates()
	if err != nil || candidates.Len() == 0 {
		return false, err
	}
	at := Level{Order: candidates.Order, Candidates: candidates.Len()}
	s.tell(at)
	params := wire.CountParams{Order: candidates.Order, Items: s.items, Survivors: s.survivors, Covered: s.covered}
	var f found
	if s.fewWillSurvive(candidates) {
		f, err = s.countSurvivors(ctx, candidates.Len(), params)
	} else if f.halves, err = s.count(ctx, candidates.Len(), params); err == nil {
		f.survived, f.n = s.survivorsOf(f.halves)
		if f.n < candidates.Len() {
			f.which = list(f.survived, f.n)
		}
	}
	if err != nil {
		return false, err
	}
	s.appendFound(candidates, &f)
	if !last {
		if err := s.lattice.Keep(candidates, f.survived); err != nil {
			return false, err
		}
		s.survivors = append(s.survivors, f.survived)
	}
	at.Done, at.Kept = true, f.n
	s.tell(at)
	return f.n > 0, nil
}

// survivorsOf returns which candidates reach the minimum, and how many.
func (s *search) survivorsOf(h *partial.Halves) (survived []uint64, n int) {
	survived = make([]uint64, (len(h.Discovery.N)+63)/64)
	for i, rows := range h.Discovery.N {
		if len(h.Confirmation.N) > 0 {
			rows += h.Confirmation.N[i]
		}
		if rows >= s.minimum {
			survived[i/64] |= 1 << (i % 64)
			n++
		}
	}
	return survived, n
}

// candidates generates those of the next order.
func (s *search) candidates() (*lattice.Candidates, error) {
	c, err := s.lattice.Candidates(lattice.MaxCandidates)
	if errors.Is(err, lattice.ErrTooMany) {
		return nil, fmt.Errorf("%w: raise --min-share or --min-count (now %d rows), list fewer --features, or lower --order", err, s.minimum)
	}
	return c, err
}

// count counts n candidates on the shards, or with params.RowsOnly their rows,
// which are all in the first half.
func (s *search) count(ctx context.Context, n int, params wire.CountParams) (*partial.Halves, error) {
	discovery, confirmation, complete := n, n, completeMeasures(s.plan)
	if params.RowsOnly {
		confirmation, complete = 0, nil
	}
	var halves *partial.Halves
	err := s.shards.OverShards(ctx, wire.OpCount, params, func(answer []byte) error {
		if halves != nil {
			return wire.Merge(answer, halves)
		}
		halves = new(partial.Halves)
		return errors.Join(wire.Decode(answer, halves),
			halves.Discovery.Fits(discovery, complete), halves.Confirmation.Fits(confirmation, complete))
	})
	if err == nil && halves == nil {
		err = errors.New("nobody has answered")
	}
	return halves, err
}

func (s *search) tell(l Level) {
	if s.report != nil {
		l.CellRows = float64(l.Candidates) * float64(s.rows)
		s.report(l)
	}
}

func completeMeasures(plan *encoder.Plan) []bool {
	complete := make([]bool, len(plan.Measures))
	for m := range complete {
		complete[m] = plan.Measures[m].Complete
	}
	return complete
}
