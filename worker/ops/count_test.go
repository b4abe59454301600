package ops

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/headwater-dev/headwater/kernels/lattice"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// countTable is a random table in shards, and its rows for brute force.
type countTable struct {
	env  Env
	rows encoder.Rows
}

// measureKinds are the kinds of measures that blocks treat differently.
var measureKinds = map[string]func(r *rand.Rand) int64{
	"zero":    func(*rand.Rand) int64 { return 0 },
	"const":   func(*rand.Rand) int64 { return -77 },
	"yes/no":  func(r *rand.Rand) int64 { return r.Int64N(2) },
	"money":   func(r *rand.Rand) int64 { return r.Int64N(100_000) - 3000 },
	"40 bits": func(r *rand.Rand) int64 { return r.Int64N(1<<40) - 1<<39 },
	"extreme": func(r *rand.Rand) int64 {
		return []int64{math.MinInt64, math.MaxInt64, math.MaxInt64 - 1, -1, 0}[r.IntN(5)]
	},
}

func newCountTable(t testing.TB, r *rand.Rand, n, shardRows int, levels []int, kinds []string, complete bool) *countTable {
	plan := &encoder.Plan{}
	c := &countTable{env: Env{Plan: plan}, rows: encoder.Rows{N: n, Fold: make([]uint8, n), Part: make([]uint8, n)}}
	for i := range c.rows.Part {
		c.rows.Part[i] = uint8(r.IntN(encoder.Parts))
	}
	for f, k := range levels {
		plan.Features = append(plan.Features, encoder.Feature{Name: fmt.Sprint("f", f), Levels: make([]encoder.Level, k)})
		codes := make([]uint8, n)
		for i := range codes {
			codes[i] = uint8(r.IntN(r.IntN(k+1) + 1)) // low codes are frequent
		}
		c.rows.Codes = append(c.rows.Codes, codes)
	}
	for m, kind := range kinds {
		plan.Measures = append(plan.Measures, encoder.Measure{Name: fmt.Sprint("m", m), Complete: complete})
		values, known := make([]int64, n), make([]bool, n)
		for i := range n {
			if known[i] = complete || r.IntN(4) > 0; known[i] {
				values[i] = measureKinds[kind](r)
			}
		}
		c.rows.Values, c.rows.Known = append(c.rows.Values, values), append(c.rows.Known, known)
	}
	for from := 0; from < n; from += shardRows {
		to := min(from+shardRows, n)
		part := &encoder.Rows{N: to - from, Fold: c.rows.Fold[from:to], Part: c.rows.Part[from:to]}
		for f := range levels {
			part.Codes = append(part.Codes, c.rows.Codes[f][from:to])
		}
		for m := range kinds {
			part.Values, part.Known = append(part.Values, c.rows.Values[m][from:to]), append(part.Known, c.rows.Known[m][from:to])
		}
		b := shard.NewBuilder(len(c.env.Shards), plan)
		if err := b.Append(part); err != nil {
			t.Fatal(err)
		}
		c.env.Shards = append(c.env.Shards, b.Build())
	}
	return c
}

// groupTotals are what one group holds, by brute force.
type groupTotals struct {
	n            int64
	known        []int64
	sum, squares []*big.Int
}

func (c *countTable) totals(items []wire.Item) groupTotals {
	return c.totalsWhere(items, func(uint8) bool { return true })
}

// totalsOf are the totals on one half.
func (c *countTable) totalsOf(items []wire.Item, confirmation bool) groupTotals {
	return c.totalsWhere(items, func(part uint8) bool { return part&encoder.Confirmation != 0 == confirmation })
}

func (c *countTable) totalsWhere(items []wire.Item, listed func(part uint8) bool) groupTotals {
	g := groupTotals{known: make([]int64, len(c.rows.Values))}
	for range c.rows.Values {
		g.sum, g.squares = append(g.sum, new(big.Int)), append(g.squares, new(big.Int))
	}
rows:
	for i := range c.rows.N {
		if !listed(c.rows.Part[i]) {
			continue
		}
		for _, item := range items {
			if c.rows.Codes[item.Feature][i] != item.Code {
				continue rows
			}
		}
		g.n++
		for m, known := range c.rows.Known {
			if known[i] {
				v := big.NewInt(c.rows.Values[m][i])
				g.known[m]++
				g.sum[m].Add(g.sum[m], v)
				g.squares[m].Add(g.squares[m], v.Mul(v, v))
			}
		}
	}
	return g
}

// compare checks entry i of counts against brute force.
func (c *countTable) compare(t interface{ Fatalf(string, ...any) }, counts *partial.Halves, i int, items []wire.Item) {
	c.compareHalf(t, &counts.Discovery, i, items, c.totalsOf(items, false))
	c.compareHalf(t, &counts.Confirmation, i, items, c.totalsOf(items, true))
}

func (c *countTable) compareHalf(t interface{ Fatalf(string, ...any) }, counts *partial.Counts, i int, items []wire.Item, want groupTotals) {
	if counts.N[i] != want.n {
		t.Fatalf("group %v: %d rows, want %d", items, counts.N[i], want.n)
	}
	for m, mc := range counts.Measures {
		if (mc.Known == nil) != c.env.Plan.Measures[m].Complete || mc.Known != nil && mc.Known[i] != want.known[m] {
			t.Fatalf("group %v, measure %d: known rows are wrong, want %d", items, m, want.known[m])
		}
		if got := mc.Sum.Big(i); got.Cmp(want.sum[m]) != 0 {
			t.Fatalf("group %v, measure %d: sum %d, want %d", items, m, got, want.sum[m])
		}
	}
}

// items lists every item of the table but the codes that are divisible by 5.
func (c *countTable) items() (items []wire.Item, features []int) {
	for f := range c.env.Plan.Features {
		for code := range c.env.Plan.Features[f].Codes() {
			if code%5 != 4 {
				items, features = append(items, wire.Item{Feature: f, Code: uint8(code)}), append(features, f)
			}
		}
	}
	return items, features
}

func drawCountTable(t *rapid.T, tb testing.TB) (*countTable, *rand.Rand) {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	n := rapid.SampledFrom([]int{1, 63, 64, 65, 200, 1000}).Draw(t, "rows")
	levels := rapid.SliceOfN(rapid.IntRange(1, 7), 2, 11).Draw(t, "levels")
	kinds := rapid.SliceOfN(rapid.SampledFrom([]string{"zero", "const", "yes/no", "money", "40 bits", "extreme"}), 0, 3).Draw(t, "measures")
	return newCountTable(tb, r, n, rapid.IntRange(1+n/4, n).Draw(t, "shard"), levels, kinds, rapid.Bool().Draw(t, "complete")), r
}

func TestCountAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, r := drawCountTable(rt, t)
		items, features := c.items()
		params := wire.CountParams{Order: 2, Items: items}
		for f := range c.env.Plan.Features { // all codes are items
			if c.env.Plan.Features[f].Codes() < 5 && rapid.Bool().Draw(rt, "covered") {
				params.Covered = append(params.Covered, f)
			}
		}
		for range rapid.IntRange(0, 2).Draw(rt, "orders above 2") { // the later levels thinned out at random
			_, candidates, err := lattice.Replay(features, params.Survivors, 1<<20)
			if err != nil {
				rt.Fatal(err)
			}
			survived := make([]uint64, (candidates.Len()+63)/64)
			for i := range candidates.Len() {
				if r.IntN(candidates.Len()/20+2) <= 1 {
					survived[i/64] |= 1 << (i % 64)
				}
			}
			params.Order, params.Survivors = params.Order+1, append(params.Survivors, survived)
		}
		groups, candidates, err := lattice.Replay(features, params.Survivors, 1<<20)
		if err != nil {
			rt.Fatal(err)
		}
		for _, how := range []method{cheapest, byBitmaps, byRows, byTables, byTiles} {
			counts, err := countBy(context.Background(), &c.env, params, how)
			if err != nil {
				rt.Fatal(err)
			}
			path := make([]uint32, params.Order)
			for p, prefix := range candidates.Prefix {
				groups.Path(params.Order-1, prefix, path[:params.Order-1])
				for i := candidates.Start[p]; i < candidates.Start[p+1]; i++ {
					if i%(1+candidates.Len()/200) != 0 {
						continue // brute force takes a sample
					}
					path[params.Order-1] = candidates.Ext[i]
					group := make([]wire.Item, params.Order)
					for k, item := range path {
						group[k] = items[item]
					}
					c.compare(rt, &counts, i, group)
				}
			}
		}
	})
}

// Blocks of full length, an incomplete primary measure and wide residuals: the
// methods must agree to the last bit.
func TestMethodsAgreeOnFullBlocks(t *testing.T) {
	for _, complete := range []bool{true, false} {
		r := rand.New(rand.NewPCG(5, 6))
		c := newCountTable(t, r, 40000, 33000, []int{2, 3, 9, 1, 4, 2, 5, 3, 2, 3}, []string{"money", "extreme", "yes/no"}, complete)
		items, features := c.items()
		params := wire.CountParams{Order: 3, Items: items, Survivors: [][]uint64{allOf(t, features, nil)}}
		var results [5]partial.Halves
		for how := range results {
			var err error
			if results[how], err = countBy(context.Background(), &c.env, params, method(how)); err != nil {
				t.Fatal(err)
			}
		}
		for i := range results[0].Discovery.N {
			for how := 1; how < len(results); how++ {
				a, b := &results[0].Discovery, &results[how].Discovery
				if i%2 == 0 {
					a, b = &results[0].Confirmation, &results[how].Confirmation
				}
				for m := range a.Measures {
					if a.N[i] != b.N[i] || !complete && a.Measures[m].Known[i] != b.Measures[m].Known[i] ||
						a.Measures[m].Sum.Big(i).Cmp(b.Measures[m].Sum.Big(i)) != 0 {
						t.Fatalf("complete=%t: candidate %d, measure %d: methods 0 and %d differ", complete, i, m, how)
					}
				}
			}
		}
		c.compare(t, &results[0], 0, []wire.Item{items[0], items[3], items[7]})
	}
}

// allOf returns the bitmap in which all candidates of an order survive.
func allOf(t testing.TB, features []int, below [][]uint64) []uint64 {
	_, candidates, err := lattice.Replay(features, below, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]uint64, (candidates.Len()+63)/64)
	for i := range candidates.Len() {
		all[i/64] |= 1 << (i % 64)
	}
	return all
}

func TestLevelsAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, _ := drawCountTable(rt, t)
		result, err := Run(context.Background(), &c.env, wire.OpLevels, nil)
		if err != nil {
			rt.Fatal(err)
		}
		counts, offsets := result.(partial.Halves), encoder.Offsets(c.env.Plan.Features)
		for f := range c.env.Plan.Features {
			for code := range c.env.Plan.Features[f].Codes() {
				c.compare(rt, &counts, offsets[f]+code, []wire.Item{{Feature: f, Code: uint8(code)}})
			}
		}
		all := offsets[len(offsets)-1]
		c.compare(rt, &counts, all, nil)
		if n := len(counts.Discovery.N); n != all+1 || len(counts.Confirmation.N) != n {
			rt.Fatalf("%d entries, want %d", n, all+1)
		}
	})
}

func TestCountParametersThatDoNotFit(t *testing.T) {
	c := newCountTable(t, rand.New(rand.NewPCG(1, 1)), 10, 10, []int{2, 2, 2}, nil, true)
	a, b, d := wire.Item{Feature: 0, Code: 1}, wire.Item{Feature: 1}, wire.Item{Feature: 2}
	for name, p := range map[string]wire.CountParams{
		"order 1":            {Order: 1, Items: []wire.Item{a, b}},
		"no survivors":       {Order: 3, Items: []wire.Item{a, b, d}},
		"descending items":   {Order: 2, Items: []wire.Item{b, a}},
		"item twice":         {Order: 2, Items: []wire.Item{a, a}},
		"unknown feature":    {Order: 2, Items: []wire.Item{a, {Feature: 3}}},
		"negative feature":   {Order: 2, Items: []wire.Item{{Feature: -1}, a}},
		"unknown code":       {Order: 2, Items: []wire.Item{a, {Feature: 1, Code: 3}}},
		"bitmap of no order": {Order: 3, Items: []wire.Item{a, b, d}, Survivors: [][]uint64{{8}}},
	} {
		data, err := wire.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Run(context.Background(), &c.env, wire.OpCount, data); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestCountProgressAndCancel(t *testing.T) {
	c := newCountTable(t, rand.New(rand.NewPCG(2, 2)), 50000, 30000, []int{2, 2}, []string{"yes/no"}, false)
	ctx, cancel := context.WithCancel(context.Background())
	var rows, calls int64
	c.env.Progress = func(n int64) { rows, calls = rows+n, calls+1 }
	items, _ := c.items()
	p := wire.CountParams{Order: 2, Items: items}
	if _, err := count(ctx, &c.env, p); err != nil || rows != 50000 {
		t.Errorf("%d rows reported, %v; want 50000", rows, err)
	}
	calls = 0
	c.env.Progress = func(int64) { calls++; cancel() }
	if _, err := count(ctx, &c.env, p); !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("after cancelling: %v, %d blocks", err, calls)
	}
}

func TestRowsOnly(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, _ := drawCountTable(rt, t)
		items, _ := c.items()
		p := wire.CountParams{Order: 2, Items: items}
		full, err := count(context.Background(), &c.env, p)
		if err != nil {
			rt.Fatal(err)
		}
		p.RowsOnly = true
		rows, err := count(context.Background(), &c.env, p)
		if err != nil {
			rt.Fatal(err)
		}
		if len(rows.Discovery.N) != len(full.Discovery.N) || len(rows.Discovery.Measures)+len(rows.Confirmation.N) != 0 {
			rt.Fatalf("%d entries, %d measures, %d entries of the other part", len(rows.Discovery.N), len(rows.Discovery.Measures), len(rows.Confirmation.N))
		}
		for i, n := range rows.Discovery.N {
			if want := full.Discovery.N[i] + full.Confirmation.N[i]; n != want {
				rt.Fatalf("candidate %d: %d rows, want %d", i, n, want)
			}
		}
	})
}
