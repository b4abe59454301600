package search

import (
	"context"

	"github.com/headwater-dev/headwater/kernels/lattice"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// fewWillSurvive says whether it pays to count rows first and everything else
// of the survivors alone: less than a quarter of the candidates would reach the
// minimum if a group's last item did not depend on the others. A yes/no measure
// by which the rows are sorted takes no time beside the rows. The results do not
// depend on it.
func (s *search) fewWillSurvive(c *lattice.Candidates) bool {
	yesNo := len(s.plan.Measures) == 1 && s.plan.Measures[0].Complete && s.plan.Measures[0].Equals != nil
	if s.minimum <= 1 || yesNo {
		return false
	}
	g := s.groups
	parents := g.Counts.N
	for i := range g.Len() { // the groups of the order before are the last ones
		if len(g.At(i)) == c.Order-1 {
			parents = g.Counts.N[i:]
			break
		}
	}
	need, survivors := float64(s.minimum)*float64(s.rows), 0
	for p, prefix := range c.Prefix {
		n := float64(parents[prefix])
		for _, item := range c.Ext[c.Start[p]:c.Start[p+1]] {
			if n*float64(g.Counts.N[item]) >= need {
				survivors++
			}
		}
	}
	return survivors < c.Len()/4
}

// countSurvivors counts the rows of n candidates, and those that reach the
// minimum in full.
func (s *search) countSurvivors(ctx context.Context, n int, params wire.CountParams) (f found, err error) {
	params.RowsOnly = true
	rows, err := s.count(ctx, n, params)
	if err != nil {
		return f, err
	}
	f.survived, f.n = s.survivorsOf(rows)
	if f.n == 0 {
		none := partial.MakeHalves(0, completeMeasures(s.plan))
		f.halves = &none
		return f, nil
	}
	params.RowsOnly, params.Wanted = false, f.survived
	f.halves, err = s.count(ctx, f.n, params)
	return f, err
}
