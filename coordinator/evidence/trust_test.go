package evidence

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/source/synthetic"
)

// runs returns how many seeds a test of the guarantees takes: few as a rule,
// HEADWATER_TRUST of them where that is set (make trust).
func runs(t *testing.T, few, most int) int {
	t.Helper()
	text := os.Getenv("HEADWATER_TRUST")
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("HEADWATER_TRUST=%s is not a number", text)
	}
	return min(n, most)
}

// quiet holds that at most 5 % of the runs had findings. Of few runs, one may.
func quiet(t *testing.T, what string, loud, runs int) {
	t.Helper()
	t.Logf("%s: findings in %d of %d runs on noise", what, loud, runs)
	if loud > max(1, runs/20) {
		t.Errorf("%s: findings in %d of %d runs on noise, more than 5 %%", what, loud, runs)
	}
}

// TestNothingIsFoundInShuffledTables shuffles the metrics of real tables: every
// finding is false.
func TestNothingIsFoundInShuffledTables(t *testing.T) {
	for _, test := range []struct {
		file    string
		metrics []string
		exclude []string
		few     int
	}{
		{"bank-binned.csv", []string{"y=1"}, []string{"balance"}, 3},
		{"bank-binned.csv", []string{"balance"}, []string{"y"}, 2},
		{"hillstrom.csv", []string{"conversion=1"}, []string{"visit", "spend"}, 3},
		{"hillstrom.csv", []string{"spend"}, []string{"visit", "conversion"}, 3},
	} {
		t.Run(test.file+" "+test.metrics[0], func(t *testing.T) {
			tab := openTable(t, shared(t, "data", test.file), test.metrics, test.exclude)
			loud, n := 0, runs(t, test.few, 200)
			for seed := range n {
				tab.shuffle(t, uint64(seed))
				r := tab.find(t, 3, Default())
				if len(r.Findings) > 0 {
					loud++
					t.Logf("seed %d: %s", seed, brief(r))
				}
			}
			quiet(t, test.file, loud, n)
		})
	}
}

// TestNothingIsFoundInNoise makes tables whose metrics have nothing to do with
// their features.
func TestNothingIsFoundInNoise(t *testing.T) {
	for _, kind := range []string{"1 %", "0.1 %", "20 %", "99 %", "log-normal", "few buyers", "Pareto", "zero mean", "normal"} {
		t.Run(kind, func(t *testing.T) {
			loud, n := 0, runs(t, 4, 200)
			for seed := range n {
				tab := noise(uint64(seed), kind)
				tab.split(t, uint64(seed), inOrder(tab.rows.N), inOrder(tab.rows.N))
				if r := tab.find(t, 3, Default()); len(r.Findings) > 0 {
					loud++
					t.Logf("seed %d: %s", seed, brief(r))
				}
			}
			quiet(t, kind, loud, n)
		})
	}
}

func brief(r *Result) string {
	var s string
	for _, f := range r.Findings {
		s += fmt.Sprintf("%s %s p=%.2g q=%.2g; ", f.Direction, f.Group, f.P, f.Q)
	}
	return s
}

// noise makes 20,000 customers with 10 features, of which pairs depend on each
// other, and a metric that depends on none.
func noise(seed uint64, kind string) *table {
	const n, features = 20_000, 10
	r := rand.New(rand.NewPCG(seed, 7))
	t := &table{rows: encoder.Rows{N: n, Fold: make([]uint8, n)}}
	for f := range features {
		feature := encoder.Feature{Name: fmt.Sprint("f", f), Column: fmt.Sprint("f", f), Kind: encoder.Category}
		k := 2 + r.IntN(8)
		for l := range k {
			feature.Levels = append(feature.Levels, encoder.Level{Name: fmt.Sprint("l", l), Value: fmt.Sprint("l", l)})
		}
		codes := make([]uint8, n)
		for i := range codes {
			codes[i] = uint8(1 + min(r.IntN(k), r.IntN(k)))
			if f%2 == 1 && r.IntN(3) > 0 {
				codes[i] = uint8(1 + int(t.rows.Codes[f-1][i])%k)
			}
		}
		t.plan.Features, t.rows.Codes = append(t.plan.Features, feature), append(t.rows.Codes, codes)
	}
	values, known := make([]int64, n), make([]bool, n)
	rates := map[string]float64{"1 %": 0.01, "0.1 %": 0.001, "20 %": 0.2, "99 %": 0.99}
	rate, binary := rates[kind]
	for i := range values {
		known[i] = true
		switch kind {
		case "log-normal":
			values[i] = int64(1000 * math.Exp(1.5*r.NormFloat64()))
		case "few buyers":
			if r.Float64() < 0.02 {
				values[i] = int64(1000 * math.Exp(1.2*r.NormFloat64()))
			}
		case "Pareto":
			values[i] = int64(100 * math.Pow(1-r.Float64(), -1/1.3))
		case "zero mean":
			values[i] = int64(10_000 * r.NormFloat64())
		case "normal":
			values[i] = int64(1000 + 300*r.NormFloat64())
		default:
			if r.Float64() < rate {
				values[i] = 1
			}
		}
	}
	t.plan.Measures = []encoder.Measure{{Name: "m", Column: "m", Complete: true}}
	t.rows.Values, t.rows.Known = [][]int64{values}, [][]bool{known}
	t.metrics = []metric.Metric{{Name: "m", Column: "m", Binary: binary, Num: 0, Den: -1}}
	return t
}

// TestPlantedGroupsAreFound makes tables of 100,000 customers with groups
// planted in them: each must be found, by its own rule.
func TestPlantedGroupsAreFound(t *testing.T) {
	for seed := range runs(t, 1, 50) {
		path := filepath.Join(t.TempDir(), "customers.parquet")
		truth, err := synthetic.Write(t.Context(), synthetic.Config{Rows: 100_000, Features: 20, Seed: uint64(seed), Out: path})
		if err != nil {
			t.Fatal(err)
		}
		tab := openTable(t, path, []string{truth.Metric}, []string{synthetic.Revenue})
		tab.split(t, uint64(seed), inOrder(tab.rows.N), inOrder(tab.rows.N))
		r := tab.find(t, 3, Default())
		for _, p := range truth.Planted {
			var want []string
			for _, item := range p.Items {
				want = append(want, item.Column+"="+item.Level)
			}
			found := slices.ContainsFunc(r.Findings, func(f Finding) bool {
				if len(f.Items) != len(p.Items) || f.Direction != p.Direction {
					return false
				}
				for _, item := range f.Items {
					if !slices.Contains(want, search.Name(tab.plan.Features, f.Items[slices.Index(f.Items, item):][:1])) {
						return false
					}
				}
				return true
			})
			if !found {
				t.Errorf("seed %d: %v (%s, %d customers, rate %.3f, without %.3f) was not found among %d findings:", seed, want, p.Direction, p.N, p.Rate, p.RateUnplanted, len(r.Findings))
				for _, f := range r.Findings {
					t.Logf("  %s %s %d", f.Direction, f.Group, f.All.N)
				}
			}
		}
	}
}

// TestIntervalsCoverAThirdPart looks for findings on three in ten of the
// customers and holds their intervals against the rates of the others. An
// interval of 95 % covers the rate on k times as many customers in slightly
// fewer of the cases, as that rate has an error too: 94 % at k = 6.
func TestIntervalsCoverAThirdPart(t *testing.T) {
	tab := openTable(t, shared(t, "data", "bank-binned.csv"), []string{"y=1"}, []string{"balance"})
	covered, all := 0, 0
	for seed := range runs(t, 3, 200) {
		order := rand.New(rand.NewPCG(uint64(seed), 2)).Perm(tab.rows.N)
		seen, held := order[:tab.rows.N*3/10], order[tab.rows.N*3/10:]
		slices.Sort(seen)
		tab.split(t, uint64(seed), seen, seen)
		for _, f := range tab.find(t, 2, Default()).Findings {
			var n, yes int64
			for _, i := range held {
				if tab.matches(i, f.Items) {
					n, yes = n+1, yes+tab.rows.Values[0][i]
				}
			}
			all++
			if rate := float64(yes) / float64(n); rate >= *f.Confirmation.Low && rate <= *f.Confirmation.High {
				covered++
			}
		}
	}
	t.Logf("%d of %d intervals cover the rate on a third part", covered, all)
	if all < 20 || 10*covered < 9*all {
		t.Errorf("%d of %d intervals cover the rate on a third part, fewer than 90 %%", covered, all)
	}
}

// TestBankLeadsWithSuccess holds the first finding on a real table: the rule
// itself, not a copy of it with an item that says nothing.
func TestBankLeadsWithSuccess(t *testing.T) {
	tab := openTable(t, shared(t, "data", "bank-binned.csv"), []string{"y=1"}, []string{"balance"})
	for seed := range runs(t, 2, 50) {
		tab.split(t, uint64(seed), inOrder(tab.rows.N), inOrder(tab.rows.N))
		r := tab.find(t, 3, Default())
		if len(r.Findings) == 0 || r.Findings[0].Group != "poutcome=success" {
			t.Fatalf("seed %d: %s", seed, brief(r))
		}
		for _, f := range r.Findings {
			if f.Group == "default=no & poutcome=success" {
				t.Errorf("seed %d: a copy of the first finding is listed", seed)
			}
		}
	}
}
