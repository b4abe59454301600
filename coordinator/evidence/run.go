package evidence

import (
	"context"
	"fmt"
	"math/big"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/sample"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Shards runs a shard op over all resident shards of the job.
type Shards = search.Shards

// Result is what stood up, metric by metric, and how it came about.
type Result struct {
	Findings []Finding `json:"findings"`
	Trust    []Trust   `json:"trust"` // one a metric
}

// Table is what the groups were counted on.
type Table struct {
	Plan    *encoder.Plan
	Metrics []metric.Metric
	Groups  *search.Groups // of all orders, none left out
	Levels  *partial.Halves
}

// Run finds out which groups stand up. The counts of the search decide which
// are looked at; a few more passes over the shards give what only few groups
// need. Findings are empty, not nil, when nothing stands up.
func Run(ctx context.Context, shards Shards, table Table, c Config) (*Result, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	known, err := parseRules(table.Plan, c.Known)
	if err != nil {
		return nil, err
	}
	spread, err := search.Gather(ctx, shards, wire.OpSpread, struct{}{}, (*partial.Spread).Merge)
	if err != nil {
		return nil, err
	}
	find := search.NewIndex(table.Groups)
	result := &Result{Findings: []Finding{}, Trust: []Trust{}}
	for _, m := range table.Metrics {
		f := &finder{
			c: c, shards: shards, plan: table.Plan, groups: table.Groups, find: find, known: known,
			t: sample.NewMeter(m, spread), odds: rational(c.Odds), lift: rational(c.Lift), gain: rational(c.Gain),
		}
		if err := f.begin(ctx, table.Levels); err != nil {
			return nil, fmt.Errorf("findings of %s: %w", m.Name, err)
		}
		findings, err := f.run(ctx)
		if err != nil {
			return nil, fmt.Errorf("findings of %s: %w", m.Name, err)
		}
		result.Findings = append(result.Findings, findings...)
		result.Trust = append(result.Trust, f.trust)
	}
	return result, nil
}

// finder looks for the findings of one metric.
type finder struct {
	c      Config
	shards Shards
	plan   *encoder.Plan
	groups *search.Groups
	find   *search.Index
	t      *sample.Meter
	known  []rule

	odds, lift, gain *big.Rat // as in Config

	customers                     int64
	discovered, confirmed         int64        // customers of either part
	total, all, rest              metric.Value // the metric on all customers, on discovery, on confirmation
	allDiscovery, allConfirmation sample.Exact
	level                         metric.Value                 // of allDiscovery: what groups are gated against
	on                            func(group int) sample.Exact // a candidate or parent on discovery
	overall                       sample.Sample                // on discovery
	hasLift                       bool                         // means can be divided by that of all

	trust Trust
}

// begin reads the metric over all customers.
func (f *finder) begin(ctx context.Context, levels *partial.Halves) error {
	last, other := levels.Discovery.Last(), levels.Confirmation.Last()
	f.discovered, f.confirmed = last.N[0], other.N[0]
	f.customers = f.discovered + f.confirmed
	f.all, f.rest = f.t.Metric.At(&last, 0), f.t.Metric.At(&other, 0)
	f.total = sum(f.all, f.rest)
	p, err := f.probeItems(ctx, [][]wire.Item{nil}, f.t.Columns)
	if err != nil {
		return err
	}
	f.allDiscovery, f.allConfirmation = p.Discovery(f.t, 0), p.Confirmation(f.t, 0)
	f.overall = f.t.Sample(f.allDiscovery)
	f.level = f.t.ValueOf(f.allDiscovery)
	mean, ok := f.t.Metric.Mean(f.level)
	f.hasLift = ok && mean > 0 && !f.t.Signed
	f.trust = Trust{
		Metric: f.t.Metric.Name, Direction: f.c.Direction, Discovery: f.discovered, Confirmation: f.confirmed,
		Tried: f.groups.Len(), Top: []Share{},
	}
	if f.t.Clipped {
		f.trust.ClipLow, f.trust.ClipHigh = f.t.Bounds()
	}
	return nil
}

// run goes from all groups to those that stand up.
func (f *finder) run(ctx context.Context) ([]Finding, error) {
	if !(f.overall.Variance > 0) {
		return nil, nil // on all customers the same: nothing to be found
	}
	candidates := f.gate()
	f.shrink(candidates)
	candidates, err := f.lookUp(ctx, candidates)
	if err != nil {
		return nil, err
	}
	f.trust.Gated = len(candidates)
	f.shrink(candidates)
	if f.trust.Top, err = f.concentration(ctx, candidates); err != nil {
		return nil, err
	}
	if candidates, err = f.thin(ctx, f.unbeaten(candidates)); err != nil {
		return nil, err
	}
	f.trust.Distinct = len(candidates)
	if len(candidates) == 0 {
		return nil, nil
	}
	findings, err := f.confirm(ctx, candidates)
	f.trust.Confirmed = len(findings)
	f.trust.Chance = f.c.FDR * float64(len(findings))
	return findings, err
}

// parseRules reads the rules that the user knows.
func parseRules(plan *encoder.Plan, texts []string) ([]rule, error) {
	var rules []rule
	for _, text := range texts {
		items, err := search.ParseName(plan.Features, text)
		if err != nil {
			return nil, fmt.Errorf("--known: %w", err)
		}
		if len(items) > 0 {
			rules = append(rules, rule{search.Name(plan.Features, items), items})
		}
	}
	return rules, nil
}

// Check reports the rules among texts that the plan cannot read, before any
// work is done.
func Check(plan *encoder.Plan, texts []string) error {
	_, err := parseRules(plan, texts)
	return err
}

func sum(a, b metric.Value) metric.Value {
	out := metric.Value{Known: a.Known + b.Known, Num: new(big.Int).Add(a.Num, b.Num)}
	if a.Den != nil {
		out.Den = new(big.Int).Add(a.Den, b.Den)
	}
	return out
}

// within reports whether every item of a is in b.
func within(a, b []wire.Item) bool {
	return !slices.ContainsFunc(a, func(i wire.Item) bool { return !slices.Contains(b, i) })
}
