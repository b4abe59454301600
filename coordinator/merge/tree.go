package merge

import (
	"math"
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// grower grows a tree over the cells of a grid that tells their clusters
// apart, the most telling split first.
type grower struct {
	g     *grid
	label []int
	k     int
	level [][]float64 // metric → cluster → mean, in units that weigh the metrics against the clusters
	nodes []treeNode
}

// treeNode is a node with the cells in it. A leaf has yes == 0.
type treeNode struct {
	cells   []int // positions in grid.cells
	count   []int64
	n       int64
	known   []float64 // metric → customers on which it is known
	sum     []float64 // metric → Σ (value − mean of all) over these
	yes, no int
	split   treeSplit // the best one; gain 0 = none
}

// treeSplit sends the codes of a crossed feature that are in yes one way.
type treeSplit struct {
	feature int // position in crossing.features
	yes     [256]bool
	gain    float64 // in customers: fall of Σ n·Gini
}

// newGrower starts a tree. Emphasis says how much telling all metric means
// apart is worth against telling all clusters apart.
func newGrower(g *grid, label []int, k int, emphasis float64) *grower {
	t := &grower{g: g, label: label, k: k, level: metricLevels(g, label, k, emphasis)}
	all := make([]int, len(g.cells))
	for i := range all {
		all[i] = i
	}
	t.add(all)
	return t
}

// add appends a leaf of some cells.
func (t *grower) add(cells []int) int {
	metrics := len(t.g.m.metrics)
	n := treeNode{cells: cells, count: make([]int64, t.k), known: make([]float64, metrics), sum: make([]float64, metrics)}
	for _, i := range cells {
		cell := t.g.cells[i]
		w := t.g.v.n[cell]
		n.count[t.label[i]] += w
		n.n += w
		for m := range metrics {
			n.known[m] += t.g.v.known[m][cell]
			n.sum[m] += t.g.v.sum[m][cell]
		}
	}
	t.nodes = append(t.nodes, n)
	at := len(t.nodes) - 1
	t.nodes[at].split = t.best(&t.nodes[at])
	return at
}

// majority returns a node's largest cluster, the first of equals.
func (n *treeNode) majority() int {
	at := 0
	for s, c := range n.count {
		if c > n.count[at] {
			at = s
		}
	}
	return at
}

// grow carries out the most telling split; false = none is left.
func (t *grower) grow() bool {
	at := -1
	for i := range t.nodes {
		if n := &t.nodes[i]; n.yes == 0 && n.split.gain > 0 && (at < 0 || n.split.gain > t.nodes[at].split.gain) {
			at = i
		}
	}
	if at < 0 {
		return false
	}
	var yes, no []int
	s := t.nodes[at].split
	for _, i := range t.nodes[at].cells {
		if s.yes[t.g.c.at(t.g.cells[i])[s.feature]] {
			yes = append(yes, i)
		} else {
			no = append(no, i)
		}
	}
	y := t.add(yes)
	n := t.add(no)
	t.nodes[at].yes, t.nodes[at].no = y, n
	return true
}

// metricLevels returns the clusters' metric means, scaled by the emphasis: a
// customer in the wrong cluster does harm by how far off its metric is.
func metricLevels(g *grid, label []int, k int, emphasis float64) [][]float64 {
	sizes := g.sizes(label, k)
	gini := float64(g.m.n) - purity(sizes, g.m.n, nil)
	var out [][]float64
	for m := range g.m.metrics {
		known, level := make([]float64, k), make([]float64, k)
		for i, cell := range g.cells {
			known[label[i]] += g.v.known[m][cell]
			level[label[i]] += g.v.sum[m][cell]
		}
		all, squares := 0.0, 0.0
		for s := range level {
			if known[s] > 0 {
				level[s] /= known[s]
			}
			all += float64(float64(sizes[s]) * level[s])
			squares += float64(float64(sizes[s]) * float64(level[s]*level[s]))
		}
		spread := squares - float64(all*all)/float64(g.m.n)
		if spread <= 0 {
			continue
		}
		scale := math.Sqrt(emphasis * gini / spread / float64(len(g.m.metrics)))
		for s := range level {
			level[s] *= scale
		}
		out = append(out, level)
	}
	return out
}

// purity is what n customers are worth as one leaf: n minus n·Gini of their
// clusters, and n·mean² of every metric's level.
func purity(count []int64, n int64, level [][]float64) float64 {
	sum := 0.0
	for _, c := range count {
		sum += float64(float64(c) * float64(c))
	}
	for _, l := range level {
		all := 0.0
		for s, c := range count {
			all += float64(float64(c) * l[s])
		}
		sum += float64(all * all)
	}
	return sum / float64(n)
}

// best finds a node's best split. Of each feature it tries, for every cluster,
// the codes in order of the cluster's share among them, and the codes in their
// own order; the first of equally good splits is taken.
func (t *grower) best(n *treeNode) treeSplit {
	var best treeSplit
	if n.n == 0 || n.count[n.majority()] == n.n {
		return best
	}
	whole := purity(n.count, n.n, t.level)
	for j := range t.g.c.features {
		codes, count, size := t.tabulate(n, j)
		if len(codes) < 2 {
			continue
		}
		for class := -1; class < t.k; class++ {
			if class >= 0 && n.count[class] == 0 {
				continue
			}
			order := slices.Clone(codes)
			if class >= 0 {
				slices.SortStableFunc(order, func(a, b int) int { // by share, exactly
					x, y := count[a][class], count[b][class]
					l, r := float64(x)*float64(size[b]), float64(y)*float64(size[a])
					switch {
					case l < r:
						return -1
					case l > r:
						return 1
					}
					return 0
				})
			}
			t.scan(n, j, order, count, size, whole, &best)
		}
	}
	if best.gain == 0 {
		t.splitAnyhow(n, &best)
	}
	return best
}

// splitAnyhow splits a node in which every single split leaves the clusters
// mixed alike (an exclusive or): the lowest code of the first feature that
// varies against the rest, after all splits that tell something.
func (t *grower) splitAnyhow(n *treeNode, best *treeSplit) {
	for j := range t.g.c.features {
		if codes, _, _ := t.tabulate(n, j); len(codes) > 1 {
			*best = treeSplit{feature: j, gain: 1e-12}
			best.yes[codes[0]] = true
			return
		}
	}
}

// tabulate counts a node's customers by code of the j-th crossed feature and
// cluster.
func (t *grower) tabulate(n *treeNode, j int) (codes []int, count [256][]int64, size [256]int64) {
	for _, i := range n.cells {
		code := int(t.g.c.at(t.g.cells[i])[j])
		if count[code] == nil {
			count[code] = make([]int64, t.k)
			codes = append(codes, code)
		}
		w := t.g.v.n[t.g.cells[i]]
		count[code][t.label[i]] += w
		size[code] += w
	}
	slices.Sort(codes)
	return codes, count, size
}

// scan tries every cut of the codes in the order given. The smaller side is
// yes, so that codes which did not occur go with the larger one.
func (t *grower) scan(n *treeNode, j int, order []int, count [256][]int64, size [256]int64, whole float64, best *treeSplit) {
	left, right := make([]int64, t.k), slices.Clone(n.count)
	var nl int64
	for at, code := range order[:len(order)-1] {
		for s, c := range count[code] {
			left[s] += c
			right[s] -= c
		}
		nl += size[code]
		gain := purity(left, nl, t.level) + purity(right, n.n-nl, t.level) - whole
		if gain <= best.gain*(1+1e-12) || gain < 1e-9 {
			continue
		}
		*best = treeSplit{feature: j, gain: gain}
		side := order[:at+1]
		if nl > n.n-nl {
			side = order[at+1:]
		}
		for _, c := range side {
			best.yes[c] = true
		}
	}
}

// ends returns, for each of the first nodes, the segment that it ends as when
// the tree has no others and every leaf is its majority's, siblings of one
// segment joined; −1 = it is split.
func (t *grower) ends(nodes int) []int {
	end := make([]int, nodes)
	for at := nodes - 1; at >= 0; at-- { // children stand behind their node
		switch n := &t.nodes[at]; {
		case n.yes == 0 || n.yes >= nodes:
			end[at] = n.majority()
		case end[n.yes] == end[n.no]:
			end[at] = end[n.yes]
		default:
			end[at] = -1
		}
	}
	return end
}

// judge returns how many customers the tree that ends as given leaves where the
// merging put them, the sizes of the segments, and the R² of the metrics in sample.
func (t *grower) judge(end []int) (agreed int64, sizes []int64, r2 float64) {
	sizes = make([]int64, t.k)
	of := newRowsOf(len(t.g.m.metrics) * t.k)
	var walk func(at int)
	walk = func(at int) {
		n, s := &t.nodes[at], end[at]
		if s < 0 {
			walk(n.yes)
			walk(n.no)
			return
		}
		agreed += n.count[s]
		sizes[s] += n.n
		for m := range t.g.m.metrics {
			of.known[m*t.k+s] += n.known[m]
			of.sum[m*t.k+s] += n.sum[m]
		}
	}
	walk(0)
	for m, a := range t.g.m.metrics {
		known, sum := of.known[m*t.k:(m+1)*t.k], of.sum[m*t.k:(m+1)*t.k]
		r2 += explained(known, sum, a.variance, func(s int) float64 { return sum[s] / max(1, known[s]) })
	}
	return agreed, sizes, r2 / float64(max(1, len(t.g.m.metrics)))
}

// tree returns the tree that ends as given, as workers walk it.
func (t *grower) tree(end []int) encoder.Tree {
	var out encoder.Tree
	var add func(at int) int
	add = func(at int) int {
		n := &t.nodes[at]
		id := len(out.Nodes)
		if end[at] >= 0 {
			out.Nodes = append(out.Nodes, encoder.Node{Segment: end[at]})
			return id
		}
		node := encoder.Node{Feature: t.g.c.features[n.split.feature]}
		for code, yes := range n.split.yes {
			if yes {
				node.Codes = append(node.Codes, uint8(code))
			}
		}
		out.Nodes = append(out.Nodes, node)
		out.Nodes[id].Yes = add(n.yes)
		out.Nodes[id].No = add(n.no)
		return id
	}
	add(0)
	return out
}
