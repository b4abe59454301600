package merge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// run makes segments of a table and checks what holds for any.
func run(t testing.TB, tab *table, c Config) *Result {
	t.Helper()
	r, err := Run(context.Background(), tab, &tab.plan, tab.metrics, tab.levels(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	checkPartition(t, tab, r)
	if _, err := json.Marshal(r); err != nil {
		t.Errorf("the result is no JSON: %v", err)
	}
	return r
}

// checkPartition checks that sizes add up, that the rules say what the tree
// does on every customer, and that every combination of codes of the crossed
// features, seen or not, fits exactly one rule.
func checkPartition(t testing.TB, tab *table, r *Result) {
	t.Helper()
	sizes := make([]int64, len(r.Segments))
	for i := range tab.rows.N {
		sizes[tab.segmentOf(&r.Tree, i)]++
	}
	var all int64
	for s, seg := range r.Segments {
		var rules int64
		for _, rule := range seg.Rules {
			rules += rule.N
		}
		if seg.N != sizes[s] || rules != seg.N || seg.N == 0 {
			t.Errorf("segment %d has %d customers, its rules %d, the tree sends it %d", s, seg.N, rules, sizes[s])
		}
		all += seg.N
	}
	if all != int64(tab.rows.N) || r.K != len(r.Segments) {
		t.Errorf("%d segments (K=%d) hold %d of %d customers", len(r.Segments), r.K, all, tab.rows.N)
	}
	codes := make([]uint8, len(r.Crossed))
	for {
		fits := []int{}
		for s, seg := range r.Segments {
			for _, rule := range seg.Rules {
				if fitsRule(rule, r.Crossed, codes) {
					fits = append(fits, s)
				}
			}
		}
		if want := segmentOf(&r.Tree, r.Crossed, codes); len(fits) != 1 || fits[0] != want {
			t.Fatalf("codes %v of features %v fit rules of segments %v, the tree says %d", codes, r.Crossed, fits, want)
		}
		j := 0
		for j < len(codes) {
			codes[j]++
			if int(codes[j]) < tab.plan.Features[r.Crossed[j]].Codes() {
				break
			}
			codes[j] = 0
			j++
		}
		if j == len(codes) {
			return
		}
	}
}

func fitsRule(rule Rule, crossed []int, codes []uint8) bool {
	for _, c := range rule.Conditions {
		if !slices.Contains(c.Codes, int(codes[slices.Index(crossed, c.Feature)])) {
			return false
		}
	}
	return true
}

func TestBankSegmentsHoldOut(t *testing.T) {
	tab := bank(t)
	tab.metrics[0].Binary = true
	for seed := range uint64(2) {
		tab.refold(seed)
		r := run(t, tab, Config{})
		t.Logf("seed %d: held out %.4f ± %.4f, tree %.4f (as many leaves as segments) %.4f (as rules); in sample %.4f, merged %.4f; K=%d, crossed %v",
			seed, r.R2.HeldOut, r.R2.Error, r.R2.Tree.SameSegments, r.R2.Tree.SameRules, r.R2.Segments, r.R2.Merged, r.K, r.Names)
		if r.R2.HeldOut < 0.155 {
			t.Errorf("seed %d: held-out R² is %.4f, want 0.155 or more", seed, r.R2.HeldOut)
		}
		if r.R2.HeldOut > r.R2.Segments+0.02 {
			t.Errorf("seed %d: held-out R² %.4f is far above that in sample, %.4f", seed, r.R2.HeldOut, r.R2.Segments)
		}
		if r.K < 6 || r.K > 10 || !r.Predicts {
			t.Errorf("seed %d: K=%d, predicts %v", seed, r.K, r.Predicts)
		}
		for s, seg := range r.Segments {
			if seg.Share < 0.01 {
				t.Errorf("seed %d: segment %d holds %.2f %% of the customers", seed, s, 100*seg.Share)
			}
			if s > 0 && *seg.Metrics[0].Mean > *r.Segments[s-1].Metrics[0].Mean {
				t.Errorf("seed %d: segment %d stands below one of a lower mean", seed, s)
			}
		}
	}
}

// The held-out figure, computed row by row from the segments of one split.
func TestHeldOutEqualsRowByRow(t *testing.T) {
	tab := bank(t)
	r := run(t, tab, Config{Cross: []int{14, 10, 7}, K: 6, Lambda: 0.5})
	l := ledger{shards: tab, plan: &tab.plan, metrics: tab.metrics, known: map[string]*crossing{}, maxCells: 30000}
	totals, err := l.total(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.count(context.Background(), [][]int{{14, 10, 7}}); err != nil {
		t.Fatal(err)
	}
	for bit := range encoder.Folds {
		s := newSplit(totals, everyone(), bit)
		f, err := newFit(t.Context(), l.get([]int{7, 10, 14}), s.train, &s.trained, tab.metrics, &tab.plan, 0.5, Config{K: 6}.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		n, sum := make([]float64, f.k), make([]float64, f.k)
		var testN, testSum float64
		for i := range tab.rows.N {
			y := float64(tab.rows.Values[0][i])
			if tab.rows.Fold[i]>>bit&1 == 1 {
				testN, testSum = testN+1, testSum+y
				continue
			}
			n[tab.segmentOf(&f.tree, i)]++
			sum[tab.segmentOf(&f.tree, i)] += y
		}
		var residual, total float64
		for i := range tab.rows.N {
			if tab.rows.Fold[i]>>bit&1 == 1 {
				y, k := float64(tab.rows.Values[0][i]), tab.segmentOf(&f.tree, i)
				residual += math.Pow(y-sum[k]/n[k], 2)
				total += math.Pow(y-testSum/testN, 2)
			}
		}
		if want := 1 - residual/total; math.Abs(want-r.R2.Splits[bit].R2) > 1e-9 {
			t.Errorf("split %d: held-out R² %v, row by row %v", bit, r.R2.Splits[bit].R2, want)
		}
	}
}

// Results do not depend on how the rows are cut into shards.
func TestSegmentsAreIndependentOfShards(t *testing.T) {
	tab := bank(t)
	var want []byte
	for _, cut := range []int{1 << 30, 7001} {
		tab.cut = cut
		got, err := json.Marshal(run(t, tab, Config{}))
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		} else if string(want) != string(got) {
			t.Errorf("shards of %d rows give other segments", cut)
		}
	}
}

// synthetic makes n rows of features with the given numbers of levels and one
// metric.
func synthetic(t testing.TB, n int, levels []int, metric func(codes []int, rng *rand.Rand) string) *table {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	var names []string
	for f := range levels {
		names = append(names, fmt.Sprint("f", f))
	}
	var rows [][]string
	for range n {
		var row []string
		codes := make([]int, len(levels))
		for f, k := range levels {
			codes[f] = rng.IntN(k)
			row = append(row, fmt.Sprintf("v%02d", codes[f]))
		}
		rows = append(rows, append(row, metric(codes, rng)))
	}
	return newTable(t, names, []string{"m"}, rows)
}

// noted says whether one of the result's notes contains a text.
func noted(r *Result, text string) bool {
	return slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, text) })
}

func TestUnusualTables(t *testing.T) {
	coin := func(rng *rand.Rand) string { return fmt.Sprint(rng.IntN(2)) }
	t.Run("metric of one value", func(t *testing.T) {
		r := run(t, synthetic(t, 2000, []int{3, 4}, func([]int, *rand.Rand) string { return "7" }), Config{})
		if r.Predicts || r.Lambda != 0 || !noted(r, "one value only") || !noted(r, "No feature predicts") || r.K < 6 {
			t.Errorf("predicts %v, lambda %v, K=%d, notes %q", r.Predicts, r.Lambda, r.K, r.Notes)
		}
	})
	t.Run("metric of noise", func(t *testing.T) {
		r := run(t, synthetic(t, 3000, []int{3, 4, 2}, func(_ []int, rng *rand.Rand) string { return coin(rng) }), Config{})
		if r.Predicts || r.R2.HeldOut > 0.01 {
			t.Errorf("predicts %v, held out %v", r.Predicts, r.R2.HeldOut)
		}
	})
	t.Run("one feature", func(t *testing.T) {
		r := run(t, synthetic(t, 2000, []int{12}, func(c []int, rng *rand.Rand) string { return fmt.Sprint(c[0]*10 + rng.IntN(30)) }), Config{})
		if r.K < 6 || len(r.Crossed) != 1 {
			t.Errorf("K=%d, crossed %v", r.K, r.Crossed)
		}
	})
	t.Run("fewer cells than segments", func(t *testing.T) {
		r := run(t, synthetic(t, 1000, []int{2, 2}, func(c []int, rng *rand.Rand) string { return fmt.Sprint(c[0] + 2*c[1] + rng.IntN(2)) }), Config{})
		if r.K != 4 || !noted(r, "only 4 cells") {
			t.Errorf("K=%d, notes %q", r.K, r.Notes)
		}
	})
	t.Run("identical customers", func(t *testing.T) {
		r := run(t, synthetic(t, 500, []int{1, 1}, func([]int, *rand.Rand) string { return "1" }), Config{})
		if r.K != 1 || len(r.Segments[0].Rules[0].Conditions) != 0 {
			t.Errorf("K=%d, rules %v", r.K, r.Segments[0].Rules)
		}
	})
	t.Run("all cells small", func(t *testing.T) {
		r := run(t, synthetic(t, 60, []int{7, 5}, func(c []int, _ *rand.Rand) string { return fmt.Sprint(c[0]) }), Config{})
		if r.Folded != 0 && r.Cells == len(r.Points) {
			t.Errorf("%d of %d cells folded into %d points", r.Folded, r.Cells, len(r.Points))
		}
	})
	t.Run("negative metric", func(t *testing.T) {
		r := run(t, synthetic(t, 2000, []int{3, 3}, func(c []int, rng *rand.Rand) string { return fmt.Sprint(-100*c[0] - 10*c[1] - rng.IntN(20)) }), Config{})
		if s := r.Segments[0].Metrics[0]; s.Mean == nil || *s.Mean > 0 || s.Lift != nil {
			t.Errorf("best segment %+v", s)
		}
		if r.R2.HeldOut < 0.9 {
			t.Errorf("held out %v", r.R2.HeldOut)
		}
	})
	t.Run("metric partly missing", func(t *testing.T) {
		r := run(t, synthetic(t, 4000, []int{4, 3}, func(c []int, rng *rand.Rand) string {
			if c[0] == 3 || rng.IntN(5) == 0 {
				return ""
			}
			return fmt.Sprint(c[0]*5 + rng.IntN(4))
		}), Config{})
		if !noted(r, "is known for") {
			t.Errorf("notes %q", r.Notes)
		}
		for _, s := range r.Segments {
			if m := s.Metrics[0]; m.Known > s.N || m.Known == 0 && m.Mean != nil {
				t.Errorf("segment of %d: %+v", s.N, m)
			}
		}
	})
	t.Run("metric all missing", func(t *testing.T) {
		r := run(t, synthetic(t, 1000, []int{4, 3}, func([]int, *rand.Rand) string { return "" }), Config{})
		if r.Predicts || !noted(r, "known for no customer") {
			t.Errorf("predicts %v, notes %q", r.Predicts, r.Notes)
		}
	})
	t.Run("exclusive or", func(t *testing.T) {
		tab := synthetic(t, 4000, []int{2, 2}, func(c []int, _ *rand.Rand) string { return fmt.Sprint(c[0] ^ c[1]) })
		if r := run(t, tab, Config{Cross: []int{0, 1}, K: 2, Lambda: 1}); r.R2.HeldOut < 0.999 || r.K != 2 {
			t.Errorf("held out %v with K=%d", r.R2.HeldOut, r.K)
		}
	})
	t.Run("heavy tail", func(t *testing.T) {
		tab := synthetic(t, 5000, []int{6, 5}, func(c []int, rng *rand.Rand) string {
			if rng.IntN(2500) == 0 {
				return "100000000"
			}
			return fmt.Sprint(c[0]*100 + rng.IntN(50))
		})
		if r := run(t, tab, Config{}); r.K < 2 {
			t.Errorf("K=%d", r.K)
		}
	})
	t.Run("no metric", func(t *testing.T) {
		tab := synthetic(t, 3000, []int{3, 4}, func([]int, *rand.Rand) string { return "1" })
		tab.metrics = nil
		if r := run(t, tab, Config{}); r.Predicts || r.K < 6 {
			t.Errorf("predicts %v, K=%d", r.Predicts, r.K)
		}
	})
	t.Run("no feature", func(t *testing.T) {
		if r := run(t, synthetic(t, 100, nil, func([]int, *rand.Rand) string { return "1" }), Config{}); r.K != 1 {
			t.Errorf("K=%d", r.K)
		}
	})
	t.Run("fixed number", func(t *testing.T) {
		tab := synthetic(t, 3000, []int{5, 4}, func(c []int, rng *rand.Rand) string { return fmt.Sprint(c[0]*c[1]*5 + rng.IntN(9)) })
		for _, k := range []int{1, 2, 13} {
			if r := run(t, tab, Config{K: k}); r.K != k {
				t.Errorf("K=%d, want %d", r.K, k)
			}
		}
	})
}

// A ratio weighs customers by their denominators: its overall mean is the
// ratio of sums, and segments find what drives it.
func TestRatioMetric(t *testing.T) {
	var rows [][]string
	rng := rand.New(rand.NewPCG(5, 5))
	for range 4000 {
		g := rng.IntN(3)
		exposure := 1 + rng.IntN(9)
		rows = append(rows, []string{fmt.Sprint(g), fmt.Sprint(rng.IntN(4)), fmt.Sprint(exposure*(1+g) + rng.IntN(3)), fmt.Sprint(exposure)})
	}
	tab := newTable(t, []string{"g", "noise"}, []string{"claims", "exposure"}, rows)
	tab.metrics = []metric.Metric{{Name: "claims/exposure", Num: 0, Den: 1}}
	r := run(t, tab, Config{})
	if !r.Predicts || r.Crossed[0] != 0 {
		t.Errorf("predicts %v, crossed %v", r.Predicts, r.Crossed)
	}
	first, last := *r.Segments[0].Metrics[0].Mean, *r.Segments[len(r.Segments)-1].Metrics[0].Mean
	if first < 3 || last > 1.5 {
		t.Errorf("ratios from %v down to %v, want from above 3 to about 1.2", first, last)
	}
}

// Unless given, λ is raised just so far that a metric which is hard to predict
// is a quarter of the inertia of the cells.
func TestLambdaFollowsTheMetric(t *testing.T) {
	for _, c := range []struct{ given, r2, want float64 }{
		{0, 0.5, 0.5}, {0, 1, 0.5}, {0, 1.0 / 3, 0.5}, {0, 0.19, 0.25 / (0.25 + 0.19*0.75)}, {0, 0, 0.5}, {0.5, 0.01, 0.5}, {1, 0.5, 1},
	} {
		s := choice{r2: []float64{c.r2 / 2, c.r2 * 1.5}}
		got := s.weigh(c.given)
		if math.Abs(got-c.want) > 1e-12 {
			t.Errorf("R² %v, given %v: lambda %v, want %v", c.r2, c.given, got, c.want)
		}
		if share := got * c.r2 / (got*c.r2 + 1 - got); c.given == 0 && c.r2 > 0 && share < 0.25-1e-12 {
			t.Errorf("R² %v: the metric is %v of the inertia", c.r2, share)
		}
	}
}

func TestRunRefusesBadInput(t *testing.T) {
	tab := synthetic(t, 300, []int{20, 20}, func(c []int, _ *rand.Rand) string { return fmt.Sprint(c[0]) })
	for name, c := range map[string]Config{
		"order of K":  {KMin: 5, KMax: 4},
		"many K":      {KMax: 1000},
		"lambda":      {Lambda: 1.5},
		"lambda NaN":  {Lambda: math.NaN()},
		"cell":        {MinCell: -1},
		"segment":     {MinSegment: 0.9},
		"cells":       {MaxCells: 1 << 20},
		"feature":     {Features: []int{2}},
		"twice":       {Cross: []int{1, 1}},
		"cross":       {MaxCross: 40},
		"too many":    {Cross: []int{0, 1}, MaxCells: 50},
		"negative K":  {K: -1},
		"no such one": {Cross: []int{-1}},
	} {
		if _, err := Run(context.Background(), tab, &tab.plan, tab.metrics, tab.levels(), c, nil); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	levels := tab.levels()
	levels.N = levels.N[1:]
	if _, err := Run(context.Background(), tab, &tab.plan, tab.metrics, levels, Config{}, nil); err == nil {
		t.Error("levels of another plan are accepted")
	}
	empty := synthetic(t, 0, []int{2}, nil)
	if _, err := Run(context.Background(), empty, &empty.plan, empty.metrics, empty.levels(), Config{}, nil); err == nil {
		t.Error("a table without customers is accepted")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, tab, &tab.plan, tab.metrics, tab.levels(), Config{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled run returns %v", err)
	}
}
