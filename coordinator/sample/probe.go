package sample

import (
	"cmp"
	"context"
	"math/big"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Probe looks up groups on the shards, with the columns and bounds of p; the
// answer has them in the given order. They are sent in an order in which
// neighbours share their first items, so that intersections are made once.
func Probe(ctx context.Context, shards search.Shards, groups [][]wire.Item, p wire.ProbeParams) (*Probed, error) {
	order := make([]int, len(groups))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(search.CompareItems(groups[a], groups[b]), a-b) })
	out := &Probed{at: make([]int, len(groups))}
	for k, i := range order {
		out.at[i] = k
		p.Groups = append(p.Groups, groups[i])
	}
	var err error
	out.probe, err = search.Gather(ctx, shards, wire.OpProbe, p, (*partial.Probe).Merge)
	return out, err
}

// Probed is the answer to Probe.
type Probed struct {
	probe *partial.Probe
	at    []int // group → its place in the probe
}

// Discovery reads group i on the customers of discovery.
func (p *Probed) Discovery(t *Meter, i int) Exact { return t.read(&p.probe.Discovery, p.at[i]) }

// Confirmation reads group i on the customers of confirmation.
func (p *Probed) Confirmation(t *Meter, i int) Exact { return t.read(&p.probe.Confirmation, p.at[i]) }

// All reads group i on all customers.
func (p *Probed) All(t *Meter, i int) Exact {
	a, b := p.Discovery(t, i), p.Confirmation(t, i)
	sum := a.Plus(b)
	sum.Most = max(a.Most, b.Most)
	return sum
}

// N returns the customers of group i on either part.
func (p *Probed) N(i int) (discovery, confirmation int64) {
	return p.probe.Discovery.N[p.at[i]], p.probe.Confirmation.N[p.at[i]]
}

// Customers returns how many customers group i has.
func (p *Probed) Customers(i int) int64 {
	discovery, confirmation := p.N(i)
	return discovery + confirmation
}

// Whole reads group i on all customers with the values as they are, where All
// has winsorised ones.
func (p *Probed) Whole(t *Meter, i int) metric.Value {
	v := t.ValueOf(p.All(t, i))
	if t.Clipped {
		d, c := &p.probe.Discovery.Columns[1].Sum, &p.probe.Confirmation.Columns[1].Sum
		v.Num = new(big.Int).Add(d.Big(p.at[i]), c.Big(p.at[i]))
	}
	return v
}
