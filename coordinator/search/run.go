package search

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

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
		more, err := s.level(ctx)
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
		feature := &s.plan.Features[f]
		for code := 0; use[f] && code < feature.Codes(); code++ {
			if code != 0 && code == int(feature.Other) {
				continue
			}
			candidates++
			if levels.N[offsets[f]+code] >= s.minimum {
				s.items = append(s.items, wire.Item{Feature: f, Code: uint8(code)})
				features = append(features, f)
				kept = append(kept, offsets[f]+code)
			}
		}
	}
	s.tell(Level{Order: 1, Candidates: candidates})
	s.groups.Items = append(s.groups.Items, s.items...)
	for i := range s.items {
		s.groups.Start = append(s.groups.Start, i+1)
	}
	appendCounts(&s.groups.Counts, levels, kept)
	appendCounts(&s.groups.Discovery, discovery, kept)
	s.tell(Level{Order: 1, Candidates: candidates, Done: true, Kept: len(kept)})
	var err error
	s.lattice, err = lattice.New(features)
	return err
}

// level searches the next order and returns whether any group was found.
func (s *search) level(ctx context.Context) (found bool, err error) {
	candidates, err := s.candidates()
	if err != nil || candidates.Len() == 0 {
		return false, err
	}
	at := Level{Order: candidates.Order, Candidates: candidates.Len()}
	s.tell(at)
	params := wire.CountParams{Order: candidates.Order, Items: s.items, Survivors: s.survivors}
	var survived []uint64
	var halves *partial.Halves
	var counts *partial.Counts
	var kept []int
	if s.fewWillSurvive(candidates) {
		survived, halves, counts, err = s.countSurvivors(ctx, candidates.Len(), params)
		for i := 0; err == nil && i < len(counts.N); i++ {
			kept = append(kept, i)
		}
	} else {
		halves, counts, err = s.count(ctx, candidates.Len(), params)
		if err == nil {
			survived, kept = s.survivorsOf(counts.N)
		}
	}
	if err != nil {
		return false, err
	}
	if err := s.lattice.Keep(candidates, survived); err != nil {
		return false, err
	}
	s.survivors = append(s.survivors, survived)
	s.appendGroups(candidates.Order, len(kept))
	appendCounts(&s.groups.Counts, counts, kept)
	appendCounts(&s.groups.Discovery, &halves.Discovery, kept)
	at.Done, at.Kept = true, len(kept)
	s.tell(at)
	return len(kept) > 0, nil
}

// survivorsOf returns which candidates reach the minimum, as a bitmap and as a
// list.
func (s *search) survivorsOf(rows []int64) (survived []uint64, kept []int) {
	survived = make([]uint64, (len(rows)+63)/64)
	for i, n := range rows {
		if n >= s.minimum {
			survived[i/64] |= 1 << (i % 64)
			kept = append(kept, i)
		}
	}
	return survived, kept
}

// candidates generates those of the next order.
func (s *search) candidates() (*lattice.Candidates, error) {
	c, err := s.lattice.Candidates(lattice.MaxCandidates)
	if errors.Is(err, lattice.ErrTooMany) {
		return nil, fmt.Errorf("%w: raise --min-share or --min-count (now %d rows), list fewer --features, or lower --order", err, s.minimum)
	}
	return c, err
}

// count counts n candidates on the shards.
func (s *search) count(ctx context.Context, n int, params wire.CountParams) (*partial.Halves, *partial.Counts, error) {
	halves := partial.MakeHalves(n, completeMeasures(s.plan))
	err := s.shards.OverShards(ctx, wire.OpCount, params, func(answer []byte) error {
		var part partial.Halves
		if err := wire.Decode(answer, &part); err != nil {
			return err
		}
		return halves.Merge(&part)
	})
	if err != nil {
		return nil, nil, err
	}
	all, err := halves.All()
	return &halves, all, err
}

func (s *search) tell(l Level) {
	if s.report != nil {
		l.CellRows = float64(l.Candidates) * float64(s.rows)
		s.report(l)
	}
}

// appendGroups lists the n survivors of an order.
func (s *search) appendGroups(order, n int) {
	g := s.groups
	g.Items, g.Start = slices.Grow(g.Items, n*order), slices.Grow(g.Start, n)
	path := make([]uint32, order)
	for i := range n {
		s.lattice.Path(order, uint32(i), path)
		for _, item := range path {
			g.Items = append(g.Items, s.items[item])
		}
		g.Start = append(g.Start, len(g.Items))
	}
}

// appendCounts appends the entries which of from to c, sums in canonical form
// (0 ≤ Lo < 2³²), so that equal sums are equal numbers.
func appendCounts(c, from *partial.Counts, which []int) {
	c.N = slices.Grow(c.N, len(which))
	for _, i := range which {
		c.N = append(c.N, from.N[i])
	}
	for m := range c.Measures {
		to, src := &c.Measures[m], &from.Measures[m]
		to.Sum.Hi, to.Sum.Lo = slices.Grow(to.Sum.Hi, len(which)), slices.Grow(to.Sum.Lo, len(which))
		for _, i := range which {
			if src.Known != nil {
				to.Known = append(to.Known, src.Known[i])
			}
			to.Sum.Hi = append(to.Sum.Hi, src.Sum.Hi[i]+src.Sum.Lo[i]>>32)
			to.Sum.Lo = append(to.Sum.Lo, src.Sum.Lo[i]&math.MaxUint32)
		}
	}
}

func completeMeasures(plan *encoder.Plan) []bool {
	complete := make([]bool, len(plan.Measures))
	for m := range complete {
		complete[m] = plan.Measures[m].Complete
	}
	return complete
}
