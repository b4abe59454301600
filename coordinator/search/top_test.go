package search

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// groupsOf makes groups from exact figures: rows, known rows of measure 0,
// sums of measures 0 and 1.
func groupsOf(n, known []int64, sums [2][]*big.Int) *Groups {
	g := &Groups{Start: []int{0}, Counts: partial.MakeCounts(len(n), []bool{false, true})}
	for i := range n {
		g.Items = append(g.Items, wire.Item{Feature: i})
		g.Start = append(g.Start, i+1)
		g.Counts.N[i], g.Counts.Measures[0].Known[i] = n[i], known[i]
		for m, s := range sums {
			low := new(big.Int).And(s[i], big.NewInt(math.MaxUint32))
			g.Counts.Measures[m].Sum.Lo[i] = low.Int64()
			g.Counts.Measures[m].Sum.Hi[i] = new(big.Int).Rsh(s[i], 32).Int64()
		}
	}
	return g
}

// bruteTop ranks by fractions alone.
func bruteTop(g *Groups, m metric.Metric, all metric.Value, by By, direction Direction, k int) []int {
	type ranked struct {
		group int
		score *big.Rat
	}
	var list []ranked
	for i := range g.Len() {
		v := m.At(&g.Counts, i)
		score, _ := m.ExactExcess(v, all)
		if by == Lift {
			weight, allWeight := big.NewInt(v.Known), big.NewInt(all.Known)
			if m.Den >= 0 {
				weight, allWeight = v.Den, all.Den
			}
			if weight.Sign() == 0 {
				continue
			}
			score = new(big.Rat).Quo(new(big.Rat).SetFrac(v.Num, weight), new(big.Rat).SetFrac(all.Num, allWeight))
			score.Sub(score, big.NewRat(1, 1))
		}
		if direction == Down {
			score.Neg(score)
		} else if direction == Both && by != Lift {
			score.Abs(score)
		}
		if score.Sign() > 0 {
			list = append(list, ranked{i, score})
		}
	}
	slices.SortFunc(list, func(a, b ranked) int { return cmp.Or(b.score.Cmp(a.score), a.group-b.group) })
	var top []int
	for _, r := range list[:min(k, len(list))] {
		top = append(top, r.group)
	}
	return top
}

func TestTopIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(0, 60).Draw(t, "groups")
		// Sums near one another at any magnitude: floats cannot tell them apart.
		base := new(big.Int).Lsh(big.NewInt(1), uint(rapid.IntRange(0, 80).Draw(t, "magnitude")))
		near := func(name string) *big.Int {
			s := new(big.Int).Mul(base, big.NewInt(rapid.Int64Range(-2, 3).Draw(t, name)))
			return s.Add(s, big.NewInt(rapid.Int64Range(-3, 3).Draw(t, name)))
		}
		var n, known []int64
		var sums [2][]*big.Int
		allN := int64(0)
		allSum := [2]*big.Int{big.NewInt(1), big.NewInt(1)}
		for range size {
			n = append(n, rapid.Int64Range(1, 8).Draw(t, "rows"))
			known = append(known, rapid.Int64Range(0, n[len(n)-1]).Draw(t, "known"))
			allN += known[len(known)-1]
			for m := range sums {
				s := near("sum")
				sums[m] = append(sums[m], s)
				allSum[m] = new(big.Int).Add(allSum[m], s)
			}
		}
		g := groupsOf(n, known, sums)
		m := metric.Metric{Name: "m", Num: 0, Den: rapid.SampledFrom([]int{-1, 1}).Draw(t, "denominator"), Digits: 2}
		all := metric.Value{Known: allN, Num: allSum[0]}
		if m.Den == 1 {
			all.Den = allSum[1]
		}
		by := rapid.SampledFrom([]By{Excess, Lift, WRAcc}).Draw(t, "by")
		direction := rapid.SampledFrom([]Direction{Both, Up, Down}).Draw(t, "direction")
		k := rapid.IntRange(0, 70).Draw(t, "k")
		top, err := Top(g, m, all, Rank{By: by, Direction: direction, K: k})
		if err != nil {
			if mean, ok := m.Mean(all); ok && (by != Lift || mean > 0) {
				t.Fatal(err)
			}
			return
		}
		var got []int
		for _, e := range top.Entries {
			got = append(got, e.Group)
		}
		if want := bruteTop(g, m, all, by, direction, k); !slices.Equal(got, want) || top.Looked != size {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestTopOfBank(t *testing.T) {
	b := bankBinned(t)
	b.cut(t, 20000, inOrder(b.rows.N))
	levels := &b.levels(t).Discovery // all customers: they are not split
	g := b.search(t, Config{MinCount: 50})
	y := metric.Metric{Name: "y", Binary: true, Num: 0, Den: -1}
	all := y.At(levels, len(levels.N)-1)
	for _, by := range []By{Excess, Lift, WRAcc} {
		for _, direction := range []Direction{Both, Up, Down} {
			top, err := Top(g, y, all, Rank{By: by, Direction: direction, K: 50})
			if err != nil {
				t.Fatal(err)
			}
			var got []int
			for _, e := range top.Entries {
				got = append(got, e.Group)
			}
			if want := bruteTop(g, y, all, by, direction, 50); !slices.Equal(got, want) {
				t.Errorf("%s %s: got %v, want %v", by, direction, got, want)
			}
		}
	}
	top, err := Top(g, y, all, Rank{By: Excess, Direction: Up, K: 1})
	if err != nil {
		t.Fatal(err)
	}
	i := top.Entries[0].Group
	want := float64(g.Counts.Measures[0].Sum.Big(i).Int64()) - float64(g.Counts.N[i])*5289/45211
	if math.Abs(top.Entries[0].Value-want) > 1e-9 || top.Looked != 23255 {
		t.Errorf("%s: excess %v, want %v; looked at %d", Name(b.plan.Features, g.At(i)), top.Entries[0].Value, want, top.Looked)
	}
}

func TestTopRefuses(t *testing.T) {
	g := groupsOf([]int64{1}, []int64{1}, [2][]*big.Int{{big.NewInt(1)}, {big.NewInt(1)}})
	m := metric.Metric{Name: "m", Den: -1}
	for _, test := range []struct {
		all       metric.Value
		by        By
		direction Direction
		want      string
	}{
		{metric.Value{Known: 0, Num: new(big.Int)}, Excess, Both, `"m" has no mean`},
		{metric.Value{Known: 5, Num: big.NewInt(-5)}, Lift, Up, "rank by excess"},
		{metric.Value{Known: 5, Num: new(big.Int)}, Lift, Up, "rank by excess"},
		{metric.Value{Known: 5, Num: big.NewInt(5)}, "size", Up, `"size" is not known`},
		{metric.Value{Known: 5, Num: big.NewInt(5)}, Excess, "left", `"left" is not known`},
	} {
		if _, err := Top(g, m, test.all, Rank{By: test.by, Direction: test.direction, K: 5}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
	if top, err := Top(g, m, metric.Value{Known: 5, Num: big.NewInt(-5)}, Rank{By: Excess, K: 5}); err != nil || len(top.Entries) != 1 {
		t.Errorf("a negative mean: %v, %v", top, err)
	}
}

func BenchmarkTop(b *testing.B) {
	const size = 1 << 20
	g := &Groups{Start: make([]int, size+1), Counts: partial.MakeCounts(size, []bool{true})}
	for i := range size {
		g.Counts.N[i], g.Counts.Measures[0].Sum.Lo[i] = int64(i%1000+1), int64(i*7%1000)
	}
	all := metric.Value{Known: 1 << 30, Num: big.NewInt(1 << 29)}
	b.Run(fmt.Sprintf("groups=%d/k=50", size), func(b *testing.B) {
		for b.Loop() {
			if _, err := Top(g, metric.Metric{Den: -1}, all, Rank{By: Excess, K: 50}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
