package export

import (
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// Overall is what groups are named and measured by.
type Overall struct {
	Features []encoder.Feature
	Metrics  []metric.Metric
	All      partial.Counts // one entry: all customers
}

// values returns each metric over all customers. It refuses metrics that
// cannot name columns (empty, repeated or not UTF-8), and groups that have
// items which the features lack.
func (o *Overall) values(g *search.Groups) ([]metric.Value, error) {
	seen := map[string]bool{}
	values := make([]metric.Value, len(o.Metrics))
	for i, m := range o.Metrics {
		switch {
		case m.Name == "":
			return nil, fmt.Errorf("metric %d (column %q) has no name: give it one with \" as name\"", i+1, m.Column)
		case !utf8.ValidString(m.Name):
			return nil, fmt.Errorf("the metric name %q is not valid UTF-8: give it another with \" as name\"", m.Name)
		case seen[m.Name]:
			return nil, fmt.Errorf("two metrics are called %q, which would give two columns one name: rename one with \" as name\"", m.Name)
		}
		seen[m.Name] = true
		values[i] = m.At(&o.All, 0)
	}
	for _, item := range g.Items {
		if item.Feature < 0 || item.Feature >= len(o.Features) || int(item.Code) >= o.Features[item.Feature].Codes() {
			return nil, fmt.Errorf("a group has an item that the plan lacks: feature %d, code %d", item.Feature, item.Code)
		}
	}
	return values, nil
}

// share returns n as a part of all customers.
func (o *Overall) share(n int64) float64 {
	if o.All.N[0] == 0 {
		return 0
	}
	return float64(n) / float64(o.All.N[0])
}

// figures are a group's numbers for one metric; NaN where not defined.
type figures struct {
	known              int64
	value              metric.Value
	mean, lift, excess float64
}

func measure(m metric.Metric, v, all metric.Value) figures {
	f := figures{known: v.Known, value: v}
	f.mean, f.lift, f.excess = math.NaN(), math.NaN(), math.NaN()
	if x, ok := m.Mean(v); ok {
		f.mean = x
	}
	if x, ok := m.Lift(v, all); ok {
		f.lift = x
	}
	if x, ok := m.Excess(v, all); ok {
		f.excess = x
	}
	return f
}

// wholeNumbers tells whether a measure's sums can be written as int64: it has
// no digits after the point, and all sums fit.
func wholeNumbers(digits int, s partial.Sums) bool {
	if digits != 0 {
		return false
	}
	for i, hi := range s.Hi {
		if h := hi + s.Lo[i]>>32; h != int64(int32(h)) {
			return false
		}
	}
	return true
}
