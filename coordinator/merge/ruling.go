package merge

import (
	"math"
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// agreeing is the share of customers on which rules must agree with the
// merging to take its place.
const agreeing = 0.95

// rulesPerSegment is how many rules a segment has at most, where that can be.
const rulesPerSegment = 3

// emphases are how much the metrics count against the clusters in the trees
// that are grown, one after another.
var emphases = []float64{1, 4, 0.5}

// prices of a rule, in shares of the customers, that the trees are cut back by.
var prices = []float64{0, 5e-4, 1e-3, 2e-3}

// ruling is a way to put the clusters into rules.
type ruling struct {
	tree      encoder.Tree
	rules     int
	most      int // rules of the segment that has the most
	beyond    int // rules beyond rulesPerSegment, over the segments
	agreement float64
	r2        float64
}

func (o *ruling) agrees() bool { return o.agreement >= agreeing }

// rulings gathers what could take the place of the merging.
type rulings struct {
	f     *fit
	plan  *encoder.Plan
	floor float64 // customers that every segment must have
	found []ruling
}

// gather grows trees of up to twice the leaves that are wanted, and considers
// what they are on the way and what they can be cut back to.
func (r *rulings) gather() {
	for _, emphasis := range emphases {
		t := newGrower(r.f.g, r.f.clusters.label, r.f.k, emphasis)
		for leaves := 1; leaves < 2*rulesPerSegment*r.f.k && t.grow(); leaves++ {
		}
		for nodes := 1; nodes <= len(t.nodes) && nodes < 2*rulesPerSegment*r.f.k; nodes += 2 {
			r.consider(t, t.ends(nodes))
		}
		p := newPruner(t)
		for _, price := range prices {
			p.bounded(rulesPerSegment, price, func(end []int) []int { return r.consider(t, end) })
		}
	}
}

// further grows a tree until it agrees.
func (r *rulings) further() {
	t := newGrower(r.f.g, r.f.clusters.label, r.f.k, emphases[0])
	for !slices.ContainsFunc(r.found, func(o ruling) bool { return o.agrees() }) && t.grow() {
		if agreed, _, _ := t.judge(t.ends(len(t.nodes))); float64(agreed) >= agreeing*float64(t.g.m.n) {
			r.consider(t, t.ends(len(t.nodes)))
		}
	}
}

// consider keeps a tree if every segment is large enough in it, and if it
// agrees with the merging or has few rules. It returns the rules of each segment.
func (r *rulings) consider(t *grower, end []int) []int {
	o := ruling{tree: t.tree(end)}
	rules := make([]int, t.k)
	for _, b := range boxes(&o.tree, r.plan, t.g.c.features) {
		rules[b.segment]++
	}
	for _, n := range rules {
		o.rules += n
		o.most = max(o.most, n)
		o.beyond += max(0, n-rulesPerSegment)
	}
	agreed, sizes, r2 := t.judge(end)
	o.agreement, o.r2 = float64(agreed)/float64(t.g.m.n), r2
	if float64(slices.Min(sizes)) >= r.floor && (o.agrees() || o.beyond == 0) {
		r.found = append(r.found, o)
	}
	return rules
}

// best returns, of those that will do, the one with the fewest rules that
// explains the metrics within 1 % as well as the best of them, the first of
// equals; nil = none will do.
func (r *rulings) best(do func(o *ruling) bool) *ruling {
	most := math.Inf(-1)
	for i := range r.found {
		if do(&r.found[i]) {
			most = max(most, r.found[i].r2)
		}
	}
	var best *ruling
	for i := range r.found {
		if o := &r.found[i]; do(o) && o.r2 >= most-0.01*math.Abs(most) && (best == nil || o.rules < best.rules) {
			best = o
		}
	}
	return best
}

// rule puts the clusters into rules. Of the trees that agree with the merging
// on 95 % of the customers, and keep every segment large enough, it takes one
// with at most three rules a segment, or if there is none, one with as few
// beyond these as can be. What the other choice would have been is kept beside.
func (f *fit) rule(plan *encoder.Plan, minSegment float64) {
	r := rulings{f: f, plan: plan, floor: float64(slices.Min(f.g.sizes(f.clusters.label, f.k)))}
	r.floor = min(r.floor, minSegment*float64(f.g.m.n))
	r.gather()
	r.further()
	beyond := math.MaxInt
	for i := range r.found {
		if o := &r.found[i]; o.agrees() {
			beyond = min(beyond, o.beyond)
		}
	}
	best := r.best(func(o *ruling) bool { return o.agrees() && o.beyond == beyond })
	f.tree, f.agreement, f.adopted = best.tree, best.agreement, best.agreement < 1
	f.segment = make([]int, len(f.g.cells))
	for i, cell := range f.g.cells {
		f.segment[i] = segmentOf(&f.tree, f.g.c.features, f.g.c.at(cell))
	}
	if f.bounded = beyond == 0; f.bounded {
		if free := r.best((*ruling).agrees); free.r2 > best.r2 {
			f.otherwise = free
		}
		return
	}
	for i := range r.found {
		if o := &r.found[i]; o.beyond == 0 && (f.otherwise == nil || o.agreement > f.otherwise.agreement) {
			f.otherwise = o
		}
	}
}
