package evidence

import (
	"context"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/persona"
	"github.com/headwater-dev/headwater/coordinator/sample"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// How many findings of a metric are looked at more closely, and how many levels
// are listed of each.
const (
	mostDescribed = 20
	mostShared    = 8
)

// Describe says of the first findings of each metric what else their customers
// share, among the given features, and how the group and everybody fared over
// time, where a feature tells of it. One pass over the shards a metric.
//
// All customers count: nothing here decides whether a finding holds.
func (r *Result) Describe(ctx context.Context, shards Shards, table Table, features []int) error {
	levels, err := table.Levels.All()
	if err != nil {
		return err
	}
	d := &describer{table: table, levels: levels, offsets: encoder.Offsets(table.Plan.Features), features: features}
	for _, m := range table.Metrics {
		var found []*Finding
		for i := range r.Findings {
			if x := &r.Findings[i]; x.Metric == m.Name && len(found) < mostDescribed {
				found = append(found, x)
			}
		}
		if len(found) == 0 {
			continue
		}
		if err := d.describe(ctx, shards, sample.Plain(m), found); err != nil {
			return err
		}
	}
	return nil
}

// describer looks at the findings of one metric after the other.
type describer struct {
	table    Table
	levels   *partial.Counts // of all customers
	offsets  []int
	features []int
}

// asked is a finding with one more item, looked up as group at.
type asked struct {
	finding int
	item    wire.Item
	at      int
}

func (d *describer) describe(ctx context.Context, shards Shards, t *sample.Meter, found []*Finding) error {
	var groups [][]wire.Item
	var asks []asked
	times := make([]int, len(found)) // the feature of time, −1 = none
	for i, x := range found {
		times[i] = timeFeature(d.table.Plan.Features, x.Items)
		for f := range d.table.Plan.Features {
			if slices.ContainsFunc(x.Items, func(item wire.Item) bool { return item.Feature == f }) {
				continue
			}
			for code := range d.table.Plan.Features[f].Codes() {
				if f != times[i] && !d.common(f, code) {
					continue
				}
				item := wire.Item{Feature: f, Code: uint8(code)}
				items, _ := search.Union(x.Items, []wire.Item{item})
				asks = append(asks, asked{i, item, len(groups)})
				groups = append(groups, items)
			}
		}
	}
	if len(groups) == 0 {
		return nil
	}
	probed, err := sample.Probe(ctx, shards, groups, wire.ProbeParams{Columns: t.Columns})
	if err != nil {
		return err
	}
	d.share(found, asks, probed)
	for i, x := range found {
		if times[i] >= 0 {
			x.ByTime = d.byTime(t, times[i], slices.DeleteFunc(slices.Clone(asks), func(a asked) bool {
				return a.finding != i || a.item.Feature != times[i]
			}), probed)
		}
	}
	return nil
}

// common reports whether so many customers have a level that its share in a
// group says something.
func (d *describer) common(feature, code int) bool {
	return float64(d.levels.N[d.offsets[feature]+code]) >= persona.MinBase*float64(d.levels.N[len(d.levels.N)-1])
}

// share lists the levels that are more frequent among a finding's customers
// than among all, and that its rule does not say.
func (d *describer) share(found []*Finding, asks []asked, probed *sample.Probed) {
	counts := &partial.Segments{All: partial.Counts{N: make([]int64, len(found))}}
	for i, x := range found {
		level := make([]int64, len(d.levels.N)-1)
		counts.All.N[i] = x.All.N
		for _, item := range x.Items {
			level[d.offsets[item.Feature]+int(item.Code)] = x.All.N
		}
		counts.Levels = append(counts.Levels, partial.Counts{N: level})
	}
	for _, a := range asks {
		discovery, confirmation := probed.N(a.at)
		counts.Levels[a.finding].N[d.offsets[a.item.Feature]+int(a.item.Code)] = discovery + confirmation
	}
	for i, traits := range persona.Traits(d.table.Plan, counts, d.levels) {
		x := found[i]
		traits = slices.DeleteFunc(traits, func(t persona.Trait) bool {
			inRule := slices.ContainsFunc(x.Items, func(item wire.Item) bool { return item.Feature == t.Feature })
			return t.H <= 0 || inRule || !slices.Contains(d.features, t.Feature)
		})
		x.Shares = traits[:min(len(traits), mostShared)]
	}
}
