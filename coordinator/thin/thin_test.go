package thin

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/headwater-dev/headwater/worker/wire"
)

// crowd is how many customers there are, and the sum of their values.
type crowd struct{ n, sum int }

func (c crowd) Minus(d crowd) crowd { return crowd{c.n - d.n, c.sum - d.sum} }

func (c crowd) mean() float64 { return float64(c.sum) / float64(c.n) }

// town has 100 customers with a value each. A feature is a set of them, a group
// the customers that are in all of its features; one stands out where its mean
// is 5 away from 0.
type town struct {
	values   [100]int
	features [][2]int // from one customer to another, exclusive
	groups   [][]int  // features
}

func (t *town) Items(group int) []wire.Item {
	var items []wire.Item
	for _, f := range t.groups[group] {
		items = append(items, wire.Item{Feature: f, Code: 1})
	}
	return items
}

func (t *town) Parents(group int) (parents []int) {
	for p, features := range t.groups {
		if len(features) == len(t.groups[group])-1 && within(t.Items(p), t.Items(group)) {
			parents = append(parents, p)
		}
	}
	return parents
}

func (t *town) in(customer int, items []wire.Item) bool {
	return !slices.ContainsFunc(items, func(i wire.Item) bool {
		return customer < t.features[i.Feature][0] || customer >= t.features[i.Feature][1]
	})
}

func (t *town) count(items []wire.Item) (c crowd) {
	for i, v := range t.values {
		if t.in(i, items) {
			c.n, c.sum = c.n+1, c.sum+v
		}
	}
	return c
}

func (t *town) On(group int) crowd { return t.count(t.Items(group)) }

func (t *town) Count(_ context.Context, groups [][]wire.Item) ([]Share[crowd], error) {
	var shares []Share[crowd]
	for _, items := range groups {
		c := t.count(items)
		shares = append(shares, Share[crowd]{int64(c.n), c})
	}
	return shares, nil
}

func (t *town) Left(_ context.Context, groups []int) ([]int64, error) {
	left := make([]int64, len(groups))
	for i := range t.values {
		for k, g := range groups {
			if t.in(i, t.Items(g)) {
				left[k]++
				break
			}
		}
	}
	return left, nil
}

func (t *town) Shadow(c Candidate, left crowd) bool {
	return left.n == 0 || float64(c.Direction)*left.mean() < 5
}

func (t *town) Beats(direction int, c, others crowd) bool {
	return float64(direction)*(c.mean()-others.mean()) >= 1
}

func (t *town) Rivals(Candidate, Candidate) bool { return true }

// Mirror: c is no farther from those in neither group than 5.
func (t *town) Mirror(c, other Candidate, both Share[crowd]) bool {
	x, y := t.On(c.Group), t.On(other.Group)
	neither := t.count(nil).Minus(x).Minus(y)
	neither = crowd{neither.n + both.Sums.n, neither.sum + both.Sums.sum}
	return neither.n == 0 || math.Abs(x.mean()-neither.mean()) < 5
}

func TestGreedy(t *testing.T) {
	fill := func(t *town, from, to, value int) {
		for i := from; i < to; i++ {
			t.values[i] = value
		}
	}
	for _, test := range []struct {
		name     string
		features [][2]int
		groups   [][]int
		down     []int // groups of the other direction
		values   func(*town)
		want     []int
	}{
		{
			"the shorter of two rules of the same customers",
			[][2]int{{0, 20}, {0, 50}},
			[][]int{{0, 1}, {0}},
			nil,
			func(t *town) { fill(t, 0, 20, 9) },
			[]int{1},
		},
		{
			"a broad rule that stands out because it holds a niche",
			[][2]int{{0, 12}, {0, 20}},
			[][]int{{1}, {0, 1}},
			nil,
			func(t *town) { fill(t, 0, 12, 10) },
			[]int{1},
		},
		{
			"two groups apart",
			[][2]int{{0, 20}, {50, 70}},
			[][]int{{0}, {1}},
			nil,
			func(t *town) { fill(t, 0, 20, 9); fill(t, 50, 70, 8) },
			[]int{0, 1},
		},
		{
			"covered by one before",
			[][2]int{{0, 40}, {15, 55}},
			[][]int{{0}, {1}},
			nil,
			func(t *town) { fill(t, 0, 55, 9) },
			[]int{0},
		},
		{
			"covered by two before together",
			[][2]int{{0, 20}, {30, 50}, {12, 38}},
			[][]int{{0}, {1}, {2}},
			nil,
			func(t *town) { fill(t, 0, 50, 9) },
			[]int{0, 1},
		},
		{
			"the mirror of one before",
			[][2]int{{0, 20}, {20, 60}},
			[][]int{{0}, {1}},
			[]int{1},
			func(t *town) { fill(t, 0, 20, 9); fill(t, 20, 100, -1) },
			[]int{0},
		},
		{
			"the mirror of one after",
			[][2]int{{0, 60}, {60, 80}},
			[][]int{{0}, {1}},
			[]int{0},
			func(t *town) { fill(t, 0, 60, -1); fill(t, 60, 80, 9); fill(t, 80, 100, -1) },
			[]int{1},
		},
		{
			"up and down, both on their own",
			[][2]int{{0, 20}, {20, 40}},
			[][]int{{0}, {1}},
			[]int{1},
			func(t *town) { fill(t, 0, 20, 9); fill(t, 20, 40, -9) },
			[]int{0, 1},
		},
	} {
		town := &town{features: test.features, groups: test.groups}
		test.values(town)
		var candidates []Candidate
		for g := range test.groups {
			direction := 1
			if slices.Contains(test.down, g) {
				direction = -1
			}
			candidates = append(candidates, Candidate{g, direction, int64(town.On(g).n)})
		}
		got, err := Greedy(t.Context(), town, candidates, Limits{Same: 0.95, Overlap: 0.5})
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: stays %v (%v), want %v", test.name, got, err, test.want)
		}
	}
}
