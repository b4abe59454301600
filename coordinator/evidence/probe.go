package evidence

import (
	"context"

	"github.com/headwater-dev/headwater/coordinator/sample"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// probe looks up groups on the shards.
func (f *finder) probe(ctx context.Context, p wire.ProbeParams) (*partial.Probe, error) {
	return search.Gather(ctx, f.shards, wire.OpProbe, p, (*partial.Probe).Merge)
}

// probeItems looks up groups on the shards; the answer has them in the given
// order.
func (f *finder) probeItems(ctx context.Context, groups [][]wire.Item, columns []wire.ProbeColumn) (*sample.Probed, error) {
	return sample.Probe(ctx, f.shards, groups, wire.ProbeParams{Columns: columns})
}

// probeDiscovery looks up what is needed on discovery alone.
func (f *finder) probeDiscovery(ctx context.Context, groups [][]wire.Item) (*sample.Probed, error) {
	columns := f.t.Columns
	if !f.t.Binary && f.t.Metric.Den < 0 {
		columns = columns[:1]
	}
	return sample.Probe(ctx, f.shards, groups, wire.ProbeParams{Columns: columns, Half: true})
}
