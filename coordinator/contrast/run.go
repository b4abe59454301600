package contrast

import (
	"context"
	"fmt"
	"math"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/sample"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Table is what the groups were counted on.
type Table struct {
	Plan   *encoder.Plan // with Sides
	Side   metric.Metric // 1 on B, 0 on A
	Pairs  []Pair
	Groups *search.Groups // of all orders, none left out
	Levels *partial.Halves
}

// Config says what counts as a difference.
type Config struct {
	Evidence evidence.Config // thresholds, as findings have them
	Top      int             // differences listed of each kind
}

// Default returns the thresholds that hold unless the user says otherwise.
// Groups of every size count, unlike findings: a business does not know yet
// what has changed on its large ones.
func Default() evidence.Config {
	c := evidence.Default()
	c.MaxShare, c.Odds, c.Sigma, c.GainSigma = 1, 1.25, 0.1, 0.05
	return c
}

// Top is how many differences of each kind are listed unless asked.
const Top = 20

// Run finds the groups of which share or metric differ between the sides.
// Lists are empty, not nil, when nothing holds.
func Run(ctx context.Context, shards search.Shards, table Table, c Config) (*Result, error) {
	if err := c.Evidence.Validate(); err != nil {
		return nil, err
	}
	r := newResult(&table)
	if err := r.A.enough(c.Evidence.MinCount); err != nil {
		return nil, err
	}
	if err := r.B.enough(c.Evidence.MinCount); err != nil {
		return nil, err
	}
	index := search.NewIndex(table.Groups)
	var err error
	if r.Mix, err = mix(ctx, shards, &table, index, r, c); err != nil {
		return nil, err
	}
	spread, err := search.Gather(ctx, shards, wire.OpSpread, struct{}{}, (*partial.Spread).Merge)
	if err != nil {
		return nil, err
	}
	for _, pair := range table.Pairs {
		f := newFinder(shards, &table, index, pair, spread, c)
		m, err := f.run(ctx)
		if err != nil {
			return nil, fmt.Errorf("changes of %s: %w", pair.Name, err)
		}
		r.Metrics = append(r.Metrics, *m)
	}
	return r, nil
}

func newResult(table *Table) *Result {
	r := &Result{By: table.Plan.Sides.Column, Metrics: []Metric{}}
	discovery, confirmation := table.Levels.Discovery.Last(), table.Levels.Confirmation.Last()
	d, c := sidesOf(table.Side.At(&discovery, 0)), sidesOf(table.Side.At(&confirmation, 0))
	for code, side := range map[uint8]*Side{encoder.SideA: &r.A, encoder.SideB: &r.B} {
		i := code - encoder.SideA
		*side = Side{Name: table.Plan.Sides.LevelName(int(code)), N: d[i] + c[i], Discovery: d[i], Confirmation: c[i]}
		if table.Plan.Sides.Column != "" {
			side.SQL = conditions([]encoder.Feature{*table.Plan.Sides}, []wire.Item{{Feature: 0, Code: code}})
		}
	}
	r.Neither = discovery.N[0] + confirmation.N[0] - r.A.N - r.B.N
	return r
}

// sidesOf returns the customers on A and on B from the value of the side.
func sidesOf(v metric.Value) [2]int64 {
	b := v.Num.Int64()
	return [2]int64{v.Known - b, b}
}

// enough refuses a side on which nothing could hold.
func (s *Side) enough(least int64) error {
	switch {
	case s.N == 0:
		return fmt.Errorf("no row is on the side %q: there is nothing to compare", s.Name)
	case s.Discovery < least:
		return fmt.Errorf("the side %q has %d rows, of which %d are looked at first: at least %d of these are needed (--finding-count)", s.Name, s.N, s.Discovery, least)
	}
	return nil
}

// conditions writes a group as a condition on the source's columns.
func conditions(features []encoder.Feature, items []wire.Item) string {
	var r merge.Rule
	for _, i := range items {
		r.Conditions = append(r.Conditions, merge.Condition{Feature: i.Feature, Codes: []int{int(i.Code)}})
	}
	return merge.RuleSQL(features, r)
}

// mix finds the groups whose share differs. Whether a group is a larger part of
// B than of A is whether B is a larger part of the group than of all others:
// what differs are the findings of the side as a metric.
func mix(ctx context.Context, shards search.Shards, table *Table, index *search.Index, r *Result, c Config) (Mix, error) {
	found, err := evidence.Run(ctx, shards, evidence.Table{
		Plan: table.Plan, Metrics: []metric.Metric{table.Side}, Groups: table.Groups, Levels: table.Levels,
	}, c.Evidence)
	if err != nil {
		return Mix{}, fmt.Errorf("mix: %w", err)
	}
	t := found.Trust[0]
	m := Mix{Shifts: []Shift{}, Trust: Trust{Tried: t.Tried, Gated: t.Gated, Distinct: t.Distinct, Confirmed: t.Confirmed, Chance: t.Chance}}
	for _, f := range found.Findings[:min(len(found.Findings), c.Top)] {
		g := index.Find(f.Items)
		all, d := sidesOf(table.Side.At(&table.Groups.Counts, g)), sidesOf(table.Side.At(&table.Groups.Discovery, g))
		s := Shift{
			Rank: f.Rank, Group: f.Group, Items: f.Items, Direction: f.Direction,
			All:          shares(all, [2]int64{r.A.N, r.B.N}),
			Discovery:    shares(d, [2]int64{r.A.Discovery, r.B.Discovery}),
			Confirmation: shares([2]int64{all[0] - d[0], all[1] - d[1]}, [2]int64{r.A.Confirmation, r.B.Confirmation}),
			P:            f.P, Q: f.Q, Covered: f.Covered, SQL: f.SQL,
		}
		if f.Parent != nil {
			s.Parent, s.ParentQ = f.Parent.Group, f.Parent.Q
		}
		m.Shifts = append(m.Shifts, s)
	}
	return m, nil
}

// shares are n customers on A and on B, of so many. The interval is Newcombe's.
func shares(n, of [2]int64) Shares {
	rate := metric.Metric{Binary: true, Den: -1}
	t := sample.Meter{Metric: rate, Binary: true}
	var x [2]sample.Exact
	for i := range x {
		x[i] = sample.Rate(n[i], of[i])
	}
	p := sample.Pair{A: t.Sample(x[0]), B: t.Sample(x[1])}
	s := Shares{A: n[0], B: n[1], ShareA: p.A.Mean, ShareB: p.B.Mean, Change: p.Change(), Low: math.NaN(), High: math.NaN()}
	s.Low, s.High, _ = t.ChangeInterval(x[0], x[1], p)
	s.Ratio = sample.Defined(p.B.Mean/p.A.Mean, p.A.Mean > 0)
	// n_B − n_A·N_B/N_A, of which no part is rounded but the end.
	s.Excess = float64(n[1]) - float64(float64(n[0])*float64(of[1]))/float64(of[0])
	return s
}
