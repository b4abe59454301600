package evidence

import (
	"math"
	"slices"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/sample"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// plant changes the metric of one group of two items and 2 to 5 % of the
// customers, and returns its items.
func plant(t *testing.T, tab *table, change func(row int, x int64) int64) []wire.Item {
	t.Helper()
	for a := range uint8(tab.plan.Features[0].Codes()) {
		for b := range uint8(tab.plan.Features[2].Codes()) {
			items := []wire.Item{{Feature: 0, Code: a}, {Feature: 2, Code: b}}
			var rows []int
			for i := range tab.rows.N {
				if tab.matches(i, items) {
					rows = append(rows, i)
				}
			}
			if share := float64(len(rows)) / float64(tab.rows.N); share < 0.02 || share > 0.05 {
				continue
			}
			for k, i := range rows {
				tab.rows.Values[0][i] = change(k, tab.rows.Values[0][i])
			}
			return items
		}
	}
	t.Fatal("no pair of items has 2 to 5 % of the customers")
	return nil
}

// TestMetricsOfAllKinds plants a group in metrics of all kinds. It must come
// first, with figures that agree with a count row by row.
func TestMetricsOfAllKinds(t *testing.T) {
	every := func(n int) func(int, int64) int64 {
		return func(row int, x int64) int64 {
			if row%n == 0 {
				return 1
			}
			return x
		}
	}
	for _, test := range []struct {
		name, kind, direction string
		change                func(row int, x int64) int64
		outlier               int64
	}{
		{"0.1 % of yes", "0.1 %", "up", every(10), 0},
		{"1 % of yes", "1 %", "up", every(8), 0},
		{"99 % of yes", "99 %", "down", func(row int, x int64) int64 {
			if row%8 == 0 {
				return 0
			}
			return x
		}, 0},
		{"money", "log-normal", "up", func(_ int, x int64) int64 { return 3 * x }, 0},
		{"money with an outlier", "log-normal", "up", func(_ int, x int64) int64 { return 3 * x }, 1_000_000_000},
		{"few buyers", "few buyers", "up", func(row int, x int64) int64 {
			if row%5 == 0 {
				return 2000 + int64(row)
			}
			return x
		}, 0},
		{"zero mean", "zero mean", "down", func(_ int, x int64) int64 { return x - 12_000 }, 0},
		{"negative", "negative", "down", func(_ int, x int64) int64 { return x - 12_000 }, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			tab := noise(5, test.kind)
			if test.kind == "negative" {
				for i := range tab.rows.Values[0] {
					tab.rows.Values[0][i] = -30_000 - int64(i%2000)*10
				}
			}
			items := plant(t, tab, test.change)
			if test.outlier > 0 {
				last := slices.IndexFunc(inOrder(tab.rows.N), func(i int) bool { return !tab.matches(i, items) })
				tab.rows.Values[0][last] = test.outlier
			}
			tab.split(t, 9, inOrder(tab.rows.N), inOrder(tab.rows.N))
			r := tab.find(t, 2, Default())
			if len(r.Findings) == 0 || search.CompareItems(r.Findings[0].Items, items) != 0 || r.Findings[0].Direction != test.direction {
				if test.outlier == 0 || !slices.ContainsFunc(r.Findings, func(f Finding) bool { return search.CompareItems(f.Items, items) == 0 }) {
					t.Fatalf("%v (%s) was planted, found: %s; %+v", items, test.direction, brief(r), r.Trust)
				}
			}
			for i := range r.Findings {
				checkFigures(t, tab, &r.Findings[i], 9)
			}
		})
	}
}

// checkFigures counts a finding row by row.
func checkFigures(t *testing.T, tab *table, f *Finding, seed uint64) {
	t.Helper()
	var n, sum, all, total [2]int64
	var most int64
	for i := range tab.rows.N {
		part := encoder.PartBits(encoder.HashOrdinal(seed, int64(i)), false) & encoder.Confirmation
		x := tab.rows.Values[0][i]
		all[part]++
		total[part] += x
		if tab.matches(i, f.Items) {
			n[part]++
			sum[part] += x
			most = max(most, x)
		}
	}
	check := func(what string, g Figures, n, sum, all, total int64) {
		mean, overall := float64(sum)/float64(n), float64(total)/float64(all)
		excess := float64(sum) - float64(n)*overall
		if g.N != n || g.Known != n || !near(g.Share, float64(n)/float64(all), 1e-12) || !near(*g.Mean, mean, 1e-12) || !near(*g.Excess, excess, 1e-6) {
			t.Errorf("%s, %s: %+v, want %d customers of mean %v and excess %v", f.Group, what, g, n, mean, excess)
		}
		if !(*g.Low <= *g.High) || g.Winsorised == nil && !(*g.Low <= mean && mean <= *g.High) || g.Winsorised != nil && !(*g.Low <= *g.Winsorised.Mean && *g.Winsorised.Mean <= *g.High) {
			t.Errorf("%s, %s: the interval %v to %v does not hold the mean", f.Group, what, *g.Low, *g.High)
		}
		if (g.Lift != nil) != (tab.metrics[0].Binary || overall > 0 && !slices.ContainsFunc(tab.rows.Values[0], func(x int64) bool { return x < 0 })) {
			t.Errorf("%s, %s: lift %v of an overall mean of %v", f.Group, what, g.Lift, overall)
		}
	}
	check("discovery", f.Discovery, n[0], sum[0], all[0], total[0])
	check("confirmation", f.Confirmation, n[1], sum[1], all[1], total[1])
	check("all", f.All, n[0]+n[1], sum[0]+sum[1], all[0]+all[1], total[0]+total[1])
	if f.Largest != 0 && !near(f.Largest, float64(most)/float64(sum[0]+sum[1]), 1e-12) || f.Heavy != (f.Largest > 0.2) {
		t.Errorf("%s: the largest customer brings %v, want %d of %d", f.Group, f.Largest, most, sum[0]+sum[1])
	}
	if len(f.Steps) != len(f.Items)+1 || f.Steps[len(f.Items)].N != n[1] || *f.Steps[len(f.Items)].Mean != *f.Confirmation.Mean || f.Steps[0].N != all[1] {
		t.Errorf("%s: steps %+v do not lead to the group", f.Group, f.Steps)
	}
}

// A ratio's variance is that of its linearised form, row by row.
func TestRatioSample(t *testing.T) {
	tab := noise(3, "log-normal")
	n := tab.rows.N
	den, known := make([]int64, n), make([]bool, n)
	for i := range den {
		den[i], known[i] = 1+int64(tab.rows.Codes[0][i])+tab.rows.Values[0][i]/500, true
	}
	tab.plan.Measures = append(tab.plan.Measures, encoder.Measure{Name: "d", Column: "d", Complete: true})
	tab.rows.Values, tab.rows.Known = append(tab.rows.Values, den), append(tab.rows.Known, known)
	tab.metrics[0].Den, tab.metrics[0].Digits, tab.metrics[0].DenDigits = 1, 2, 1
	tab.split(t, 1, inOrder(n), inOrder(n))
	m := sample.NewMeter(tab.metrics[0], mustSpread(t, tab))
	f := &finder{shards: tab, t: m}
	p, err := f.probeItems(t.Context(), [][]wire.Item{nil}, m.Columns)
	if err != nil {
		t.Fatal(err)
	}
	got := m.Sample(p.All(m, 0))
	var a, b float64
	for i := range n {
		a, b = a+float64(tab.rows.Values[0][i])/100, b+float64(den[i])/10
	}
	var squares float64
	for i := range n {
		e := float64(tab.rows.Values[0][i])/100 - a/b*float64(den[i])/10
		squares += e * e
	}
	want := squares / float64(n-1) / (b / float64(n)) / (b / float64(n))
	if !near(got.Mean, a/b, 1e-9) || !near(got.Variance, want, 1e-6) {
		t.Errorf("mean %v and variance %v, want %v and %v", got.Mean, got.Variance, a/b, want)
	}
}

func TestKnownThings(t *testing.T) {
	tab := openTable(t, shared(t, "data", "bank-binned.csv"), []string{"y=1"}, []string{"balance"})
	tab.split(t, 1, inOrder(tab.rows.N), inOrder(tab.rows.N))
	c := Default()
	c.Known = []string{"poutcome=success", "housing=no"}
	c.Value, c.Cost = 120, 5
	r := tab.find(t, 2, c)
	seen := map[string]int{}
	for _, f := range r.Findings {
		seen[f.Status]++
		if f.Unexplained < 0 || f.Unexplained > 1 || f.Status == Derived && f.Unexplained > 1-derivedFrom || f.Status == Confirmed && f.Unexplained != 0 {
			t.Errorf("%s is %s, unexplained %v", f.Group, f.Status, f.Unexplained)
		}
		if want := float64(f.All.N) * (*f.Confirmation.Mean*120 - 5); !near(f.Money.Profit, want, 1e-9) || f.Money.BreakEven != 5.0/120 {
			t.Errorf("%s: %+v, want a profit of %v", f.Group, f.Money, want)
		}
	}
	if r.Findings[0].Status != Confirmed || seen[Derived] == 0 || seen[New] == 0 {
		t.Errorf("statuses %v, the first %s", seen, r.Findings[0].Status)
	}
	c.Known = []string{"poutcome=nonsense"}
	if err := Check(&tab.plan, c.Known); err == nil {
		t.Error("an unknown level was accepted")
	}
}

// TestFindingsBeatTheirParents counts row by row that every finding has the odds
// ratio asked for against everybody else and against each parent's other
// customers, on discovery, and that those before it together do not cover it.
func TestFindingsBeatTheirParents(t *testing.T) {
	tab := openTable(t, shared(t, "data", "bank-binned.csv"), []string{"y=1"}, []string{"balance"})
	tab.split(t, 1, inOrder(tab.rows.N), inOrder(tab.rows.N))
	c := Default()
	c.Gain, c.MaxShare = 2, 0.04
	r := tab.find(t, 3, c)
	if len(r.Findings) < 5 {
		t.Fatalf("%d findings: %s", len(r.Findings), brief(r))
	}
	var discovery []int
	for i := range tab.rows.N {
		if encoder.PartBits(encoder.HashOrdinal(1, int64(i)), false)&encoder.Confirmation == 0 {
			discovery = append(discovery, i)
		}
	}
	for k, f := range r.Findings {
		for drop := -1; drop < len(f.Items); drop++ {
			var parent []wire.Item // −1: everybody
			if drop >= 0 {
				if len(f.Items) == 1 {
					continue
				}
				parent = slices.Concat(f.Items[:drop], f.Items[drop+1:])
			}
			var in, out [2]float64
			for _, i := range discovery {
				switch y := tab.rows.Values[0][i]; {
				case tab.matches(i, f.Items):
					in[y]++
				case tab.matches(i, parent):
					out[y]++
				}
			}
			odds, least := in[1]*out[0]/(in[0]*out[1]), 2.0
			if f.Direction == "down" {
				odds = 1 / odds
			}
			if drop < 0 {
				least = c.Odds
			}
			if !(odds >= least) {
				t.Errorf("%s %s: odds ratio %v against the others of %v", f.Direction, f.Group, odds, parent)
			}
		}
		mine, shared := 0, 0
		for _, i := range discovery {
			if tab.matches(i, f.Items) {
				mine++
				if slices.ContainsFunc(r.Findings[:k], func(o Finding) bool { return o.Direction == f.Direction && tab.matches(i, o.Items) }) {
					shared++
				}
			}
		}
		if float64(shared) > c.Overlap*float64(mine) {
			t.Errorf("%d of the %d customers of %s are in findings above", shared, mine, f.Group)
		}
		if f.All.Share > 0.04 || f.Covered > 0.95 || k > 0 && f.Rank != k+1 {
			t.Errorf("finding %d: %+v", k, f)
		}
	}
}

func TestConfigValidate(t *testing.T) {
	c := Default()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	for _, spoil := range []func(*Config){
		func(c *Config) { c.Direction = "left" }, func(c *Config) { c.MinCount = 0 }, func(c *Config) { c.Odds = 0.5 },
		func(c *Config) { c.Lift = math.NaN() }, func(c *Config) { c.FDR = 0 }, func(c *Config) { c.MaxShare = 2 },
		func(c *Config) { c.Cost = -1 }, func(c *Config) { c.Candidates = 0 }, func(c *Config) { c.Z = math.Inf(1) },
	} {
		c := Default()
		spoil(&c)
		if err := c.Validate(); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}

func mustSpread(t *testing.T, tab *table) *partial.Spread {
	t.Helper()
	spread, err := search.Gather(t.Context(), tab, wire.OpSpread, struct{}{}, (*partial.Spread).Merge)
	if err != nil {
		t.Fatal(err)
	}
	return spread
}
