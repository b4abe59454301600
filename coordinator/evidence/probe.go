package evidence

import (
	"cmp"
	"context"
	"slices"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// probe looks up groups on the shards.
func (f *finder) probe(ctx context.Context, p wire.ProbeParams) (*partial.Probe, error) {
	return gather(ctx, f.shards, wire.OpProbe, p, (*partial.Probe).Merge)
}

// probeItems looks up groups on the shards; the answer has them in the given
// order. They are sent in an order in which neighbours share their first items,
// so that intersections are made once.
func (f *finder) probeItems(ctx context.Context, groups [][]wire.Item, columns []wire.ProbeColumn) (*probed, error) {
	return f.probeSorted(ctx, groups, wire.ProbeParams{Columns: columns})
}

// probeDiscovery looks up what is needed on discovery alone.
func (f *finder) probeDiscovery(ctx context.Context, groups [][]wire.Item) (*probed, error) {
	columns := f.t.columns
	if !f.t.binary && f.t.m.Den < 0 {
		columns = columns[:1]
	}
	return f.probeSorted(ctx, groups, wire.ProbeParams{Columns: columns, Half: true})
}

func (f *finder) probeSorted(ctx context.Context, groups [][]wire.Item, p wire.ProbeParams) (*probed, error) {
	order := make([]int, len(groups))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(compareItems(groups[a], groups[b]), a-b) })
	out := &probed{at: make([]int, len(groups))}
	for k, i := range order {
		out.at[i] = k
		p.Groups = append(p.Groups, groups[i])
	}
	var err error
	out.probe, err = f.probe(ctx, p)
	return out, err
}

// probed is the answer to probeItems.
type probed struct {
	probe *partial.Probe
	at    []int // group → its place in the probe
}

// discovery, confirmation and all read group i on these customers.
func (p *probed) discovery(t *meter, i int) exact { return t.probed(&p.probe.Discovery, p.at[i]) }

func (p *probed) confirmation(t *meter, i int) exact {
	return t.probed(&p.probe.Confirmation, p.at[i])
}

func (p *probed) all(t *meter, i int) exact {
	a, b := p.discovery(t, i), p.confirmation(t, i)
	sum := a.plus(b)
	sum.most = max(a.most, b.most)
	return sum
}

// gather runs an op over the shards and adds up what comes back.
func gather[T any](ctx context.Context, shards Shards, op string, params any, merge func(into, part *T) error) (*T, error) {
	var total *T
	err := shards.OverShards(ctx, op, params, func(answer []byte) error {
		part := new(T)
		if err := wire.Decode(answer, part); err != nil {
			return err
		}
		if total == nil {
			total = part
			return nil
		}
		return merge(total, part)
	})
	return total, err
}
