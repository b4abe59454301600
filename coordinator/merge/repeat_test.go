package merge

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// One draw of every customer, each once, chooses what the run chose and finds
// its clusters: crossings and moments of the table are those of the ops.
func TestDrawingEverybodyOnceIsTheRun(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	tab := synthetic(t, 8000, []int{4, 3, 5, 2}, func(c []int, _ *rand.Rand) string { return fmt.Sprint(c[0]*4 + c[1]*c[1]*3 + rng.IntN(4)) })
	r := run(t, tab, Config{})
	if r.Repeated == nil || r.Repeated.Changed > 0.1 || len(r.Repeated.Options) != len(r.Options) {
		t.Fatalf("clear features are chosen anew: %+v", r.Repeated)
	}
	for i, o := range r.Repeated.Options {
		if o.K != r.Options[i].K || o.Fixed < r.Options[i].Stable-0.1 || math.Abs(o.Stable-o.Fixed) > 0.05 {
			t.Errorf("%+v, by cells %+v", o, r.Options[i])
		}
	}
	x := runner{ledger: ledger{shards: tab, plan: &tab.plan, metrics: tab.metrics, known: map[string]*crossing{}}, c: Config{}.withDefaults(), formed: discovery(), candidate: []int{0, 1, 2, 3}}
	contents, err := x.contents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	table, err := newDrawTable(contents, x.candidate, &tab.plan, tab.metrics)
	if err != nil {
		t.Fatal(err)
	}
	d := &drawn{t: table, l: ledger{plan: &tab.plan, metrics: tab.metrics, known: map[string]*crossing{}}}
	for _, n := range table.n {
		d.w = append(d.w, float64(n))
	}
	chosen, lambda := d.choose(x.candidate, &x.c)
	if diff := cmp.Diff(r.Crossed, chosen); diff != "" || math.Abs(lambda-r.Lambda) > 1e-9 {
		t.Errorf("chosen (-run +drawn), λ %v and %v:\n%s", r.Lambda, lambda, diff)
	}
}

// Features that tell the metric equally well take each other's place in
// bootstraps, and clusters with them: the cells alone would not know.
func TestRivalsAreUnstable(t *testing.T) {
	var rows [][]string
	rng := rand.New(rand.NewPCG(2, 9))
	for range 4000 {
		hidden := rng.IntN(6)
		row := []string{}
		for range 3 { // three views of what is hidden, as good as each other
			view := hidden
			if rng.IntN(3) == 0 {
				view = rng.IntN(6)
			}
			row = append(row, string(rune('a'+view)))
		}
		rows = append(rows, append(row, fmt.Sprint(hidden*3+rng.IntN(3))))
	}
	tab := newTable(t, []string{"one", "two", "three"}, []string{"m"}, rows)
	r := run(t, tab, Config{MaxCross: 1})
	if r.Repeated == nil || r.Repeated.Changed < 0.2 || r.Repeated.Changed > 0.9 {
		t.Fatalf("%+v", r.Repeated)
	}
	for _, o := range r.Repeated.Options {
		if o.Stable > o.Fixed {
			t.Errorf("more stable with the features chosen anew: %+v", o)
		}
	}
}

// Thinned or not, the rows drawn from do not depend on how the table is cut.
func TestContentsAreIndependentOfShards(t *testing.T) {
	tab := bank(t)
	x := runner{ledger: ledger{shards: tab, plan: &tab.plan, metrics: tab.metrics}, formed: discovery(), candidate: []int{0, 1, 2, 3, 14}}
	whole, err := x.contents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tab.cut = 1001
	parts, err := x.contents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole, parts); diff != "" {
		t.Errorf("-whole +parts:\n%s", diff)
	}
	if len(whole.Rows) > repeatedRows || len(whole.Rows) < repeatedRows/4 {
		t.Errorf("%d rows are kept at level %d", len(whole.Rows), whole.Level)
	}
}
