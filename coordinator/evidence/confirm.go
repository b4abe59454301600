package evidence

import (
	"context"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/sample"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/coordinator/thin"
	"github.com/headwater-dev/headwater/worker/wire"
)

// trial is a candidate under confirmation.
type trial struct {
	candidate
	parent     int // group; −1 = none
	all        sample.Exact
	discovery  sample.Exact
	here       sample.Exact // on confirmation
	parentHere sample.Exact
	tests      sample.Tested
}

// confirm tests the candidates on the customers that they were not found on,
// and returns those that hold: different from everybody else and from the
// other customers of the best shorter rule, in the same direction, at the false
// discovery rate asked for over all these tests together.
func (f *finder) confirm(ctx context.Context, candidates []candidate) ([]Finding, error) {
	trials, err := f.trials(ctx, candidates)
	if err != nil {
		return nil, err
	}
	tested := make([]*sample.Tested, len(trials))
	for i := range trials {
		t := &trials[i]
		here := f.t.Sample(t.here)
		t.tests.Others.Z, t.tests.Others.P = f.t.Compare(here, f.t.Sample(f.allConfirmation.Minus(t.here)))
		if t.parent >= 0 {
			t.tests.Parent = new(sample.Test)
			t.tests.Parent.Z, t.tests.Parent.P = f.t.Compare(here, f.t.Sample(t.parentHere.Minus(t.here)))
		}
		tested[i] = &t.tests
	}
	sample.Correct(tested)
	held := slices.DeleteFunc(trials, func(t trial) bool { return !t.tests.Hold(t.direction, f.c.FDR) })
	return f.describe(ctx, held)
}

// trials looks up the candidates and their parents on both parts.
func (f *finder) trials(ctx context.Context, candidates []candidate) ([]trial, error) {
	var items [][]wire.Item
	trials := make([]trial, len(candidates))
	for i, c := range candidates {
		trials[i] = trial{candidate: c, parent: f.bestParent(c)}
		items = append(items, f.groups.At(c.group))
		if p := trials[i].parent; p >= 0 {
			items = append(items, f.groups.At(p))
		}
	}
	probed, err := f.probeItems(ctx, items, f.t.Columns)
	if err != nil {
		return nil, err
	}
	at := 0
	for i := range trials {
		t := &trials[i]
		t.all, t.discovery, t.here = probed.All(f.t, at), probed.Discovery(f.t, at), probed.Confirmation(f.t, at)
		at++
		if t.parent >= 0 {
			t.parentHere = probed.Confirmation(f.t, at)
			at++
		}
	}
	return trials, nil
}

// bestParent is the shorter rule that comes closest on discovery: the hardest
// to beat. −1 = the candidate has one item.
func (f *finder) bestParent(c candidate) int {
	best, farthest := -1, 0.0
	for _, p := range f.find.Parents(c.group) {
		mean, ok := f.t.Metric.Mean(f.t.ValueOf(f.on(p)))
		if d := float64(c.direction) * mean; ok && (best < 0 || d > farthest) {
			best, farthest = p, d
		}
	}
	return best
}

// describe makes findings of the trials that held.
func (f *finder) describe(ctx context.Context, held []trial) ([]Finding, error) {
	explained, err := f.explain(ctx, held)
	if err != nil {
		return nil, err
	}
	list := make([]thin.Candidate, len(held))
	for i, t := range held {
		list[i] = t.thin()
	}
	covered, err := thin.Covered(ctx, thinning{f}, list)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for i, t := range held {
		v, d := f.t.Metric.At(&f.groups.Counts, t.group), f.t.Metric.At(&f.groups.Discovery, t.group)
		n, nd := f.groups.Counts.N[t.group], t.n
		items := f.groups.At(t.group)
		x := Finding{
			Rank: i + 1, Metric: f.t.Metric.Name, Group: search.Name(f.plan.Features, items), Items: items,
			Direction:    "up",
			All:          f.figures(n, f.customers, v, f.total, t.all, f.allDiscovery.Plus(f.allConfirmation)),
			Discovery:    f.figures(nd, f.discovered, d, f.all, t.discovery, f.allDiscovery),
			Confirmation: f.figures(n-nd, f.confirmed, less(v, d), f.rest, t.here, f.allConfirmation),
			P:            t.tests.Others.P, Q: t.tests.Others.Q,
			Steps:  f.steps(t),
			Status: explained[i].status, Unexplained: explained[i].unexplained,
			Covered: covered[i],
			SQL:     ruleSQL(f, items),
		}
		if t.direction < 0 {
			x.Direction = "down"
		}
		if t.parent >= 0 {
			x.Parent = f.parentOf(t)
		}
		f.addLargest(&x, v, t)
		if f.c.Value > 0 || f.c.Cost > 0 {
			x.Money = f.money(n, t)
		}
		findings = append(findings, x)
	}
	return findings, nil
}

// figures are a group's on one part of the customers: by what was counted, and
// by the sums that tests see, which may be winsorised.
func (f *finder) figures(n, of int64, v, all metric.Value, x, allX sample.Exact) Figures {
	out := Figures{N: n, Known: v.Known}
	if of > 0 {
		out.Share = float64(n) / float64(of)
	}
	s := f.t.Sample(x)
	mean, ok := f.t.Metric.Mean(v)
	out.Mean = sample.Defined(mean, ok)
	low, high, ok := f.t.Interval(x, s)
	out.Low, out.High = sample.Defined(low, ok), sample.Defined(high, ok)
	if ok && !f.t.Binary {
		out.Quantile = f.t.Quantile(s.N)
	}
	if f.t.Clipped && s.Known > 0 {
		v, all := f.t.ValueOf(x), f.t.ValueOf(allX)
		lift, ok1 := f.t.Metric.Lift(v, all)
		excess, ok2 := f.t.Metric.Excess(v, all)
		out.Winsorised = &Winsorised{Mean: sample.Defined(s.Mean, true), Lift: sample.Defined(lift, ok1 && f.hasLift), Excess: sample.Defined(excess, ok2)}
	}
	lift, ok := f.t.Metric.Lift(v, all)
	out.Lift = sample.Defined(lift, ok && f.hasLift)
	excess, ok := f.t.Metric.Excess(v, all)
	out.Excess = sample.Defined(excess, ok)
	return out
}

// parentOf compares a finding with the best shorter rule.
func (f *finder) parentOf(t trial) *Parent {
	v, d := f.t.Metric.At(&f.groups.Counts, t.parent), f.t.Metric.At(&f.groups.Discovery, t.parent)
	g := less(f.t.Metric.At(&f.groups.Counts, t.group), f.t.Metric.At(&f.groups.Discovery, t.group))
	here := less(v, d)
	p := &Parent{
		Group: search.Name(f.plan.Features, f.groups.At(t.parent)),
		N:     f.groups.Counts.N[t.parent] - f.groups.Discovery.N[t.parent],
		P:     t.tests.Parent.P, Q: t.tests.Parent.Q,
	}
	mean, ok := f.t.Metric.Mean(here)
	p.Mean = sample.Defined(mean, ok)
	gain, ok := f.t.Metric.Lift(g, less(here, g))
	p.Gain = sample.Defined(gain, ok && !f.t.Signed)
	return p
}

// addLargest says how much of a number's sum the group's largest customer brings.
func (f *finder) addLargest(x *Finding, v metric.Value, t trial) {
	if f.t.Binary || f.t.Metric.Den >= 0 || f.t.Signed || v.Num.Sign() <= 0 {
		return
	}
	x.Largest = float64(t.all.Most) / bigFloat(v.Num)
	x.Heavy = x.Largest > f.c.Largest
}

// ruleSQL writes a group as a condition on the source's columns.
func ruleSQL(f *finder, items []wire.Item) string {
	r := merge.Rule{}
	for _, i := range items {
		r.Conditions = append(r.Conditions, merge.Condition{Feature: i.Feature, Codes: []int{int(i.Code)}})
	}
	return merge.RuleSQL(f.plan.Features, r)
}
