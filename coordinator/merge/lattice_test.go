package merge

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/headwater-dev/headwater/coordinator/metric"
)

// randomCrossing makes so many occupied cells of features with the given
// numbers of codes; of a mixture, where some combinations are frequent and the
// metric depends on the codes, on pairs of them, and on chance.
func randomCrossing(seed uint64, cells int, codes ...int) (*crossing, *moments) {
	rng := rand.New(rand.NewPCG(seed, 7))
	c := &crossing{start: []int{0}, known: [][]float64{nil}, num: [][]float64{nil}, den: [][]float64{nil}}
	effect := make([][]float64, len(codes))
	for j, k := range codes {
		c.features = append(c.features, j)
		for range k {
			effect[j] = append(effect[j], rng.NormFloat64())
		}
	}
	seen := map[string]bool{}
	var at []uint8
	for len(seen) < cells {
		at = at[:0]
		for _, k := range codes {
			at = append(at, uint8(min(rng.IntN(k), rng.IntN(k))))
		}
		if seen[string(at)] {
			continue
		}
		seen[string(at)] = true
	}
	keys := make([]string, 0, cells)
	for key := range seen {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	all, sum := 0.0, 0.0
	for _, key := range keys {
		c.codes = append(c.codes, key...)
		n := 30 + int64(math.Exp(1.5*rng.NormFloat64())*40)
		score := -2.0
		for j := range codes {
			score += 0.5 * effect[j][key[j]]
		}
		score += 0.6 * effect[0][key[0]] * effect[1][key[1]]
		rate := 1 / (1 + math.Exp(-score))
		yes := math.Round(float64(n)*rate + math.Sqrt(float64(n)*rate*(1-rate))*rng.NormFloat64())
		yes = min(max(yes, 0), float64(n))
		c.n = append(c.n, n)
		c.known[0], c.num[0] = append(c.known[0], float64(n)), append(c.num[0], yes)
		c.fold = append(c.fold, 0)
		c.start = append(c.start, len(c.n))
		all, sum = all+float64(n), sum+yes
	}
	mean := sum / all
	return c, &moments{n: int64(all), metrics: []moment{{known: all, mean: mean, unit: 1, variance: mean * (1 - mean)}}}
}

var yesNo = []metric.Metric{{Name: "y", Den: -1, Binary: true}}

// loss compares merging along the lattice, down to few clusters, with exact
// merging: the share of the metric's R², and of the inertia, that is lost on
// average at 6 to 10 segments.
func loss(t *testing.T, g *grid, few int) (metric, inertia float64) {
	t.Helper()
	n := len(g.points.Weight)
	exact, err := wardUpTo(t.Context(), g.points, n, n)
	if err != nil {
		t.Fatal(err)
	}
	quick, err := wardUpTo(t.Context(), g.points, few, few)
	if err != nil {
		t.Fatal(err)
	}
	checkMerges(t, quick, g.points.Weight)
	between := func(merges []Merge, k int) float64 {
		sum := 0.0
		for _, m := range merges[n-k:] {
			sum += m.Cost
		}
		return sum
	}
	for k := 6; k <= 10; k++ {
		inertia += (1 - between(quick, k)/between(exact, k)) / 5
		metric += (1 - g.explains(g.spread(Cut(quick, n, k)), k)/g.explains(g.spread(Cut(exact, n, k)), k)) / 5
	}
	return metric, inertia
}

// checkMerges sees that merges join clusters that are there, cheapest first.
func checkMerges(t *testing.T, merges []Merge, weight []int64) {
	t.Helper()
	w := slices.Clone(weight)
	for i, m := range merges {
		if m.A >= m.B || w[m.A] == 0 || w[m.B] == 0 || m.N != w[m.A]+w[m.B] || i > 0 && m.Cost < merges[i-1].Cost {
			t.Fatalf("merge %d is %+v of clusters with %d and %d customers", i, m, w[m.A], w[m.B])
		}
		w[m.A], w[m.B] = m.N, 0
	}
	if len(merges) != len(weight)-1 {
		t.Fatalf("%d merges of %d points", len(merges), len(weight))
	}
}

// What merging along the lattice loses against exact merging.
func TestLatticeLosesLittle(t *testing.T) {
	seeds, cells, inertia := uint64(6), 2000, 0.01
	if testing.Short() {
		seeds, cells, inertia = 2, 1000, 0.03 // down to a hundred clusters
	}
	var metrics, inertias []float64
	for seed := range seeds {
		for _, codes := range [][]int{{12, 8, 6, 5, 4}, {30, 20, 10}, {4, 4, 4, 4, 4, 4}} {
			for _, lambda := range []float64{0.25, 0.5, 0.75} {
				c, m := randomCrossing(seed, cells, codes...)
				metric, spread := loss(t, newGrid(c, everyone(), m, yesNo, lambda, 30), cells/10)
				metrics, inertias = append(metrics, metric), append(inertias, spread)
				t.Logf("seed %d codes %v λ %.2f: loses %.2f %% of the metric's R², %.2f %% of the inertia", seed, codes, lambda, 100*metric, 100*spread)
			}
		}
	}
	t.Logf("mean %.2f %% of the metric's R², %.2f %% of the inertia", 100*mean(metrics), 100*mean(inertias))
	if mean(metrics) > 0.01 || mean(inertias) > inertia {
		t.Errorf("the lattice loses %.2f %% of the metric's R² and %.2f %% of the inertia", 100*mean(metrics), 100*mean(inertias))
	}
}

// Bank customers, crossed by features that a job chooses, and by more.
func TestLatticeOnBank(t *testing.T) {
	tab := bank(t)
	tab.metrics[0].Binary = true
	l := ledger{shards: tab, plan: &tab.plan, metrics: tab.metrics, known: map[string]*crossing{}, maxCells: 30000}
	totals, err := l.total(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := totals.of(everyone())
	for _, features := range [][]int{{14, 10, 7, 8}, {0, 1, 10, 14, 8}} {
		if err := l.count(t.Context(), [][]int{features}); err != nil {
			t.Fatal(err)
		}
		g := newGrid(l.get(features), everyone(), &all, tab.metrics, 0.5, 1)
		n := len(g.points.Weight)
		metric, inertia := loss(t, g, n/10)
		t.Logf("%v: %d cells, lattice down to %d: loses %.2f %% of the metric's R², %.2f %% of the inertia", features, n, n/10, 100*metric, 100*inertia)
		if metric > 0.01 || inertia > 0.01 {
			t.Errorf("%v: the lattice loses %.4f of the metric's R² and %.4f of the inertia", features, metric, inertia)
		}
	}
}

// Points without neighbours, and without codes, are merged all the same.
func TestLatticeWithoutNeighbours(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, crossed := range []int{0, 1, 4} {
		p := Points{Dim: 3, Crossed: crossed}
		for i := range 600 {
			p.Weight = append(p.Weight, 1+rng.Int64N(50))
			p.X = append(p.X, rng.NormFloat64(), rng.NormFloat64(), 0)
			for j := range crossed {
				p.Codes = append(p.Codes, uint8(i>>(2*j)^i*j)) // hardly two agree in all but one
			}
		}
		merges, err := wardUpTo(t.Context(), p, 20, 10)
		if err != nil {
			t.Fatal(err)
		}
		checkMerges(t, merges, p.Weight)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := wardUpTo(ctx, Points{Dim: 1, X: make([]float64, 50), Weight: make([]int64, 50)}, 20, 10); err == nil {
		t.Error("a cancelled merging ends without an error")
	}
}

// Merging as many cells as a crossing may have; make bench-merge runs the
// largest once each.
func BenchmarkWardCells(b *testing.B) {
	for _, c := range []struct {
		cells int
		codes []int
	}{
		{10_000, []int{20, 20, 20, 15, 15, 10}},
		{30_000, []int{20, 20, 20, 15, 15, 10}},
		{100_000, []int{20, 20, 20, 15, 15, 10}},
		{1_000_000, []int{20, 20, 20, 15, 15, 10}},
	} {
		crossed, m := randomCrossing(1, c.cells, c.codes...)
		g := newGrid(crossed, everyone(), m, yesNo, 0.5, 30)
		b.Run(fmt.Sprintf("cells=%d/dim=%d", len(g.points.Weight), g.points.Dim), func(b *testing.B) {
			for b.Loop() {
				begin := time.Now()
				if _, err := Ward(b.Context(), g.points); err != nil {
					b.Fatal(err)
				}
				b.Logf("%v", time.Since(begin))
			}
		})
	}
}
