package evidence

import (
	"math/big"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/sample"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/wire"
)

// steps leads from all customers to the group, item by item: each step adds the
// item that moves the mean farthest in the group's direction on discovery.
// Means are those of confirmation.
func (f *finder) steps(t trial) []Step {
	mean, ok := f.t.Metric.Mean(f.rest)
	out := []Step{{N: f.confirmed, Mean: sample.Defined(mean, ok)}}
	left := slices.Clone(f.groups.At(t.group))
	var so []wire.Item
	for len(left) > 0 {
		at, group, farthest := 0, -1, 0.0
		for i, item := range left {
			items, _ := search.Union(so, []wire.Item{item})
			g := f.find.Find(items)
			mean, _ := f.t.Metric.Mean(f.t.Metric.At(&f.groups.Discovery, g))
			if d := float64(t.direction) * mean; group < 0 || d > farthest {
				at, group, farthest = i, g, d
			}
		}
		item := left[at]
		so, _ = search.Union(so, left[at:at+1])
		left = slices.Delete(left, at, at+1)
		here := less(f.t.Metric.At(&f.groups.Counts, group), f.t.Metric.At(&f.groups.Discovery, group))
		mean, ok := f.t.Metric.Mean(here)
		out = append(out, Step{
			Item: &item, Group: search.Name(f.plan.Features, so),
			N: f.groups.Counts.N[group] - f.groups.Discovery.N[group], Mean: sample.Defined(mean, ok),
		})
	}
	return out
}

func bigFloat(x *big.Int) float64 {
	f, _ := new(big.Float).SetInt(x).Float64()
	return f
}
