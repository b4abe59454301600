package evidence

import (
	"context"
	"math"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/wire"
)

// What a finding is to somebody who knows the main effects and the known rules.
const (
	Confirmed = "confirmed" // a known rule, or its customers
	Derived   = "derived"   // they explain most of its excess
	New       = "new"
)

// derivedFrom is the part of the excess from which on it counts as explained:
// what is left is below a quarter.
const derivedFrom = 0.75

// explanation of one finding.
type explanation struct {
	status      string
	unexplained float64
}

// explain says of each finding what is known of it, by figures on all
// customers. Its mean is predicted by what its parts do without each other, see
// mainEffects.
//
// Beside this, each known rule explains what its customers in the finding
// bring if they are like its others: n(both) × (mean of the rule − overall).
// What explains most counts.
func (f *finder) explain(ctx context.Context, held []trial) ([]explanation, error) {
	out := make([]explanation, len(held))
	if len(held) == 0 {
		return out, nil
	}
	rules, shared, err := f.lookUpRules(ctx, held)
	if err != nil {
		return nil, err
	}
	for i, t := range held {
		items := f.groups.At(t.group)
		v := f.t.Metric.At(&f.groups.Counts, t.group)
		n, excess := f.groups.Counts.N[t.group], 0.0
		if e, ok := f.t.Metric.Excess(v, f.total); ok {
			excess = e
		}
		explained := 0.0
		status := New
		if part := f.expected(items); !math.IsNaN(part) {
			explained = part * f.t.Metric.Weight(v) / excess
		}
		for r := range f.known {
			mean, ok1 := f.t.Metric.Mean(rules[r].value)
			overall, ok2 := f.t.Metric.Mean(f.total)
			both := shared[i][r]
			if ok1 && ok2 && excess != 0 {
				explained = max(explained, float64(both)*(mean-overall)/excess)
			}
			if float64(both) >= f.c.Same*float64(n+rules[r].n-both) {
				status, explained = Confirmed, 1
			}
		}
		explained = min(max(explained, 0), 1)
		if status == New && explained >= derivedFrom {
			status = Derived
		}
		out[i] = explanation{status, 1 - explained}
	}
	return out, nil
}

// knownGroup are the customers of a known rule.
type knownGroup struct {
	n     int64
	value metric.Value
}

// lookUpRules counts the known rules, and the customers that findings share with them.
func (f *finder) lookUpRules(ctx context.Context, held []trial) (rules []knownGroup, shared [][]int64, err error) {
	shared = make([][]int64, len(held))
	if len(f.known) == 0 {
		return nil, shared, nil
	}
	var groups [][]wire.Item
	for _, r := range f.known {
		groups = append(groups, r.items)
	}
	place := map[[2]int]int{}
	for i, t := range held {
		for r := range f.known {
			if items, possible := search.Union(f.groups.At(t.group), f.known[r].items); possible {
				place[[2]int{i, r}] = len(groups)
				groups = append(groups, items)
			}
		}
	}
	columns := make([]wire.ProbeColumn, len(f.t.Columns)) // as they are, not winsorised
	for k, c := range f.t.Columns {
		c.Low, c.High = math.MinInt64, math.MaxInt64
		columns[k] = c
	}
	p, err := f.probeItems(ctx, groups, columns)
	if err != nil {
		return nil, nil, err
	}
	count := func(g int) int64 {
		discovery, confirmation := p.N(g)
		return discovery + confirmation
	}
	for r := range f.known {
		rules = append(rules, knownGroup{count(r), f.t.ValueOf(p.All(f.t, r))})
	}
	for i := range held {
		shared[i] = make([]int64, len(f.known))
		for r := range f.known {
			if g, ok := place[[2]int{i, r}]; ok {
				shared[i][r] = count(g)
			}
		}
	}
	return rules, shared, nil
}
