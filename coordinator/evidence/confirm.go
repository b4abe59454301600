package evidence

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/wire"
)

// trial is a candidate under confirmation.
type trial struct {
	candidate
	parent     int // group; −1 = none
	all        exact
	discovery  exact
	here       exact // on confirmation
	parentHere exact
	z, p, q    float64 // against everybody else
	zp, pp, qp float64 // against the parent's other customers; 1 without
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
	var p []float64
	for i := range trials {
		t := &trials[i]
		here := f.t.sample(t.here)
		t.z, t.p = f.t.compare(here, f.t.sample(f.allConfirmation.minus(t.here)))
		p = append(p, t.p)
		t.zp, t.pp, t.qp = t.z, 1, 0
		if t.parent >= 0 {
			t.zp, t.pp = f.t.compare(here, f.t.sample(t.parentHere.minus(t.here)))
			p = append(p, t.pp)
		}
	}
	q := benjaminiHochberg(p)
	var held []trial
	for _, t := range trials {
		t.q, q = q[0], q[1:]
		if t.parent >= 0 {
			t.qp, q = q[0], q[1:]
		}
		sign := float64(t.direction)
		if max(t.q, t.qp) <= f.c.FDR && sign*t.z > 0 && sign*t.zp > 0 {
			held = append(held, t)
		}
	}
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
	probed, err := f.probeItems(ctx, items, f.t.columns)
	if err != nil {
		return nil, err
	}
	at := 0
	for i := range trials {
		t := &trials[i]
		t.all, t.discovery, t.here = probed.all(f.t, at), probed.discovery(f.t, at), probed.confirmation(f.t, at)
		at++
		if t.parent >= 0 {
			t.parentHere = probed.confirmation(f.t, at)
			at++
		}
	}
	return trials, nil
}

// bestParent is the shorter rule that comes closest on discovery: the hardest
// to beat. −1 = the candidate has one item.
func (f *finder) bestParent(c candidate) int {
	best, farthest := -1, 0.0
	for _, p := range f.find.parents(c.group) {
		mean, ok := f.t.m.Mean(f.t.valueOf(f.on(p)))
		if d := float64(c.direction) * mean; ok && (best < 0 || d > farthest) {
			best, farthest = p, d
		}
	}
	return best
}

// benjaminiHochberg returns the q-values of p-values (Benjamini and Hochberg
// 1995): the smallest false discovery rate at which each is rejected.
func benjaminiHochberg(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(p[a], p[b]), a-b) })
	q, least := make([]float64, len(p)), 1.0
	for rank := len(order); rank > 0; rank-- {
		i := order[rank-1]
		least = min(least, p[i]*float64(len(p))/float64(rank))
		q[i] = least
	}
	return q
}

// describe makes findings of the trials that held.
func (f *finder) describe(ctx context.Context, held []trial) ([]Finding, error) {
	explained, err := f.explain(ctx, held)
	if err != nil {
		return nil, err
	}
	covered, err := f.covered(ctx, held)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for i, t := range held {
		v, d := f.t.m.At(&f.groups.Counts, t.group), f.t.m.At(&f.groups.Discovery, t.group)
		n, nd := f.groups.Counts.N[t.group], t.n
		items := f.groups.At(t.group)
		x := Finding{
			Rank: i + 1, Metric: f.t.m.Name, Group: search.Name(f.plan.Features, items), Items: items,
			Direction:    "up",
			All:          f.figures(n, f.customers, v, f.total, t.all, f.allDiscovery.plus(f.allConfirmation)),
			Discovery:    f.figures(nd, f.discovered, d, f.all, t.discovery, f.allDiscovery),
			Confirmation: f.figures(n-nd, f.confirmed, less(v, d), f.rest, t.here, f.allConfirmation),
			P:            t.p, Q: t.q,
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
func (f *finder) figures(n, of int64, v, all metric.Value, x, allX exact) Figures {
	out := Figures{N: n, Known: v.Known}
	if of > 0 {
		out.Share = float64(n) / float64(of)
	}
	s := f.t.sample(x)
	mean, ok := f.t.m.Mean(v)
	out.Mean = defined(mean, ok)
	low, high, ok := f.t.interval(x, s)
	out.Low, out.High = defined(low, ok), defined(high, ok)
	if f.t.clipped && s.known > 0 {
		v, all := f.t.valueOf(x), f.t.valueOf(allX)
		lift, ok1 := f.t.m.Lift(v, all)
		excess, ok2 := f.t.m.Excess(v, all)
		out.Winsorised = &Winsorised{Mean: defined(s.mean, true), Lift: defined(lift, ok1 && f.hasLift), Excess: defined(excess, ok2)}
	}
	lift, ok := f.t.m.Lift(v, all)
	out.Lift = defined(lift, ok && f.hasLift)
	excess, ok := f.t.m.Excess(v, all)
	out.Excess = defined(excess, ok)
	return out
}

// parentOf compares a finding with the best shorter rule.
func (f *finder) parentOf(t trial) *Parent {
	v, d := f.t.m.At(&f.groups.Counts, t.parent), f.t.m.At(&f.groups.Discovery, t.parent)
	g := less(f.t.m.At(&f.groups.Counts, t.group), f.t.m.At(&f.groups.Discovery, t.group))
	here := less(v, d)
	p := &Parent{
		Group: search.Name(f.plan.Features, f.groups.At(t.parent)),
		N:     f.groups.Counts.N[t.parent] - f.groups.Discovery.N[t.parent],
		P:     t.pp, Q: t.qp,
	}
	mean, ok := f.t.m.Mean(here)
	p.Mean = defined(mean, ok)
	gain, ok := f.t.m.Lift(g, less(here, g))
	p.Gain = defined(gain, ok && !f.t.signed)
	return p
}

// addLargest says how much of a number's sum the group's largest customer brings.
func (f *finder) addLargest(x *Finding, v metric.Value, t trial) {
	if f.t.binary || f.t.m.Den >= 0 || f.t.signed || v.Num.Sign() <= 0 {
		return
	}
	x.Largest = float64(t.all.most) / bigFloat(v.Num)
	x.Heavy = x.Largest > f.c.Largest
}

// covered returns of each trial the largest Jaccard overlap with one before it.
func (f *finder) covered(ctx context.Context, held []trial) ([]float64, error) {
	o := &overlaps{f: f, shared: map[[2]int]share{}}
	var pairs [][2]int
	for i, t := range held {
		for _, other := range held[:i] {
			pairs = append(pairs, pair(t.group, other.group))
		}
	}
	if err := o.look(ctx, pairs); err != nil {
		return nil, err
	}
	out := make([]float64, len(held))
	for i, t := range held {
		for _, other := range held[:i] {
			out[i] = max(out[i], f.jaccard(t.candidate, other.candidate, o.shared[pair(t.group, other.group)].n))
		}
	}
	return out, nil
}

// ruleSQL writes a group as a condition on the source's columns.
func ruleSQL(f *finder, items []wire.Item) string {
	r := merge.Rule{}
	for _, i := range items {
		r.Conditions = append(r.Conditions, merge.Condition{Feature: i.Feature, Codes: []int{int(i.Code)}})
	}
	return merge.RuleSQL(f.plan.Features, r)
}

// defined is nil where a figure does not exist.
func defined(x float64, ok bool) *float64 {
	if !ok || math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
