package merge

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// besideTable has two traits that tell something of the metric, a context that
// tells as much, and one of noise.
func besideTable(t testing.TB) *table {
	draw := rand.New(rand.NewPCG(7, 7))
	var rows [][]string
	for range 6000 {
		a, b, c, noise := draw.IntN(4), draw.IntN(3), draw.IntN(5), draw.IntN(6)
		value := 10*a + 8*b + 9*c + draw.IntN(60)
		rows = append(rows, []string{fmt.Sprint("a", a), fmt.Sprint("b", b), fmt.Sprint("c", c), fmt.Sprint("n", noise), fmt.Sprint(value)})
	}
	tab := newTable(t, []string{"a", "b", "c", "noise"}, []string{"value"}, rows)
	tab.refold(3)
	return tab
}

// heldOutByRows is the R² of one split, row by row: shrunk means of the cells of
// its training rows against its test rows.
func heldOutByRows(tab *table, features []int, bit int) float64 {
	type cell struct{ n, sum float64 }
	cells := map[string]*cell{}
	key := func(i int) string {
		k := ""
		for _, f := range features {
			k += fmt.Sprint(tab.rows.Codes[f][i], ",")
		}
		return k
	}
	train := func(i int) bool { return tab.rows.Fold[i]>>bit&1 == 0 }
	n, sum, squares := 0.0, 0.0, 0.0
	for i, x := range tab.rows.Values[0] {
		if train(i) {
			n, sum, squares = n+1, sum+float64(x), squares+float64(x*x)
		}
	}
	mean := sum / n
	for i, x := range tab.rows.Values[0] {
		if train(i) {
			k := key(i)
			if cells[k] == nil {
				cells[k] = &cell{}
			}
			cells[k].n++
			cells[k].sum += float64(x) - mean
		}
	}
	between, sizes := 0.0, 0.0
	for _, c := range cells {
		between, sizes = between+c.sum*c.sum/c.n, sizes+c.n*c.n
	}
	groups := float64(len(cells))
	within := (squares - n*mean*mean - between) / (n - groups)
	prior := within * (n - sizes/n) / (between - (groups-1)*within)
	var wrong, all, tests, testSum float64
	for i, x := range tab.rows.Values[0] {
		if !train(i) {
			tests, testSum = tests+1, testSum+float64(x)
		}
	}
	for i, x := range tab.rows.Values[0] {
		if !train(i) {
			p := mean
			if c := cells[key(i)]; c != nil {
				p += c.sum / (c.n + prior)
			}
			wrong += (float64(x) - p) * (float64(x) - p)
			all += (float64(x) - testSum/tests) * (float64(x) - testSum/tests)
		}
	}
	return 1 - wrong/all
}

func checkExplained(t *testing.T, tab *table, what string, e *Explained, crossed ...int) {
	t.Helper()
	if e == nil || len(e.Splits) != encoder.Folds {
		t.Fatalf("%s: %+v", what, e)
	}
	for bit, s := range e.Splits {
		got := slices.Clone(s.Crossed)
		slices.Sort(got)
		if !slices.Equal(got, crossed) {
			t.Errorf("%s, split %d: %v were crossed, not %v", what, bit, got, crossed)
		}
		if want := heldOutByRows(tab, s.Crossed, bit); math.Abs(s.R2-want) > 1e-9 {
			t.Errorf("%s, split %d: R² is %v, row by row %v", what, bit, s.R2, want)
		}
	}
}

func TestWhatOtherFeaturesAdd(t *testing.T) {
	tab := besideTable(t)
	r := run(t, tab, Config{Features: []int{0, 1}, Beside: [][]int{{0, 1, 2}, {0, 1, 3}}})
	checkExplained(t, tab, "traits", r.R2.Cells, 0, 1)
	checkExplained(t, tab, "traits and context", r.R2.Beside[0], 0, 1, 2)
	checkExplained(t, tab, "traits and noise", r.R2.Beside[1], 0, 1)
	if gain, err := r.R2.Beside[0].Beyond(r.R2.Cells); gain < 0.1 || err > gain/5 {
		t.Errorf("context adds %v ± %v", gain, err)
	}
	if gain, err := r.R2.Beside[1].Beyond(r.R2.Cells); gain != 0 || err != 0 {
		t.Errorf("noise adds %v ± %v", gain, err)
	}
	alone := run(t, tab, Config{Features: []int{0, 1}})
	if !slices.Equal(alone.Crossed, r.Crossed) || alone.R2.HeldOut != r.R2.HeldOut || alone.R2.Undoubted != nil {
		t.Error("the comparison changes the segments")
	}
}

func TestWhatIsLeftWithoutTheDoubted(t *testing.T) {
	tab := besideTable(t)
	r := run(t, tab, Config{Doubted: []int{2}})
	checkExplained(t, tab, "all", r.R2.Cells, 0, 1, 2)
	checkExplained(t, tab, "without the doubted", r.R2.Undoubted, 0, 1)
	if r := run(t, tab, Config{Doubted: []int{3}}); r.R2.Undoubted != nil {
		t.Error("a feature that is not crossed is doubted")
	}
	if r := run(t, tab, Config{Doubted: []int{0, 1, 2, 3}}); r.R2.Undoubted == nil || math.Abs(r.R2.Undoubted.R2) > 0.01 {
		t.Errorf("without any feature R² is %+v", r.R2.Undoubted)
	}
}

func TestComparisonsWithNamedFeatures(t *testing.T) {
	tab := besideTable(t)
	r := run(t, tab, Config{Features: []int{0, 1}, Cross: []int{1}, Beside: [][]int{{0, 1, 2}}})
	checkExplained(t, tab, "the named", r.R2.Cells, 1)
	checkExplained(t, tab, "the named and context", r.R2.Beside[0], 1, 2)
	r = run(t, tab, Config{Cross: []int{0, 2}, Doubted: []int{2}})
	checkExplained(t, tab, "without the doubted", r.R2.Undoubted, 0)
}

func TestComparisonsAreChecked(t *testing.T) {
	tab := besideTable(t)
	for _, c := range []Config{{Beside: [][]int{{0, 9}}}, {Beside: [][]int{{0, 0}}}, {Doubted: []int{-1}}} {
		if _, err := Run(context.Background(), tab, &tab.plan, tab.metrics, tab.levels(), c, nil); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
