package evidence

import (
	"context"
	"slices"

	"github.com/headwater-dev/headwater/worker/wire"
)

// curvePoints bounds the groups of the concentration curve.
const curvePoints = 100

// concentration returns which share of the customers holds which share of the
// metric: the groups above the average with the highest mean on discovery, one
// after the other, each without the customers of those before it, measured on
// confirmation. It ends with all customers. A metric that can be negative has
// no such curve.
func (f *finder) concentration(ctx context.Context, gated []candidate) ([]Share, error) {
	if f.t.Signed || f.t.Metric.Den >= 0 || f.rest.Num.Sign() <= 0 || f.confirmed == 0 {
		return []Share{}, nil
	}
	var best []candidate
	for _, c := range gated {
		if c.direction > 0 {
			best = append(best, c)
		}
	}
	slices.SortStableFunc(best, func(a, b candidate) int {
		x, _ := f.t.Metric.Mean(f.t.Metric.At(&f.groups.Discovery, a.group))
		y, _ := f.t.Metric.Mean(f.t.Metric.At(&f.groups.Discovery, b.group))
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	best = best[:min(len(best), curvePoints)]
	p := wire.ProbeParams{First: true, Columns: []wire.ProbeColumn{{Measure: f.t.Metric.Num, Plus: -1, Low: -1 << 62, High: 1 << 62}}}
	for _, c := range best {
		p.Groups = append(p.Groups, f.groups.At(c.group))
	}
	probed, err := f.probe(ctx, p)
	if err != nil {
		return nil, err
	}
	here := &probed.Confirmation
	points := []Share{}
	var n int64
	var sum float64
	total := bigFloat(f.rest.Num)
	for i := range best {
		if here.N[i] == 0 {
			continue
		}
		n += here.N[i]
		sum += bigFloat(here.Columns[0].Sum.Big(i))
		points = append(points, Share{Customers: float64(n) / float64(f.confirmed), Metric: sum / total})
		f.trust.Curve = append(f.trust.Curve, p.Groups[i])
	}
	return append(points, Share{Customers: 1, Metric: 1}), nil
}
