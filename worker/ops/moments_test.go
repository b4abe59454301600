package ops

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

func TestMomentsAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, r := drawCountTable(rt, t)
		for _, v := range c.rows.Values {
			if slices.ContainsFunc(v, func(x int64) bool { return magnitude(x) > 1<<58 }) {
				rt.Skip("the squares of a thousand such values need more than 128 bits")
			}
		}
		groups := [][]wire.Item{nil}
		for range 20 {
			var g []wire.Item
			for f := range c.env.Plan.Features {
				if r.IntN(3) == 0 {
					g = append(g, wire.Item{Feature: f, Code: uint8(r.IntN(c.env.Plan.Features[f].Codes()))})
				}
			}
			groups = append(groups, g)
			if len(g) > 0 && r.IntN(2) == 0 { // a neighbour that begins alike
				groups = append(groups, g[:len(g)-1])
			}
		}
		data, err := wire.Encode(wire.MomentsParams{Groups: groups})
		if err != nil {
			rt.Fatal(err)
		}
		result, err := Run(context.Background(), &c.env, wire.OpMoments, data)
		if err != nil {
			rt.Fatal(err)
		}
		for i, g := range groups {
			want := c.totals(g)
			for m, squares := range result.(partial.Moments).Measures {
				if got := squares.Big(i); got.Cmp(want.squares[m]) != 0 {
					rt.Fatalf("group %v, measure %d: %d, want %d", g, m, got, want.squares[m])
				}
			}
		}
	})
}

func TestMomentsBeyond128Bits(t *testing.T) {
	for rows, ok := range map[int]bool{3: true, 60: false, 40000: false} {
		c := newCountTable(t, rand.New(rand.NewPCG(8, 8)), rows, 1000, []int{2}, []string{"extreme"}, true)
		result, err := moments(context.Background(), &c.env, wire.MomentsParams{Groups: [][]wire.Item{{}}})
		switch {
		case ok && (err != nil || result.Measures[0].Big(0).Cmp(c.totals(nil).squares[0]) != 0):
			t.Errorf("%d rows: %v, %v", rows, result, err)
		case !ok && (err == nil || !strings.Contains(err.Error(), `"m0"`)):
			t.Errorf("%d rows: got %v, want an error that names the measure", rows, err)
		}
	}
}

func TestMomentsOfGroupsThatDoNotFit(t *testing.T) {
	c := newCountTable(t, rand.New(rand.NewPCG(1, 1)), 10, 10, []int{2, 2}, []string{"yes/no"}, true)
	for name, g := range map[string][]wire.Item{
		"unknown feature": {{Feature: 2}},
		"unknown code":    {{Feature: 0, Code: 9}},
		"descending":      {{Feature: 1}, {Feature: 0}},
		"feature twice":   {{Feature: 1}, {Feature: 1, Code: 1}},
	} {
		if _, err := moments(context.Background(), &c.env, wire.MomentsParams{Groups: [][]wire.Item{g}}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
