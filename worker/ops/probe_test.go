package ops

import (
	"context"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

func TestProbeAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, r := drawCountTable(rt, t)
		plan := c.env.Plan
		for _, v := range c.rows.Values {
			if slices.ContainsFunc(v, func(x int64) bool { return magnitude(x) > 1<<57 }) {
				rt.Skip("sums of two such values squared need more than 128 bits")
			}
		}
		p := wire.ProbeParams{Groups: [][]wire.Item{nil}}
		for range 15 {
			var g []wire.Item
			for f := range plan.Features {
				if r.IntN(3) == 0 {
					g = append(g, wire.Item{Feature: f, Code: uint8(r.IntN(plan.Features[f].Codes()))})
				}
			}
			p.Groups = append(p.Groups, g)
		}
		for m := range plan.Measures {
			low := r.Int64N(1000) - 900
			p.Columns = append(p.Columns,
				wire.ProbeColumn{Measure: m, Plus: -1, Low: -1 << 62, High: 1 << 62},
				wire.ProbeColumn{Measure: m, Plus: r.IntN(len(plan.Measures)), Low: low, High: low + r.Int64N(50_000)})
		}
		data, err := wire.Encode(p)
		if err != nil {
			rt.Fatal(err)
		}
		result, err := Run(context.Background(), &c.env, wire.OpProbe, data)
		if err != nil {
			rt.Fatal(err)
		}
		got := result.(partial.Probe)
		for g, items := range p.Groups {
			c.compareProbe(rt, &got.Discovery, g, items, p.Columns, false)
			c.compareProbe(rt, &got.Confirmation, g, items, p.Columns, true)
		}
	})
}

func TestProbeOfFirstGroups(t *testing.T) {
	c := newCountTable(t, rand.New(rand.NewPCG(3, 4)), 20000, 9000, []int{3, 2}, []string{"yes/no"}, true)
	p := wire.ProbeParams{First: true, Groups: [][]wire.Item{{{Feature: 0, Code: 1}}, {{Feature: 1, Code: 0}}, {{Feature: 0, Code: 1}, {Feature: 1, Code: 0}}, nil}}
	got, err := probe(context.Background(), &c.env, p)
	if err != nil {
		t.Fatal(err)
	}
	var n [4]int64
	for i := range c.rows.N {
		switch a, b := c.rows.Codes[0][i] == 1, c.rows.Codes[1][i] == 0; {
		case a:
			n[0]++
		case b:
			n[1]++
		default:
			n[3]++
		}
	}
	for g, want := range n {
		if sum := got.Discovery.N[g] + got.Confirmation.N[g]; sum != want {
			t.Errorf("group %d is the first of %d rows, want %d", g, sum, want)
		}
	}
}

func (c *countTable) compareProbe(t interface{ Fatalf(string, ...any) }, got *partial.ProbePart, g int, items []wire.Item, columns []wire.ProbeColumn, confirmation bool) {
	if want := c.totalsOf(items, confirmation).n; got.N[g] != want {
		t.Fatalf("group %v: %d rows, want %d", items, got.N[g], want)
	}
	for k, column := range columns {
		var known, low, high int64
		sum, squares := new(big.Int), new(big.Int)
	rows:
		for i := range c.rows.N {
			if c.rows.Part[i]&encoder.Confirmation != 0 != confirmation {
				continue
			}
			for _, item := range items {
				if c.rows.Codes[item.Feature][i] != item.Code {
					continue rows
				}
			}
			if !c.rows.Known[column.Measure][i] || column.Plus >= 0 && !c.rows.Known[column.Plus][i] {
				continue
			}
			x := c.rows.Values[column.Measure][i]
			if column.Plus >= 0 {
				x += c.rows.Values[column.Plus][i]
			}
			x = min(max(x, column.Low), column.High)
			if known == 0 {
				low, high = x, x
			}
			known, low, high = known+1, min(low, x), max(high, x)
			b := big.NewInt(x)
			sum.Add(sum, b)
			squares.Add(squares, new(big.Int).Mul(b, b))
		}
		v := &got.Columns[k]
		if v.Known[g] != known || v.Low[g] != low || v.High[g] != high || v.Sum.Big(g).Cmp(sum) != 0 || v.Squares.Big(g).Cmp(squares) != 0 {
			t.Fatalf("group %v, column %+v: %d known in [%d, %d], sum %v, squares %v; want %d in [%d, %d], %v, %v", items, column,
				v.Known[g], v.Low[g], v.High[g], v.Sum.Big(g), v.Squares.Big(g), known, low, high, sum, squares)
		}
	}
}
