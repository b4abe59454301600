package merge

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// Following a numbered tree leads every combination of codes to the one rule
// of the segment that it satisfies.
func TestNumberRules(t *testing.T) {
	plan := &encoder.Plan{Features: make([]encoder.Feature, 3)}
	for f, levels := range []int{2, 3, 4} {
		plan.Features[f].Levels = make([]encoder.Level, levels)
	}
	crossed := []int{0, 1, 2}
	rapid.Check(t, func(t *rapid.T) {
		var tree encoder.Tree
		var grow func(depth int) int
		grow = func(depth int) int {
			at := len(tree.Nodes)
			tree.Nodes = append(tree.Nodes, encoder.Node{})
			if depth == 0 || rapid.Bool().Draw(t, "leaf") {
				tree.Nodes[at] = encoder.Node{Segment: rapid.IntRange(0, 2).Draw(t, "segment")}
				return at
			}
			n := encoder.Node{Feature: rapid.IntRange(0, 2).Draw(t, "feature")}
			for c := range plan.Features[n.Feature].Codes() {
				if rapid.Bool().Draw(t, "in") {
					n.Codes = append(n.Codes, uint8(c))
				}
			}
			if len(n.Codes) == 0 {
				n.Codes = []uint8{0}
			}
			n.Yes = grow(depth - 1)
			n.No = grow(depth - 1)
			tree.Nodes[at] = n
			return at
		}
		grow(4)
		segments := make([]Segment, 3)
		for _, b := range boxes(&tree, plan, crossed) {
			segments[b.segment].Rules = append(segments[b.segment].Rules, b.rule(crossed, 0))
		}
		numbered := NumberRules(tree, plan.Features, segments)
		for a := range 3 {
			for b := range 4 {
				for c := range 5 {
					codes := []uint8{uint8(a), uint8(b), uint8(c)}
					n := leafOf(&numbered, codes)
					if n.Segment != segmentOf(&tree, crossed, codes) {
						t.Fatalf("%v goes to segment %d", codes, n.Segment)
					}
					for i, r := range segments[n.Segment].Rules {
						if r.holds(codes) != (i == n.Rule) {
							t.Fatalf("%v is led to rule %d of %+v", codes, n.Rule, segments[n.Segment].Rules)
						}
					}
				}
			}
		}
	})
}

func leafOf(tree *encoder.Tree, codes []uint8) *encoder.Node {
	n := &tree.Nodes[0]
	for len(n.Codes) > 0 {
		next := n.No
		for _, c := range n.Codes {
			if c == codes[n.Feature] {
				next = n.Yes
			}
		}
		n = &tree.Nodes[next]
	}
	return n
}

func (r *Rule) holds(codes []uint8) bool {
	for _, c := range r.Conditions {
		in := false
		for _, code := range c.Codes {
			in = in || code == int(codes[c.Feature])
		}
		if !in {
			return false
		}
	}
	return true
}
