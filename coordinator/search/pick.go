package search

import (
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// Pick returns the groups numbered by which, in that order.
func (g *Groups) Pick(plan *encoder.Plan, which []int) *Groups {
	picked := noGroups(plan)
	appendCounts(&picked.Counts, which, &g.Counts)
	appendCounts(&picked.Discovery, which, &g.Discovery)
	for _, i := range which {
		picked.Items = append(picked.Items, g.At(i)...)
		picked.Start = append(picked.Start, len(picked.Items))
	}
	return picked
}

// noGroups returns an empty list of groups.
func noGroups(plan *encoder.Plan) *Groups {
	complete := completeMeasures(plan)
	return &Groups{Start: []int{0}, Counts: partial.MakeCounts(0, complete), Discovery: partial.MakeCounts(0, complete)}
}
