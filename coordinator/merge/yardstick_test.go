package merge

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// bruteTree grows a regression tree best first on the rows whose fold bit is
// clear, one level against the rest, and returns its R² on the others.
func bruteTree(tab *table, bit, leaves int) float64 {
	type leaf struct{ train, test []int }
	sums := func(rows []int) (n, s float64) {
		for _, i := range rows {
			n++
			s += float64(tab.rows.Values[0][i])
		}
		return n, s
	}
	cut := func(rows []int, f int, code uint8) (in, out []int) {
		for _, i := range rows {
			if tab.rows.Codes[f][i] == code {
				in = append(in, i)
			} else {
				out = append(out, i)
			}
		}
		return in, out
	}
	var root leaf
	for i := range tab.rows.N {
		if tab.rows.Fold[i]>>bit&1 == 1 {
			root.test = append(root.test, i)
		} else {
			root.train = append(root.train, i)
		}
	}
	list := []leaf{root}
	for len(list) < leaves {
		best, at, feature, code := 1e-9, -1, 0, uint8(0)
		for l := range list {
			n, s := sums(list[l].train)
			for f := range tab.plan.Features {
				for c := range tab.plan.Features[f].Codes() {
					in, out := cut(list[l].train, f, uint8(c))
					ni, si := sums(in)
					no, so := sums(out)
					if ni == 0 || no == 0 {
						continue
					}
					if gain := si*si/ni + so*so/no - s*s/n; gain > best*(1+1e-9) {
						best, at, feature, code = gain, l, f, uint8(c)
					}
				}
			}
		}
		if at < 0 {
			break
		}
		in, out := cut(list[at].train, feature, code)
		tin, tout := cut(list[at].test, feature, code)
		list[at] = leaf{in, tin}
		list = append(list, leaf{out, tout})
	}
	n, s := sums(root.test)
	var residual, total float64
	for _, l := range list {
		ln, ls := sums(l.train)
		for _, i := range l.test {
			y := float64(tab.rows.Values[0][i])
			residual += math.Pow(y-ls/ln, 2)
			total += math.Pow(y-s/n, 2)
		}
	}
	return 1 - residual/total
}

func TestYardstickEqualsBruteForce(t *testing.T) {
	tab := synthetic(t, 600, []int{4, 3, 5}, func(c []int, rng *rand.Rand) string {
		return fmt.Sprint(100*c[0] + 40*c[1]*(c[2]%2) + 7*c[2] + rng.IntN(50))
	})
	features := []int{0, 1, 2}
	for _, counted := range []bool{false, true} { // the root from crossings, or from the op
		l := ledger{shards: tab, plan: &tab.plan, metrics: tab.metrics, known: map[string]*crossing{}, maxCells: 1000}
		totals, err := l.total(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if counted {
			if err := l.count(context.Background(), [][]int{{0}, {1}, {2}}); err != nil {
				t.Fatal(err)
			}
		}
		n := newNested(totals, features, Config{MaxCross: 3})
		r := R2{Splits: make([]SplitR2, len(n.splits))}
		var few, many []float64
		for i := range r.Splits {
			r.Splits[i] = SplitR2{K: 4, Rules: 11}
			few = append(few, bruteTree(tab, i, 4))
			many = append(many, bruteTree(tab, i, 11))
		}
		if err := l.measureYardstick(context.Background(), n, features, 600, &r); err != nil {
			t.Fatal(err)
		}
		if d := math.Abs(r.Tree.SameSegments - mean(few)); d > 1e-9 {
			t.Errorf("4 leaves: held-out R² %v, brute force %v", r.Tree.SameSegments, mean(few))
		}
		if d := math.Abs(r.Tree.SameRules - mean(many)); d > 1e-9 {
			t.Errorf("11 leaves: held-out R² %v, brute force %v", r.Tree.SameRules, mean(many))
		}
	}
}
