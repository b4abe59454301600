package merge

import (
	"context"
	"fmt"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// manyRows is the number of customers from which on the yardstick is grown on
// the first split only: the splits differ by little then, and each takes a
// pass over all features per level of the tree.
const manyRows = 2_000_000

// mostLeaves bounds the yardstick: it takes a pass over the rows per level, and
// rules beyond that number are not read.
const mostLeaves = 40

// yardstick is a regression tree on all features, grown on a split's training
// rows; each test is one level against the rest.
type yardstick struct {
	split    *split
	bit      int // of Fold, that the split goes by
	features []int
	plan     *encoder.Plan
	metrics  []metric.Metric
	leaves   int // to grow to
	nodes    []yardNode
	order    []int // the nodes that are split, in the order in which it happened
	settled  bool
}

// yardNode is a node with its metrics on the training and the test rows.
type yardNode struct {
	train, test rowsOf
	looked      bool // its best test is known
	feature     int
	code        uint8
	gain        float64 // 0 = no test helps
	inside      [2]rowsOf
	yes, no     int // children; 0 = not made yet
}

// rowsOf holds, per metric, known rows and Σ (value − training mean).
type rowsOf struct{ known, sum []float64 }

func newRowsOf(metrics int) rowsOf {
	return rowsOf{known: make([]float64, metrics), sum: make([]float64, metrics)}
}

func (r rowsOf) add(o rowsOf) {
	for m := range r.known {
		r.known[m] += o.known[m]
		r.sum[m] += o.sum[m]
	}
}

func (r rowsOf) minus(o rowsOf) rowsOf {
	out := newRowsOf(len(r.known))
	for m := range r.known {
		out.known[m], out.sum[m] = r.known[m]-o.known[m], r.sum[m]-o.sum[m]
	}
	return out
}

// mean returns a metric's mean, 0 where it is not known.
func (r rowsOf) mean(m int) float64 {
	if r.known[m] == 0 {
		return 0
	}
	return r.sum[m] / r.known[m]
}

// measureYardstick grows a tree for each split, all side by side, and enters
// its figures.
func (l *ledger) measureYardstick(ctx context.Context, n *nested, features []int, rows int64, r *R2) error {
	splits := len(n.splits)
	if rows > manyRows {
		splits = 1
	}
	trees := make([]*yardstick, splits)
	for i := range trees {
		trees[i] = &yardstick{
			split: &n.splits[i], bit: i, features: features, plan: l.plan, metrics: l.metrics,
			leaves: min(max(r.Splits[i].Rules, r.Splits[i].K), mostLeaves), nodes: make([]yardNode, 1),
		}
	}
	if len(features) > 0 && len(l.metrics) > 0 {
		inParallel(len(trees), func(i int) { trees[i].lookAtRoot(l) })
		if err := l.growTrees(ctx, trees); err != nil {
			return fmt.Errorf("grow the tree to compare with: %w", err)
		}
	}
	var own, segments, rules []float64
	for i, t := range trees {
		own = append(own, r.Splits[i].R2)
		segments = append(segments, t.heldOut(r.Splits[i].K))
		rules = append(rules, t.heldOut(r.Splits[i].Rules))
	}
	r.Tree = TreeR2{SameSegments: mean(segments), SameRules: mean(rules), Splits: splits}
	r.Tree.Better = r.Tree.SameRules > mean(own)
	return nil
}

// growTrees looks at all new leaves of all trees in one pass, until no tree
// needs to know more.
func (l *ledger) growTrees(ctx context.Context, trees []*yardstick) error {
	for {
		p := wire.LeavesParams{Parts: l.parts}
		var open []*yardstick
		var at [][]int
		for _, t := range trees {
			if t.settled {
				continue
			}
			if leaves := t.expand(); len(leaves) > 0 {
				p.Features = t.features
				p.Trees = append(p.Trees, t.tree(leaves))
				p.Leaves = append(p.Leaves, len(leaves))
				p.Folds = append(p.Folds, t.bit)
				open, at = append(open, t), append(at, leaves)
			}
		}
		if len(open) == 0 {
			return nil
		}
		counts, err := l.fetchLeaves(ctx, p)
		if err != nil {
			return err
		}
		inParallel(len(open), func(i int) { open[i].look(at[i], &counts[i]) })
	}
}

// fetchLeaves merges the answers of all shards.
func (l *ledger) fetchLeaves(ctx context.Context, p wire.LeavesParams) ([]partial.Counts, error) {
	codes := 0
	for _, f := range p.Features {
		codes += l.plan.Features[f].Codes()
	}
	complete := make([]bool, len(l.plan.Measures))
	for m := range complete {
		complete[m] = l.plan.Measures[m].Complete
	}
	merged := make([]partial.Counts, len(p.Trees))
	for t := range merged {
		merged[t] = partial.MakeCounts(2*p.Leaves[t]*codes, complete)
	}
	err := l.shards.OverShards(ctx, wire.OpLeaves, p, func(answer []byte) error {
		var part []partial.Counts
		if err := wire.Decode(answer, &part); err != nil {
			return err
		}
		if len(part) != len(merged) {
			return fmt.Errorf("%d trees were asked for, %d came back", len(merged), len(part))
		}
		for t := range merged {
			if err := merged[t].Merge(&part[t]); err != nil {
				return err
			}
		}
		return nil
	})
	return merged, err
}

// expand splits the best leaf, as far as the best is known, until the tree has
// its size. It returns the leaves that have to be looked at; none = settled,
// every split having been chosen among all leaves.
func (t *yardstick) expand() []int {
	t.order = t.order[:0]
	frontier := []int{0}
	provisional := false
	for len(frontier) < t.leaves {
		best, at := -1, -1
		for i, id := range frontier {
			n := &t.nodes[id]
			provisional = provisional || !n.looked
			if n.looked && n.gain > 0 && (best < 0 || n.gain > t.nodes[best].gain) {
				best, at = id, i
			}
		}
		if best < 0 {
			break
		}
		yes, no := t.children(best)
		frontier[at] = yes
		frontier = append(frontier, no)
		t.order = append(t.order, best)
	}
	if !provisional {
		t.settled = true
		return nil
	}
	var leaves []int
	for _, id := range frontier {
		if !t.nodes[id].looked {
			leaves = append(leaves, id)
		}
	}
	return leaves
}

// children returns a node's children, making them at the first time.
func (t *yardstick) children(id int) (yes, no int) {
	if n := &t.nodes[id]; n.yes == 0 {
		yes := yardNode{train: n.inside[0], test: n.inside[1]}
		no := yardNode{train: n.train.minus(yes.train), test: n.test.minus(yes.test)}
		n.yes, n.no = len(t.nodes), len(t.nodes)+1
		t.nodes = append(t.nodes, yes, no)
	}
	return t.nodes[id].yes, t.nodes[id].no
}

// tree returns the tree whose counted leaves are those listed.
func (t *yardstick) tree(leaves []int) encoder.Tree {
	split := make([]bool, len(t.nodes))
	for _, id := range t.order {
		split[id] = true
	}
	number := make([]int, len(t.nodes))
	for i := range number {
		number[i] = -1
	}
	for i, id := range leaves {
		number[id] = i
	}
	var out encoder.Tree
	var add func(id int) int
	add = func(id int) int {
		at, n := len(out.Nodes), &t.nodes[id]
		if !split[id] {
			out.Nodes = append(out.Nodes, encoder.Node{Segment: number[id]})
			return at
		}
		out.Nodes = append(out.Nodes, encoder.Node{Feature: n.feature, Codes: []uint8{n.code}})
		yes := add(n.yes)
		no := add(n.no)
		out.Nodes[at].Yes, out.Nodes[at].No = yes, no
		return at
	}
	add(0)
	return out
}

// heldOut returns the R² on the split's test rows of the tree when it had so
// many leaves, meaned over the metrics.
func (t *yardstick) heldOut(leaves int) float64 {
	splits := t.order[:min(max(0, leaves-1), len(t.order))]
	if len(splits) == 0 {
		return t.split.unsegmented()
	}
	frontier := []int{0}
	for _, id := range splits {
		for i, leaf := range frontier {
			if leaf == id {
				frontier[i] = t.nodes[id].yes
			}
		}
		frontier = append(frontier, t.nodes[id].no)
	}
	total := 0.0
	for m := range t.metrics {
		known, sum := make([]float64, len(frontier)), make([]float64, len(frontier))
		for i, id := range frontier {
			known[i], sum[i] = t.nodes[id].test.known[m], t.nodes[id].test.sum[m]
		}
		total += explained(known, sum, t.split.reserved.metrics[m].variance, func(i int) float64 { return t.nodes[frontier[i]].train.mean(m) })
	}
	return total / float64(len(t.metrics))
}
