package search

import (
	"context"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/wire"
)

// metricOf returns measure m of a table as a metric.
func (t *table) metricOf(m int) metric.Metric {
	binary := true
	for i, x := range t.rows.Values[m] {
		binary = binary && (x == 0 || x == 1 || !t.rows.Known[m][i])
	}
	return metric.Metric{Name: fmt.Sprint("m", m), Num: m, Den: -1, Binary: binary}
}

// all is a metric's value over all rows.
func (t *table) all(tb failer, m metric.Metric) metric.Value {
	total, err := t.levels(tb).All()
	if err != nil {
		tb.Fatal(err)
	}
	return m.At(total, len(total.N)-1)
}

// equalToRunAndTop holds Best against what counts everything; it returns how
// many groups each counted.
func equalToRunAndTop(tb failer, t *table, c Config, targets []Target) (counted, all int) {
	tb.Helper()
	groups := t.search(tb, c)
	found, rankings, err := Best(context.Background(), t, t.plan, t.levels(tb), c, targets, nil)
	if err != nil {
		tb.Fatal(err)
	}
	if len(targets) == 0 {
		return 0, 0
	}
	for k, target := range targets {
		var small []int
		for i := range groups.Len() {
			if float64(groups.Counts.N[i]) <= target.Most {
				small = append(small, i)
			}
		}
		candidates := groups.Pick(t.plan, small)
		want, err := Top(candidates, target.Metric, target.All, target.Rank)
		if err != nil {
			tb.Fatal(err)
		}
		same := slices.EqualFunc(rankings[k].Entries, want.Entries, func(a, b Entry) bool {
			return a.Value == b.Value && slices.Equal(found.At(a.Group), candidates.At(b.Group)) &&
				found.Counts.N[a.Group] == candidates.Counts.N[b.Group] && found.Discovery.N[a.Group] == candidates.Discovery.N[b.Group]
		})
		if !same {
			tb.Fatal(fmt.Sprintf("%+v:\ngot  %s\nwant %s", target.Rank, listed(found, rankings[k]), listed(candidates, want)))
		}
	}
	return rankings[0].Looked, groups.Len()
}

func listed(g *Groups, r *Ranking) (text string) {
	for _, e := range r.Entries {
		text += fmt.Sprintf("%v %v; ", g.At(e.Group), e.Value)
	}
	return text
}

func TestBestIsRunAndTop(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tab := randomTable(rt)
		if len(tab.plan.Measures) == 0 {
			return
		}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		for i := range tab.rows.N { // a yes/no metric with many ties
			tab.rows.Values[0][i] = int64(r.IntN(2))
			if !tab.rows.Known[0][i] {
				tab.rows.Values[0][i] = 0
			}
		}
		tab.cut(rt, rapid.IntRange(1+tab.rows.N/5, tab.rows.N).Draw(rt, "shard"), r.Perm(tab.rows.N))
		c := Config{Order: rapid.IntRange(1, 6).Draw(rt, "order"), MinCount: rapid.Int64Range(0, 30).Draw(rt, "minimum")}
		var targets []Target
		for m := range tab.plan.Measures {
			x := Target{Metric: tab.metricOf(m), Most: float64(rapid.IntRange(1, tab.rows.N).Draw(rt, "most"))}
			x.All = tab.all(rt, x.Metric)
			x.Rank = Rank{
				By: rapid.SampledFrom(Measures).Draw(rt, "by"), Direction: rapid.SampledFrom([]Direction{Both, Up, Down}).Draw(rt, "direction"),
				K: rapid.IntRange(1, 12).Draw(rt, "k"), Alpha: rapid.SampledFrom([]float64{0.3, 0.95, 1}).Draw(rt, "alpha"),
			}
			if _, err := newScorer(noGroups(tab.plan), x.Metric, x.All, x.Rank); err == nil {
				targets = append(targets, x)
			}
		}
		equalToRunAndTop(rt, tab, c, targets)
	})
}

// TestBestOfWideTables: sixty features, on which pruning does most of the work.
func TestBestOfWideTables(t *testing.T) {
	for seed := range uint64(2) {
		r := rand.New(rand.NewPCG(seed, 2))
		tab := wideTable(t, r, 60, 3000)
		m := tab.metricOf(0)
		var targets []Target
		for _, by := range Measures {
			targets = append(targets, Target{Metric: m, All: tab.all(t, m), Most: 3000, Rank: Rank{By: by, K: 10, Alpha: 0.95}})
		}
		c := Config{Order: 3, MinShare: 0.04}
		equalToRunAndTop(t, tab, c, targets)
		if counted, all := equalToRunAndTop(t, tab, c, targets[:1]); counted*3 > all*2 {
			t.Errorf("%d of %d groups were counted: too little is pruned", counted, all)
		}
	}
}

// wideTable makes a table of features with three levels, of which two together
// carry a rare metric.
func wideTable(t *testing.T, r *rand.Rand, features, rows int) *table {
	tab := &table{plan: &encoder.Plan{Measures: []encoder.Measure{{Name: "y", Complete: true}}}, rows: encoder.Rows{N: rows, Fold: make([]uint8, rows)}}
	for f := range features {
		codes := make([]uint8, rows)
		for i := range codes {
			codes[i] = uint8(1 + min(r.IntN(3), r.IntN(3)))
		}
		tab.plan.Features = append(tab.plan.Features, encoder.Feature{Name: fmt.Sprint("f", f), Levels: make([]encoder.Level, 3)})
		tab.rows.Codes = append(tab.rows.Codes, codes)
	}
	y, known := make([]int64, rows), make([]bool, rows)
	for i := range y {
		known[i] = true
		p := 0.05
		if tab.rows.Codes[3][i] == 3 && tab.rows.Codes[40][i] == 2 {
			p = 0.7
		}
		if r.Float64() < p {
			y[i] = 1
		}
	}
	tab.rows.Values, tab.rows.Known = [][]int64{y}, [][]bool{known}
	tab.cut(t, 1000, inOrder(rows))
	return tab
}

// TestBoundsHold: no group has more than the bound of a group that it lies
// within.
func TestBoundsHold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tab := randomTable(rt)
		if len(tab.plan.Measures) == 0 {
			return
		}
		minimum := rapid.Int64Range(1, 20).Draw(rt, "minimum")
		groups := tab.search(rt, Config{Order: 4, MinCount: minimum})
		m := tab.metricOf(0)
		all := tab.all(rt, m)
		for _, by := range Measures {
			for _, direction := range []Direction{Both, Up, Down} {
				s, err := newScorer(groups, m, all, Rank{By: by, Direction: direction, Alpha: 0.9})
				if err != nil {
					continue
				}
				b := bounder{scorer: s, minimum: float64(minimum), bounded: true, to: 1}
				if !m.Binary {
					b.from, b.to = minMax(tab, 0)
				}
				for i := range groups.Len() {
					for k := range i + 1 {
						x, ok := s.score(i)
						if bound := b.bound(b.extent(k)); ok && inside(groups.At(k), groups.At(i)) && bound < x.approx-x.slack {
							rt.Fatal(fmt.Sprintf("%s %s: %v has %v, the bound of %v is %v", by, direction, groups.At(i), x.approx, groups.At(k), bound))
						}
					}
				}
			}
		}
	})
}

func minMax(t *table, m int) (from, to float64) {
	first := true
	for i, x := range t.rows.Values[m] {
		if t.rows.Known[m][i] {
			if first || float64(x) < from {
				from = float64(x)
			}
			if first || float64(x) > to {
				to = float64(x)
			}
			first = false
		}
	}
	return from, to
}

func inside(a, b []wire.Item) bool {
	return !slices.ContainsFunc(a, func(x wire.Item) bool { return !slices.Contains(b, x) })
}

func TestBestRefuses(t *testing.T) {
	tab := wideTable(t, rand.New(rand.NewPCG(1, 1)), 41, 50)
	m := tab.metricOf(0)
	none := metric.Value{Num: new(big.Int)}
	for _, x := range []Target{
		{Metric: m, All: none, Rank: Rank{By: Excess, K: 1}},
		{Metric: m, All: tab.all(t, m), Rank: Rank{By: "size", K: 1}},
		{Metric: m, All: tab.all(t, m), Rank: Rank{By: SliceLine, K: 1}},
		{Metric: m, All: tab.all(t, m), Rank: Rank{By: SliceLine, K: 1, Alpha: 0.5, Direction: Down}},
	} {
		if _, _, err := Best(context.Background(), tab, tab.plan, tab.levels(t), Config{}, []Target{x}, nil); err == nil {
			t.Errorf("%+v was accepted", x)
		}
	}
}
