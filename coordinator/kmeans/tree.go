package kmeans

import (
	"context"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Tree says in thresholds and levels what the clusters are, approximately.
type Tree struct {
	Tree      encoder.Tree `json:"tree"` // a leaf's segment is the cluster of most of its customers, from 0
	Leaves    int          `json:"leaves"`
	Agreement float64      `json:"agreement"` // share of customers whose leaf says their cluster
	Rules     []Rule       `json:"rules"`     // a rule a leaf, by cluster, then size
}

// Rule is one leaf.
type Rule struct {
	Cluster    int     `json:"cluster"` // from 1
	Text       string  `json:"text"`
	Right      float64 `json:"right"` // share of the leaf's customers that are in the cluster
	merge.Rule         // of customers among those that the tree was grown on
}

// explainable bounds the clusters that a tree is grown for: one of more leaves
// than 128 is read by nobody.
const explainable = 64

// treeNode is a node of the tree with the clusters in it.
type treeNode struct {
	n       []int64 // cluster
	looked  bool    // its best test is known
	feature int
	codes   []uint8 // of the best test
	gain    float64 // 0 = no test helps
	inside  []int64 // clusters that pass it
	yes, no int     // children; 0 = not made yet
}

// grower grows a tree best first; each pass over the rows looks at all leaves
// that are new.
type grower struct {
	runner   *runner
	plan     *encoder.Plan
	features []int
	centres  wire.Centres
	nodes    []treeNode
	order    []int // the nodes that are split, in the order of their gain when they came up
}

// explain grows trees of k and of 2k leaves that tell the clusters apart, on
// the sample where the table has one. Features may be tested.
func (r *runner) explain(ctx context.Context, centres wire.Centres, features []int) (tree, finer *Tree, err error) {
	k := centres.K
	if k < 2 || k > explainable || len(features) == 0 {
		return nil, nil, nil
	}
	g := &grower{runner: r, plan: r.space.Plan, features: features, centres: centres, nodes: make([]treeNode, 1)}
	for {
		leaves := g.expand(2 * k)
		if len(leaves) == 0 {
			break
		}
		if err := g.look(ctx, leaves); err != nil {
			return nil, nil, err
		}
	}
	return g.first(k), g.first(2 * k), nil
}

// expand splits the best leaf, as far as the best is known, until there are so
// many leaves. It returns those that have to be looked at; none = every split
// was chosen among all leaves.
func (g *grower) expand(most int) []int {
	g.order = g.order[:0]
	frontier := []int{0}
	unseen := func(id int) bool { return !g.nodes[id].looked }
	provisional := false
	for len(frontier) < most {
		provisional = provisional || slices.ContainsFunc(frontier, unseen)
		best, at := -1, -1
		for i, id := range frontier {
			if n := &g.nodes[id]; n.gain > 0 && (best < 0 || n.gain > g.nodes[best].gain) {
				best, at = id, i
			}
		}
		if best < 0 {
			break
		}
		frontier[at] = g.child(best)
		frontier = append(frontier, g.nodes[best].no)
		g.order = append(g.order, best)
	}
	if !provisional {
		return nil
	}
	return slices.DeleteFunc(frontier, func(id int) bool { return g.nodes[id].looked })
}

// child returns a node's first child, making both at the first time.
func (g *grower) child(id int) int {
	if n := g.nodes[id]; n.yes == 0 {
		rest := slices.Clone(n.n)
		for k, m := range n.inside {
			rest[k] -= m
		}
		g.nodes[id].yes, g.nodes[id].no = len(g.nodes), len(g.nodes)+1
		g.nodes = append(g.nodes, treeNode{n: n.inside}, treeNode{n: rest})
	}
	return g.nodes[id].yes
}

// look counts clusters by level in some leaves, and finds their best tests.
func (g *grower) look(ctx context.Context, leaves []int) error {
	number := map[int]int{}
	for i, id := range leaves {
		number[id] = i
	}
	tree := g.tree(len(g.order)+1, func(id int) int {
		if i, ok := number[id]; ok {
			return i
		}
		return -1
	})
	mixture, err := over(ctx, g.runner.shards, wire.OpClusterTree, wire.ClusterTreeParams{
		OneHot: g.runner.space.OneHot, Centres: g.centres, Tree: tree, Leaves: len(leaves), Features: g.features, Rows: g.runner.tried(),
	}, (*partial.Mixture).Merge)
	if err != nil {
		return err
	}
	codes := 0
	for _, f := range g.features {
		codes += g.plan.Features[f].Codes()
	}
	k := g.centres.K
	for i, id := range leaves {
		g.test(&g.nodes[id], mixture.N[i*codes*k:(i+1)*codes*k])
	}
	return nil
}

// test finds a node's best test from its clusters by code of the features.
func (g *grower) test(n *treeNode, counts []int64) {
	n.looked = true
	k := g.centres.K
	if n.n == nil { // the root: every customer has one code of the first feature
		n.n = make([]int64, k)
		for i, m := range counts[:g.plan.Features[g.features[0]].Codes()*k] {
			n.n[i%k] += m
		}
	}
	for _, f := range g.features {
		codes := g.plan.Features[f].Codes()
		try := func(inside []int64, list func() []uint8) {
			if gain := impurityFall(n.n, inside); gain > n.gain*(1+1e-12) && gain > 1e-9 {
				n.gain, n.feature, n.codes, n.inside = gain, f, list(), slices.Clone(inside)
			}
		}
		below := make([]int64, k)
		for code := range codes {
			level := counts[code*k : (code+1)*k]
			try(level, func() []uint8 { return []uint8{uint8(code)} })
			if code == encoder.Missing || !ordered(&g.plan.Features[f]) {
				continue
			}
			for c, m := range level {
				below[c] += m
			}
			if code > 1 && code < codes-1 {
				try(below, func() []uint8 { return upTo(code) })
			}
		}
		counts = counts[codes*k:]
	}
}

// ordered says whether a feature's codes ascend with its values, so that they
// can be cut by a threshold. Single values of ranges stand where they belong.
func ordered(f *encoder.Feature) bool {
	return f.Kind != encoder.Category && f.Part != encoder.Month && f.Part != encoder.Weekday
}

// upTo returns the codes from 1 to last.
func upTo(last int) []uint8 {
	codes := make([]uint8, last)
	for i := range codes {
		codes[i] = uint8(i + 1)
	}
	return codes
}

// impurityFall returns by how much a test lowers Σ n·Gini over the clusters.
func impurityFall(all, inside []int64) float64 {
	var n, in int64
	whole, yes, no := 0.0, 0.0, 0.0
	for k, m := range all {
		n += m
		in += inside[k]
		rest := float64(m - inside[k])
		whole += float64(float64(m) * float64(m))
		yes += float64(float64(inside[k]) * float64(inside[k]))
		no += float64(rest * rest)
	}
	if in == 0 || in == n {
		return 0
	}
	return yes/float64(in) + no/float64(n-in) - whole/float64(n)
}

// tree returns the tree of the first splits that make so many leaves, with the
// leaves numbered.
func (g *grower) tree(leaves int, number func(id int) int) encoder.Tree {
	split := make([]bool, len(g.nodes))
	for _, id := range g.order[:min(leaves-1, len(g.order))] {
		split[id] = true
	}
	var out encoder.Tree
	var add func(id int) int
	add = func(id int) int {
		at, n := len(out.Nodes), &g.nodes[id]
		if !split[id] {
			out.Nodes = append(out.Nodes, encoder.Node{Segment: number(id)})
			return at
		}
		out.Nodes = append(out.Nodes, encoder.Node{Feature: n.feature, Codes: n.codes})
		yes := add(n.yes)
		no := add(n.no)
		out.Nodes[at].Yes, out.Nodes[at].No = yes, no
		return at
	}
	add(0)
	return out
}

// first returns the tree of the first splits that make so many leaves.
func (g *grower) first(leaves int) *Tree {
	var ids []int // of the leaves, in the order of the tree
	t := &Tree{}
	t.Tree = g.tree(leaves, func(id int) int {
		ids = append(ids, id)
		return majority(g.nodes[id].n)
	})
	t.Leaves = len(ids)
	var all, right int64
	for i, rule := range g.rules(&t.Tree) {
		n := g.nodes[ids[i]].n
		k := majority(n)
		r := Rule{Cluster: k + 1, Text: merge.RuleText(g.plan.Features, rule), Rule: rule}
		for _, m := range n {
			r.Rule.N += m
		}
		r.Right = float64(n[k]) / float64(max(r.N, 1))
		all, right = all+r.N, right+n[k]
		t.Rules = append(t.Rules, r)
	}
	t.Agreement = float64(right) / float64(max(all, 1))
	slices.SortStableFunc(t.Rules, func(a, b Rule) int {
		if a.Cluster != b.Cluster {
			return a.Cluster - b.Cluster
		}
		return int(min(1, max(-1, b.N-a.N)))
	})
	return t
}

// majority returns the largest cluster, the first of equal ones.
func majority(n []int64) int {
	at := 0
	for k, m := range n {
		if m > n[at] {
			at = k
		}
	}
	return at
}

// rules returns the way to each leaf, in the order of the tree.
func (g *grower) rules(t *encoder.Tree) []merge.Rule {
	var out []merge.Rule
	var walk func(at int, allowed map[int][]bool)
	walk = func(at int, allowed map[int][]bool) {
		n := &t.Nodes[at]
		if len(n.Codes) == 0 {
			out = append(out, g.ruleOf(allowed))
			return
		}
		for _, side := range []struct {
			next int
			yes  bool
		}{{n.Yes, true}, {n.No, false}} {
			narrowed := map[int][]bool{}
			for f, codes := range allowed {
				narrowed[f] = codes
			}
			codes := make([]bool, g.plan.Features[n.Feature].Codes())
			for code := range codes {
				before := allowed[n.Feature]
				codes[code] = (before == nil || before[code]) && slices.Contains(n.Codes, uint8(code)) == side.yes
			}
			narrowed[n.Feature] = codes
			walk(side.next, narrowed)
		}
	}
	walk(0, map[int][]bool{})
	return out
}

// ruleOf lists the codes that are left. Missing is not told of where no
// customer is without a value.
func (g *grower) ruleOf(allowed map[int][]bool) merge.Rule {
	r := merge.Rule{Conditions: []merge.Condition{}}
	for f, codes := range allowed {
		c := merge.Condition{Feature: f}
		for code, ok := range codes {
			if ok && (code != encoder.Missing || g.runner.space.lacking[f]) {
				c.Codes = append(c.Codes, code)
			}
		}
		r.Conditions = append(r.Conditions, c)
	}
	slices.SortFunc(r.Conditions, func(a, b merge.Condition) int { return a.Feature - b.Feature })
	return r
}
