package ops

import (
	"fmt"
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// router sends rows to the segments of a tree: through a table over the codes
// of the tested features where their product is small, else node by node.
type router struct {
	nodes    []routeNode
	features []int // tested ones, ascending
	radix    []uint32
	table    []int32 // mixed-radix number of the codes → segment; nil = too many
	codes    [][]uint8

	rows, spare []uint32 // scratch of descend
}

type routeNode struct {
	feature int // position in features; -1 = leaf
	yes, no int
	segment int32
	member  [256]uint8 // 1 = yes
}

// tableRoutes bounds the table of a router, in entries: filling it costs some
// 40 ns each.
const tableRoutes = 1 << 14

// newRouter compiles a tree whose segments must lie in [least, segments).
func newRouter(tree *encoder.Tree, plan *encoder.Plan, least, segments int) (*router, error) {
	r := &router{nodes: make([]routeNode, len(tree.Nodes))}
	if len(tree.Nodes) == 0 {
		return nil, fmt.Errorf("a tree without nodes assigns no row")
	}
	for i, n := range tree.Nodes {
		switch {
		case len(n.Codes) == 0 && (n.Segment < least || n.Segment >= segments):
			return nil, fmt.Errorf("tree node %d: segment %d is not among %d", i, n.Segment, segments)
		case len(n.Codes) == 0:
		case n.Feature < 0 || n.Feature >= len(plan.Features):
			return nil, fmt.Errorf("tree node %d: feature %d is not among the plan's %d", i, n.Feature, len(plan.Features))
		case n.Yes <= i || n.No <= i || n.Yes >= len(tree.Nodes) || n.No >= len(tree.Nodes):
			return nil, fmt.Errorf("tree node %d: its children %d and %d must follow it among the %d nodes", i, n.Yes, n.No, len(tree.Nodes))
		default:
			r.features = append(r.features, n.Feature)
		}
	}
	slices.Sort(r.features)
	r.features = slices.Compact(r.features)
	for i, n := range tree.Nodes {
		node := routeNode{feature: -1, yes: n.Yes, no: n.No, segment: int32(n.Segment)}
		if len(n.Codes) > 0 {
			node.feature, _ = slices.BinarySearch(r.features, n.Feature)
			for _, c := range n.Codes {
				node.member[c] = 1
			}
		}
		r.nodes[i] = node
	}
	r.fill(plan)
	r.codes = make([][]uint8, len(r.features))
	return r, nil
}

// fill makes the table unless it would be too large.
func (r *router) fill(plan *encoder.Plan) {
	product := 1
	for _, f := range r.features {
		codes := plan.Features[f].Codes()
		if product *= codes; product > tableRoutes {
			return
		}
		r.radix = append(r.radix, uint32(codes))
	}
	r.table = make([]int32, product)
	codes := make([]uint8, len(r.features))
	for key := range r.table {
		rest := uint32(key)
		for j := len(codes) - 1; j >= 0; j-- {
			codes[j] = uint8(rest % r.radix[j])
			rest /= r.radix[j]
		}
		r.table[key] = r.walk(func(j int) uint8 { return codes[j] })
	}
}

// walk follows the tree for one row, given its code of the j-th tested feature.
func (r *router) walk(code func(j int) uint8) int32 {
	n := &r.nodes[0]
	for n.feature >= 0 {
		if n.member[code(n.feature)] == 1 {
			n = &r.nodes[n.yes]
		} else {
			n = &r.nodes[n.no]
		}
	}
	return n.segment
}

// route writes the segments of a block's rows to out, which has their length.
func (r *router) route(b *rowBlock, out []int32) {
	for j, f := range r.features {
		r.codes[j] = b.codes(f)
	}
	r.send(out)
}

// label is route for encoded rows of the tested features.
func (r *router) label(rows *encoder.Rows, out []int32) error {
	r.codes = rows.Codes
	r.send(out)
	return nil
}

// send is route for rows whose codes are in r.codes.
func (r *router) send(out []int32) {
	if r.table == nil {
		r.rows, r.spare = r.rows[:0], slices.Grow(r.spare[:0], len(out))
		for i := range out {
			r.rows = append(r.rows, uint32(i))
		}
		r.descend(0, r.rows, out)
		return
	}
	clear(out)
	for j, codes := range r.codes {
		radix := int32(r.radix[j])
		for i, c := range codes {
			out[i] = out[i]*radix + int32(c)
		}
	}
	for i, key := range out {
		out[i] = r.table[key]
	}
}

// descend sends rows down from a node, splitting the list of them without
// branches.
func (r *router) descend(at int, rows []uint32, out []int32) {
	n := &r.nodes[at]
	if n.feature < 0 {
		for _, row := range rows {
			out[row] = n.segment
		}
		return
	}
	if len(rows) == 0 {
		return
	}
	codes, spare := r.codes[n.feature], r.spare[:len(rows)]
	yes, no := 0, 0
	for _, row := range rows {
		m := int(n.member[codes[row]])
		rows[yes], spare[no] = row, row
		yes += m
		no += 1 - m
	}
	copy(rows[yes:], spare[:no])
	r.descend(n.yes, rows[:yes], out)
	r.descend(n.no, rows[yes:], out)
}
