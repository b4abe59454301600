package search

import (
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// Pick returns the groups numbered by which, in that order.
func (g *Groups) Pick(plan *encoder.Plan, which []int) *Groups {
	picked := &Groups{Start: []int{0}, Counts: partial.MakeCounts(0, completeMeasures(plan))}
	appendCounts(&picked.Counts, &g.Counts, which)
	for _, i := range which {
		picked.Items = append(picked.Items, g.At(i)...)
		picked.Start = append(picked.Start, len(picked.Items))
	}
	return picked
}
