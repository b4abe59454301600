package merge

import "slices"

// direct is a tree over the cells of a grid that is grown for what merging
// makes clusters for: every test takes as much as one can from the customers'
// squared distances to the means of their leaves, in the coordinates of
// merging. Each cell, however small, is a place of its own.
type direct struct {
	g     *grid
	x     []float64 // position in grid.cells → metric coordinates
	nodes []directNode
}

// directNode is a node with the cells in it. A leaf has yes == 0; children
// stand next to each other, in the order in which nodes were split.
type directNode struct {
	cells   []int // positions in grid.cells
	all     place
	yes, no int
	split   treeSplit // the best one; gain 0 = none
}

// place is customers and the sums of their coordinates: metrics, then levels.
type place struct {
	n   float64
	sum []float64
}

// newDirect starts a tree of one leaf.
func newDirect(g *grid) *direct {
	d := &direct{g: g, x: make([]float64, len(g.cells)*g.points.Dim)}
	all := make([]int, len(g.cells))
	for i, cell := range g.cells {
		all[i] = i
		g.meanMetrics([]int{cell}, d.x[i*g.points.Dim:(i+1)*g.points.Dim], nil)
	}
	d.add(all)
	return d
}

// grow splits the leaf that gains most, the first of equals; false = none gains.
func (d *direct) grow() bool {
	at := -1
	for i := range d.nodes {
		if n := &d.nodes[i]; n.yes == 0 && n.split.gain > 0 && (at < 0 || n.split.gain > d.nodes[at].split.gain) {
			at = i
		}
	}
	if at < 0 {
		return false
	}
	var yes, no []int
	for _, i := range d.nodes[at].cells {
		if d.nodes[at].split.passes(d.g.c.at(d.g.cells[i])) {
			yes = append(yes, i)
		} else {
			no = append(no, i)
		}
	}
	y := d.add(yes)
	d.nodes[at].yes, d.nodes[at].no = y, d.add(no)
	return true
}

// passes says whether a cell of such codes goes to yes.
func (s *treeSplit) passes(codes []uint8) bool { return s.yes[codes[s.feature]] }

// leaf returns the leaf of a cell of such codes, as a node, when the tree has
// so many leaves.
func (d *direct) leaf(codes []uint8, leaves int) int {
	nodes := 2*leaves - 1
	at := 0
	for n := &d.nodes[at]; n.yes > 0 && n.yes < nodes; n = &d.nodes[at] {
		if at = n.no; n.split.passes(codes) {
			at = n.yes
		}
	}
	return at
}

// clusters numbers the leaves, as far as they were grown, and returns the one
// of every cell of the crossing, and how many there are.
func (d *direct) clusters(leaves int) (cluster []int, k int) {
	leaves = min(leaves, (len(d.nodes)+1)/2)
	number := map[int]int{}
	cluster = make([]int, d.g.c.cells())
	for cell := range cluster {
		at := d.leaf(d.g.c.at(cell), leaves)
		if _, seen := number[at]; !seen {
			number[at] = len(number)
		}
		cluster[cell] = number[at]
	}
	return cluster, len(number)
}

// add appends a leaf of some cells.
func (d *direct) add(cells []int) int {
	n := directNode{cells: cells}
	for j := range d.g.c.features {
		codes := d.tabulate(cells, j)
		if n.all.sum == nil {
			n.all = d.empty()
			for code := range codes {
				n.all.add(&codes[code], 1)
			}
		}
		d.best(j, codes, &n)
	}
	d.nodes = append(d.nodes, n)
	return len(d.nodes) - 1
}

func (d *direct) empty() place { return place{sum: make([]float64, d.g.points.Dim+d.g.points.Axes)} }

// add adds other, times a sign.
func (p *place) add(other *place, sign float64) {
	p.n += float64(sign * other.n)
	for i, x := range other.sum {
		p.sum[i] += float64(sign * x)
	}
}

// worth is n·|mean|²: by what the squared distances to the mean fall short of
// those to the origin.
func (p *place) worth() float64 {
	if p.n <= 0 {
		return 0
	}
	sum := 0.0
	for _, x := range p.sum {
		sum += float64(x * x)
	}
	return sum / p.n
}

// tabulate sums cells up by their code of the j-th crossed feature.
func (d *direct) tabulate(cells []int, j int) []place {
	out := make([]place, len(d.g.axes[j]))
	dim := d.g.points.Dim
	for _, i := range cells {
		cell := d.g.cells[i]
		codes, n := d.g.c.at(cell), float64(d.g.v.n[cell])
		p := &out[codes[j]]
		if p.sum == nil {
			*p = d.empty()
		}
		p.n += n
		for m, x := range d.x[i*dim : (i+1)*dim] {
			p.sum[m] += float64(n * x)
		}
		for f, code := range codes {
			if a := d.g.axes[f][code]; a.scale > 0 {
				p.sum[dim+a.at] += float64(n * a.scale)
			}
		}
	}
	return out
}

// best tries the tests on the j-th feature: each code against the rest, and
// every cut of the codes in their own order and in those of the metrics' means.
// Of equally good tests the first stays.
func (d *direct) best(j int, places []place, n *directNode) {
	var codes []int
	for code := range places {
		if places[code].n > 0 {
			codes = append(codes, code)
		}
	}
	if len(codes) < 2 {
		return
	}
	for _, code := range codes {
		d.try(j, codes, places, code, n)
	}
	d.scan(j, codes, places, n)
	for m := range d.g.points.Dim {
		order := slices.Clone(codes)
		slices.SortStableFunc(order, func(a, b int) int {
			x, y := places[a].sum[m]/places[a].n, places[b].sum[m]/places[b].n
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		})
		d.scan(j, order, places, n)
	}
}

// scan tries every cut of the codes in the order given.
func (d *direct) scan(j int, order []int, places []place, n *directNode) {
	left, right := d.empty(), d.empty()
	right.add(&n.all, 1)
	for at, code := range order[:len(order)-1] {
		left.add(&places[code], 1)
		right.add(&places[code], -1)
		d.take(j, order[:at+1], order[at+1:], &left, &right, n)
	}
}

// try tries a code against the rest.
func (d *direct) try(j int, codes []int, places []place, code int, n *directNode) {
	out := d.empty()
	out.add(&n.all, 1)
	out.add(&places[code], -1)
	rest := slices.DeleteFunc(slices.Clone(codes), func(c int) bool { return c == code })
	d.take(j, []int{code}, rest, &places[code], &out, n)
}

// take makes a test the node's, if it gains more than the best so far. The
// smaller side is yes, so that codes which did not occur go with the larger one.
func (d *direct) take(j int, a, b []int, in, out *place, n *directNode) {
	gain := in.worth() + out.worth() - n.all.worth()
	if gain <= n.split.gain*(1+1e-12) || gain < 1e-9*n.all.worth() {
		return
	}
	n.split = treeSplit{feature: j, gain: gain}
	if in.n > out.n {
		a = b
	}
	for _, code := range a {
		n.split.yes[code] = true
	}
}
