package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// randomTable makes a table of few levels, so that groups of six items have
// rows; some features have an *other* level, some measures are not known
// everywhere, and values may be of any size.
func randomTable(rt *rapid.T) *table {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
	n := rapid.IntRange(1, 300).Draw(rt, "rows")
	t := &table{plan: &encoder.Plan{}, rows: encoder.Rows{N: n, Fold: make([]uint8, n), Part: make([]uint8, n)}}
	for i := range t.rows.Part {
		t.rows.Part[i] = uint8(r.IntN(encoder.Parts))
	}
	for f := range rapid.IntRange(1, 7).Draw(rt, "features") {
		feature := encoder.Feature{Name: fmt.Sprint("f", f), Levels: make([]encoder.Level, 1+r.IntN(3))}
		for l := range feature.Levels {
			feature.Levels[l].Name = fmt.Sprint("l", l)
		}
		if r.IntN(2) == 0 {
			feature.Other = uint8(len(feature.Levels))
		}
		codes := make([]uint8, n)
		for i := range codes {
			codes[i] = uint8(r.IntN(feature.Codes()))
		}
		t.plan.Features, t.rows.Codes = append(t.plan.Features, feature), append(t.rows.Codes, codes)
	}
	for m := range rapid.IntRange(0, 3).Draw(rt, "measures") {
		complete, bits := r.IntN(2) == 0, 1+r.IntN(63)
		values, known := make([]int64, n), make([]bool, n)
		for i := range n {
			if known[i] = complete || r.IntN(3) > 0; known[i] {
				values[i] = r.Int64()>>(63-bits) - 1<<(bits-1)
			}
		}
		t.plan.Measures = append(t.plan.Measures, encoder.Measure{Name: fmt.Sprint("m", m), Complete: complete})
		t.rows.Values, t.rows.Known = append(t.rows.Values, values), append(t.rows.Known, known)
	}
	t.cut(rt, rapid.IntRange(1+n/5, n).Draw(rt, "shard"), r.Perm(n))
	return t
}

// bruteGroup is a group found by listing the subsets of every row's items.
type bruteGroup struct {
	items []wire.Item
	n     int64
	found int64 // of n, in discovery
	known []int64
	sums  []*big.Int
}

func (t *table) brute(order int, allowed []int, minimum int64) (groups []bruteGroup) {
	found := map[string]*bruteGroup{}
	var use []int
	for f := range t.plan.Features {
		if allowed == nil || slices.Contains(allowed, f) {
			use = append(use, f)
		}
	}
	for i := range t.rows.N {
		for subset := 1; subset < 1<<len(use); subset++ {
			var items []wire.Item
			listed := true
			for k, f := range use {
				if subset>>k&1 != 0 {
					code := t.rows.Codes[f][i]
					listed = listed && (code == 0 || code != t.plan.Features[f].Other)
					items = append(items, wire.Item{Feature: f, Code: code})
				}
			}
			if !listed || len(items) > order {
				continue
			}
			g := found[fmt.Sprint(items)]
			if g == nil {
				g = &bruteGroup{items: items, known: make([]int64, len(t.rows.Values))}
				for range t.rows.Values {
					g.sums = append(g.sums, new(big.Int))
				}
				found[fmt.Sprint(items)] = g
			}
			g.n++
			if t.rows.Part[i]&encoder.Confirmation == 0 {
				g.found++
			}
			for m, known := range t.rows.Known {
				if known[i] {
					g.known[m]++
					g.sums[m].Add(g.sums[m], big.NewInt(t.rows.Values[m][i]))
				}
			}
		}
	}
	for _, g := range found {
		if g.n >= minimum {
			groups = append(groups, *g)
		}
	}
	slices.SortFunc(groups, func(a, b bruteGroup) int {
		if c := cmp.Compare(len(a.items), len(b.items)); c != 0 {
			return c
		}
		return slices.CompareFunc(a.items, b.items, func(x, y wire.Item) int {
			return cmp.Or(cmp.Compare(x.Feature, y.Feature), cmp.Compare(x.Code, y.Code))
		})
	})
	return groups
}

func TestRunAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tab := randomTable(rt)
		c := Config{Order: rapid.IntRange(1, 6).Draw(rt, "order"), MinCount: rapid.Int64Range(0, 30).Draw(rt, "minimum")}
		if rapid.Bool().Draw(rt, "some features") {
			c.Features = rapid.SliceOfNDistinct(rapid.IntRange(0, len(tab.plan.Features)-1), 0, -1, rapid.ID[int]).Draw(rt, "features")
			c.Features = append([]int{}, c.Features...) // none, not all
		}
		got, want := tab.search(rt, c), tab.brute(c.Order, c.Features, max(1, c.MinCount))
		if got.Len() != len(want) {
			rt.Fatalf("%d groups, want %d", got.Len(), len(want))
		}
		for i, w := range want {
			if !slices.Equal(got.At(i), w.items) || got.Counts.N[i] != w.n {
				rt.Fatalf("group %d is %v of %d rows, want %v of %d", i, got.At(i), got.Counts.N[i], w.items, w.n)
			}
			if got.Discovery.N[i] != w.found {
				rt.Fatalf("group %v has %d rows in discovery, want %d", w.items, got.Discovery.N[i], w.found)
			}
			for m, mc := range got.Counts.Measures {
				if known := mc.Known; (known == nil) != tab.plan.Measures[m].Complete || known != nil && known[i] != w.known[m] {
					rt.Fatalf("group %v, measure %d: known rows are wrong, want %d", w.items, m, w.known[m])
				}
				if mc.Sum.Big(i).Cmp(w.sums[m]) != 0 || mc.Sum.Lo[i]>>32 != 0 {
					rt.Fatalf("group %v, measure %d: sum %d·2³²+%d, want %d", w.items, m, mc.Sum.Hi[i], mc.Sum.Lo[i], w.sums[m])
				}
			}
		}
	})
}

func TestLevelsAreReported(t *testing.T) {
	b := bankBinned(t)
	b.cut(t, 20000, inOrder(b.rows.N))
	var got []string
	_, err := Run(context.Background(), b, b.plan, b.levels(t), Config{MinShare: 0.5}, func(l Level) {
		got = append(got, fmt.Sprintf("%d %t %d %d %g", l.Order, l.Done, l.Candidates, l.Kept, l.CellRows))
	})
	if err != nil {
		t.Fatal(err)
	}
	order1 := 0
	for f := range b.plan.Features {
		order1 += b.plan.Features[f].Codes()
	}
	if len(got) != 6 || got[0] != fmt.Sprintf("1 false %d 0 %g", order1, float64(order1*45211)) || !strings.HasPrefix(got[5], "3 true ") {
		t.Errorf("reported %q", got)
	}
}

// refused answers every op with an error.
type refused struct{ ops []string }

func (r *refused) OverShards(_ context.Context, op string, _ any, accept func([]byte) error) error {
	r.ops = append(r.ops, op)
	if err := accept([]byte("no gob")); err != nil {
		return err
	}
	return errors.New("the answer was accepted")
}

func TestTooManyCandidatesAreRefusedBeforeTheWork(t *testing.T) {
	plan := &encoder.Plan{}
	for range 42 { // 42·255 items: 56 million pairs
		plan.Features = append(plan.Features, encoder.Feature{Levels: make([]encoder.Level, 254)})
	}
	levels := partial.MakeHalves(42*255+1, nil)
	for i := range levels.Discovery.N {
		levels.Discovery.N[i] = 100
	}
	shards := &refused{}
	_, err := Run(context.Background(), shards, plan, &levels, Config{}, nil)
	if err == nil || !strings.Contains(err.Error(), "raise --min-share") || len(shards.ops) != 0 {
		t.Errorf("got %v after the ops %v", err, shards.ops)
	}
}

func TestRunRefuses(t *testing.T) {
	plan := &encoder.Plan{Features: []encoder.Feature{{Name: "a", Levels: make([]encoder.Level, 1)}, {Name: "b", Levels: make([]encoder.Level, 1)}}}
	levels := partial.MakeHalves(5, nil)
	for i := range levels.Discovery.N {
		levels.Discovery.N[i], levels.Confirmation.N[i] = 2, 1
	}
	run := func(levels *partial.Halves, c Config) string {
		_, err := Run(context.Background(), &refused{}, plan, levels, c, nil)
		return fmt.Sprint(err)
	}
	short := partial.MakeHalves(4, nil)
	for _, test := range []struct{ got, want string }{
		{run(&short, Config{}), "do not fit the plan"},
		{run(&levels, Config{Order: 7, MinCount: -1, MinShare: 2, Features: []int{0, 0, 9}}), "--order 7"},
		{run(&levels, Config{Order: 7, MinCount: -1, MinShare: 2, Features: []int{0, 0, 9}}), "--min-count -1"},
		{run(&levels, Config{Order: 7, MinCount: -1, MinShare: 2, Features: []int{0, 0, 9}}), "--min-share 2"},
		{run(&levels, Config{Order: 7, MinCount: -1, MinShare: 2, Features: []int{0, 0, 9}}), `feature "a" is listed twice`},
		{run(&levels, Config{Order: 7, MinCount: -1, MinShare: 2, Features: []int{0, 0, 9}}), "feature number 9"},
		{run(&levels, Config{}), "search, order 2: decode"},
	} {
		if !strings.Contains(test.got, test.want) {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
	if g, err := Run(context.Background(), &refused{}, plan, &levels, Config{MinCount: 4}, nil); err != nil || g.Len() != 0 {
		t.Errorf("no group above the minimum: %v, %v", g, err)
	}
}

func TestMinimum(t *testing.T) {
	for _, test := range []struct {
		c       Config
		n, want int64
	}{
		{Config{}, 100, 1},
		{Config{}, 0, 1},
		{Config{MinCount: 50}, 100, 50},
		{Config{MinShare: 0.07}, 100, 7}, // 0.07·100 is more than 7 in float64
		{Config{MinShare: 0.01}, 45211, 453},
		{Config{MinShare: 0.01, MinCount: 1000}, 45211, 1000},
		{Config{MinShare: 1}, 1 << 40, 1 << 40},
		{Config{MinShare: 1e-300}, 1 << 40, 1},
	} {
		if got := test.c.Minimum(test.n); got != test.want {
			t.Errorf("%+v of %d rows: %d, want %d", test.c, test.n, got, test.want)
		}
	}
}
