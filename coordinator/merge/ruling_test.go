package merge

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// No segment has more than three rules, whatever is merged, as long as rules
// can agree with the merging; what that costs is told.
func TestFewRulesASegment(t *testing.T) {
	steps := synthetic(t, 6000, []int{6, 5, 4}, func(c []int, rng *rand.Rand) string {
		return fmt.Sprint(c[0]/2*9 + c[1]/2*4 + c[2]/2 + rng.IntN(3))
	})
	for name, tab := range map[string]*table{"bank": bank(t), "steps": steps} {
		for _, k := range []int{0, 5} {
			r := run(t, tab, Config{K: k})
			if !r.Bounded {
				t.Errorf("%s, k=%d: not kept to three rules: %q", name, k, r.Notes)
			}
			for s, seg := range r.Segments {
				if len(seg.Rules) > rulesPerSegment {
					t.Errorf("%s, k=%d: segment %d has %d rules", name, k, s+1, len(seg.Rules))
				}
			}
			if share := agreementOf(t, tab, r); math.Abs(share-r.Agreement) > 1e-12 || share < agreeing {
				t.Errorf("%s, k=%d: the rules agree on %v of the customers, said to be %v", name, k, share, r.Agreement)
			}
			if o := r.Otherwise; o != nil && (o.R2 <= r.R2.Segments || !noted(r, "rules a segment costs")) {
				t.Errorf("%s, k=%d: %+v is said to explain more than %v; notes %q", name, k, o, r.R2.Segments, r.Notes)
			}
		}
	}
}

// agreementOf counts, customer by customer of discovery, the share that the rules
// send where merging the cells again puts it, each cluster being the segment of most of
// its customers.
func agreementOf(t *testing.T, tab *table, r *Result) float64 {
	t.Helper()
	l := ledger{shards: tab, plan: &tab.plan, metrics: tab.metrics, known: map[string]*crossing{}, maxCells: exactPoints}
	totals, err := l.total(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.count(t.Context(), [][]int{r.Crossed}); err != nil {
		t.Fatal(err)
	}
	c, seen := l.get(r.Crossed), totals.of(discovery())
	g := newGrid(c, discovery(), &seen, tab.metrics, r.Lambda, 30)
	label := g.spread(Cut(r.Merges, len(g.points.Weight), r.K))
	of := map[string]int{}
	for i, cell := range g.cells {
		of[string(c.at(cell))] = label[i]
	}
	both := make([]map[int]int, r.K)
	for row, part := range tab.rows.Part {
		if part&encoder.Confirmation != 0 {
			continue
		}
		var codes []byte
		for _, f := range c.features {
			codes = append(codes, tab.rows.Codes[f][row])
		}
		cluster := of[string(codes)]
		if both[cluster] == nil {
			both[cluster] = map[int]int{}
		}
		both[cluster][tab.segmentOf(&r.Tree, row)]++
	}
	agreed := 0
	for _, counts := range both {
		most := 0
		for _, n := range counts {
			most = max(most, n)
		}
		agreed += most
	}
	return float64(agreed) / float64(seen.n)
}

// Where no few rules agree, there are as many as it takes, and the result says
// for which segments and how near few ones come.
func TestManyRulesWhereFewDoNotAgree(t *testing.T) {
	pattern := rand.New(rand.NewPCG(3, 3))
	var high [12][12]int
	for a := range high {
		for b := range high[a] {
			high[a][b] = pattern.IntN(2)
		}
	}
	tab := synthetic(t, 20000, []int{12, 12}, func(c []int, _ *rand.Rand) string { return fmt.Sprint(high[c[0]][c[1]]) })
	r := run(t, tab, Config{Cross: []int{0, 1}, K: 2, Lambda: 1})
	if r.Bounded || r.Agreement < agreeing || r.R2.HeldOut < 0.8 {
		t.Errorf("bounded %v, agreement %v, held out %v", r.Bounded, r.Agreement, r.R2.HeldOut)
	}
	o := r.Otherwise
	if o == nil || o.Most > rulesPerSegment || o.Agreement >= agreeing || o.R2 >= r.R2.Segments {
		t.Errorf("the nearest with few rules is %+v", o)
	}
	if !noted(r, "More than 3 rules are needed for segment 1 (") || noted(r, "costs") {
		t.Errorf("notes %q", r.Notes)
	}
}

// No way to cut a tree back and to name its leaves is worth more, at given
// prices, than the one that prune takes.
func TestPruningIsTheBest(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	tab := synthetic(t, 3000, []int{3, 3, 2}, func(c []int, rng *rand.Rand) string { return fmt.Sprint(c[0]*c[1] + c[2] + rng.IntN(3)) })
	l := ledger{shards: tab, plan: &tab.plan, metrics: tab.metrics, known: map[string]*crossing{}, maxCells: exactPoints}
	totals, err := l.total(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.count(t.Context(), [][]int{{0, 1, 2}}); err != nil {
		t.Fatal(err)
	}
	all := totals.of(everyone())
	g := newGrid(l.get([]int{0, 1, 2}), everyone(), &all, tab.metrics, 0.5, 1)
	for round := range 30 {
		label := make([]int, len(g.cells))
		for i := range label {
			label[i] = (i*7 + rng.IntN(2)) % 3
		}
		tree := newGrower(g, label, 3, 1)
		for range 5 {
			tree.grow()
		}
		p := newPruner(tree)
		price := []float64{rng.Float64() / 10, rng.Float64() / 10, rng.Float64() / 10}
		var value func(at int, end []int) float64
		value = func(at int, end []int) float64 {
			if s := end[at]; s >= 0 {
				return p.worth[at][s] - price[s]
			}
			return value(tree.nodes[at].yes, end) + value(tree.nodes[at].no, end)
		}
		best := math.Inf(-1)
		end := make([]int, len(tree.nodes))
		var try func(at int) // all ways of the nodes from at on; those below an end come more than once
		try = func(at int) {
			if at == len(end) {
				best = max(best, value(0, end))
				return
			}
			for s := range 3 {
				end[at] = s
				try(at + 1)
			}
			if tree.nodes[at].yes > 0 {
				end[at] = -1
				try(at + 1)
			}
		}
		try(0)
		if got := value(0, p.prune(price)); math.Abs(got-best) > 1e-12 {
			t.Fatalf("round %d: pruned to %v, the best is %v", round, got, best)
		}
	}
}
