package merge

import (
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// NumberRules returns the tree with every leaf's rule filled in: the one among
// its segment's rules that the leaf's rows fall under. Rules are unions of
// leaves, so there is exactly one.
func NumberRules(tree encoder.Tree, features []encoder.Feature, segments []Segment) encoder.Tree {
	out := encoder.Tree{Nodes: slices.Clone(tree.Nodes)}
	path := map[int][]bool{} // tested feature → its codes that come to the node
	var walk func(at int)
	walk = func(at int) {
		n := &out.Nodes[at]
		if len(n.Codes) == 0 {
			n.Rule = max(0, slices.IndexFunc(segments[n.Segment].Rules, func(r Rule) bool { return r.covers(path) }))
			return
		}
		before, tested := path[n.Feature]
		for _, branch := range []struct {
			child int
			yes   bool
		}{{n.Yes, true}, {n.No, false}} {
			codes := make([]bool, features[n.Feature].Codes())
			for c := range codes {
				codes[c] = (!tested || before[c]) && slices.Contains(n.Codes, uint8(c)) == branch.yes
			}
			path[n.Feature] = codes
			walk(branch.child)
		}
		if path[n.Feature] = before; !tested {
			delete(path, n.Feature)
		}
	}
	walk(0)
	return out
}

// covers says whether all codes that come to a leaf satisfy the rule.
func (r *Rule) covers(path map[int][]bool) bool {
	return !slices.ContainsFunc(r.Conditions, func(c Condition) bool {
		codes, tested := path[c.Feature]
		if !tested {
			return true // codes that the condition leaves out come as well
		}
		for code, comes := range codes {
			if comes && !slices.Contains(c.Codes, code) {
				return true
			}
		}
		return false
	})
}
