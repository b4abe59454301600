package contrast

import (
	"context"
	"math"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/sample"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/coordinator/thin"
	"github.com/headwater-dev/headwater/worker/wire"
)

// trial is a candidate under confirmation.
type trial struct {
	candidate
	parent     int // group; −1 = none
	discovery  two
	here       two // on confirmation
	parentHere two // of the parent's other customers
	tests      sample.Tested
}

// confirm tests the candidates on the customers that they were not found on
// and returns those that hold: changed otherwise than everybody else, and than
// the other customers of the closest shorter rule, in the same direction, at
// the false discovery rate asked for over all these tests together.
func (f *finder) confirm(ctx context.Context, candidates []candidate) ([]trial, error) {
	if len(candidates) == 0 {
		return nil, nil
	}
	trials, err := f.trials(ctx, candidates)
	if err != nil {
		return nil, err
	}
	tested := make([]*sample.Tested, len(trials))
	for i := range trials {
		t := &trials[i]
		t.tests.Others.Z, t.tests.Others.P = f.a.CompareChanges(f.sample(t.here), f.sample(f.confirmation.Minus(t.here)))
		if t.parent >= 0 {
			t.tests.Parent = new(sample.Test)
			t.tests.Parent.Z, t.tests.Parent.P = f.a.CompareChanges(f.sample(t.here), f.sample(t.parentHere))
		}
		tested[i] = &t.tests
	}
	sample.Correct(tested)
	return slices.DeleteFunc(trials, func(t trial) bool { return !t.tests.Hold(t.direction, f.Evidence.FDR) }), nil
}

// trials looks up the candidates and their closest parents on both parts.
func (f *finder) trials(ctx context.Context, candidates []candidate) ([]trial, error) {
	var items [][]wire.Item
	trials := make([]trial, len(candidates))
	for i, c := range candidates {
		trials[i] = trial{candidate: c, parent: f.closest(c)}
		items = append(items, f.groups.At(c.group))
		if p := trials[i].parent; p >= 0 {
			items = append(items, f.groups.At(p))
		}
	}
	probed, err := f.probe(ctx, items, false)
	if err != nil {
		return nil, err
	}
	at := 0
	for i := range trials {
		t := &trials[i]
		t.discovery, t.here = f.foundOn(probed, at), f.heldBack(probed, at)
		at++
		if t.parent >= 0 {
			t.parentHere = f.heldBack(probed, at).Minus(t.here)
			at++
		}
	}
	return trials, nil
}

// closest is the shorter rule whose change is the most extreme on discovery.
// −1 = the candidate has one item.
func (f *finder) closest(c candidate) int {
	best, farthest := -1, 0.0
	for _, p := range f.index.Parents(c.group) {
		if d := float64(c.direction) * f.change(f.on(p)); best < 0 || d > farthest {
			best, farthest = p, d
		}
	}
	return best
}

// describe makes changes of the trials that held.
func (f *finder) describe(ctx context.Context, held []trial) ([]Change, error) {
	list := make([]thin.Candidate, len(held))
	for i, t := range held {
		list[i] = t.thin()
	}
	covered, err := thin.Covered(ctx, thinning{f}, list)
	if err != nil {
		return nil, err
	}
	changes := []Change{}
	for i, t := range held {
		items := f.groups.At(t.group)
		all, found := f.counted(&f.groups.Counts, t.group), f.counted(&f.groups.Discovery, t.group)
		c := Change{
			Rank: i + 1, Group: search.Name(f.plan.Features, items), Items: items, Direction: "up",
			All:          f.means(all, f.everybody(), t.discovery.plus(t.here), f.discovery.plus(f.confirmation)),
			Discovery:    f.means(found, f.level, t.discovery, f.discovery),
			Confirmation: f.means(all.Minus(found), f.everybody().Minus(f.level), t.here, f.confirmation),
			P:            t.tests.Others.P, Q: t.tests.Others.Q, Covered: covered[i], SQL: conditions(f.plan.Features, items),
		}
		if t.direction < 0 {
			c.Direction = "down"
		}
		if t.parent >= 0 {
			change := f.change(t.parentHere)
			c.Parent = &Parent{
				Group: search.Name(f.plan.Features, f.groups.At(t.parent)), Change: sample.Defined(change, true), P: t.tests.Parent.P, Q: t.tests.Parent.Q,
			}
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// describeAll writes what the metric is on everybody.
func (f *finder) describeAll(m *Metric) {
	whole := f.everybody()
	winsorised := f.discovery.plus(f.confirmation)
	m.All = f.means(whole, whole, winsorised, winsorised)
	m.Discovery = f.means(f.level, f.level, f.discovery, f.discovery)
	rest := whole.Minus(f.level)
	m.Confirmation = f.means(rest, rest, f.confirmation, f.confirmation)
	if f.a.Clipped {
		m.ClipLow, m.ClipHigh = f.a.Bounds()
	}
}

// everybody is the metric on all customers as it was counted.
func (f *finder) everybody() two {
	last := f.levels.Confirmation.Last()
	return f.level.plus(f.counted(&last, 0))
}

// means are a group's on one part of the customers, x as it was counted and w
// as tests see it; of allX and allW.
func (f *finder) means(x, allX, w, allW two) Means {
	p := f.sample(w)
	out := Means{A: x.a.Known, B: x.b.Known}
	a, b := f.mean(f.a, x.a), f.mean(f.b, x.b)
	out.MeanA, out.MeanB = sample.Defined(a, true), sample.Defined(b, true)
	out.Change = sample.Defined(b-a, true)
	out.Beyond = sample.Defined(f.distance(x, allX), true)
	out.Excess = sample.Defined(f.excess(x, allX), true)
	low, high, ok := f.a.ChangeInterval(w.a, w.b, p)
	out.Low, out.High = sample.Defined(low, ok), sample.Defined(high, ok)
	if f.a.Clipped && !math.IsNaN(p.Change()) {
		out.Winsorised = &Winsorised{
			MeanA: &p.A.Mean, MeanB: &p.B.Mean, Change: sample.Defined(p.Change(), true),
			Beyond: sample.Defined(f.distance(w, allW), true), Excess: sample.Defined(f.excess(w, allW), true),
		}
	}
	return out
}
