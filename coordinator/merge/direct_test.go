package merge

import (
	"math"
	"testing"
)

// A direct tree takes from the squared distances what it says, and no test of
// one level at its root, nor any on the features of few levels, takes more.
func TestDirectTreeTakesTheMost(t *testing.T) {
	tab := bank(t)
	features := []int{14, 7} // of few levels: all sets of them can be tried
	l := ledger{shards: tab, plan: &tab.plan, metrics: tab.metrics, known: map[string]*crossing{}, maxCells: exactPoints}
	totals, err := l.total(t.Context())
	if err == nil {
		err = l.count(t.Context(), [][]int{features})
	}
	if err != nil {
		t.Fatal(err)
	}
	all := totals.of(everyone())
	g := newGrid(l.get(features), everyone(), &all, tab.metrics, 0.6, 1)
	at := make([][]float64, len(g.cells)) // every cell's coordinates, one by one
	for i, cell := range g.cells {
		at[i] = make([]float64, g.points.Dim+g.points.Axes)
		g.meanMetrics([]int{cell}, at[i][:g.points.Dim], nil)
		for j, code := range g.c.at(cell) {
			at[i][g.points.Dim+g.axes[j][code].at] = g.axes[j][code].scale
		}
	}
	inertia := func(in func(i int) bool) float64 {
		n, mean, sum := 0.0, make([]float64, len(at[0])), 0.0
		for i, x := range at {
			if in(i) {
				w := float64(g.v.n[g.cells[i]])
				n += w
				for k := range x {
					mean[k] += w * x[k]
				}
			}
		}
		for i, x := range at {
			if in(i) {
				for k := range x {
					sum += float64(g.v.n[g.cells[i]]) * math.Pow(x[k]-mean[k]/n, 2)
				}
			}
		}
		return sum
	}
	d := newDirect(g)
	whole := inertia(func(int) bool { return true })
	var best float64
	for j, f := range g.c.features {
		for set := 1; set < 1<<tab.plan.Features[f].Codes()-1; set++ {
			in := func(i int) bool { return set>>g.c.at(g.cells[i])[j]&1 == 1 }
			if gain := whole - inertia(in) - inertia(func(i int) bool { return !in(i) }); gain > best {
				best = gain
			}
		}
	}
	if got := d.nodes[0].split.gain; math.Abs(got-best) > 1e-9*whole {
		t.Errorf("the first test takes %v of %v, the best %v", got, whole, best)
	}
	for leaves := 1; leaves <= 9; leaves++ {
		cluster, k := d.clusters(leaves)
		if k != leaves {
			t.Fatalf("%d leaves make %d clusters", leaves, k)
		}
		left, gained := 0.0, 0.0
		for c := range k {
			left += inertia(func(i int) bool { return cluster[g.cells[i]] == c })
		}
		for i := range d.nodes {
			if n := &d.nodes[i]; n.yes > 0 {
				gained += n.split.gain
			}
		}
		if math.Abs(whole-gained-left) > 1e-9*whole {
			t.Errorf("%d leaves: %v is left of %v, the tests took %v", leaves, left, whole, gained)
		}
		d.grow()
	}
}

// The ways are held against one another on the same customers.
func TestCompared(t *testing.T) {
	tab := bank(t)
	tab.metrics[0].Binary = true
	r := run(t, tab, Config{Cross: []int{14, 10, 7}, K: 6, Lambda: 0.5})
	c := r.R2.Compared
	if math.Abs(c.Rules.Metric-r.R2.HeldOut) > 1e-12 {
		t.Errorf("the rules explain %v, held out %v", c.Rules.Metric, r.R2.HeldOut)
	}
	for _, trade := range r.R2.Lambdas {
		if trade.Lambda == r.Lambda && (math.Abs(trade.Metric-c.Merged.Metric) > 1e-12 || math.Abs(trade.Profile-c.Merged.Profile) > 1e-12) {
			t.Errorf("merging explains %+v, at its λ %+v", c.Merged, trade)
		}
	}
	for name, b := range map[string]Both{"segments": c.SameSegments, "rules": c.SameRules} {
		if b.Metric < 0.1 || b.Metric > 0.25 || b.Profile < 0.2 || b.Profile > 0.95 {
			t.Errorf("a direct tree of as many leaves as %s explains %+v", name, b)
		}
	}
	if c.SameRules.Profile <= c.SameSegments.Profile {
		t.Errorf("more leaves explain less: %+v, %+v", c.SameRules, c.SameSegments)
	}
}
