package merge

import (
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// Rule is one way into a segment: every condition holds. The rules of all
// segments together cover every combination of codes exactly once.
type Rule struct {
	Conditions []Condition `json:"conditions"` // ascending by feature; none = everybody
	N          int64       `json:"n"`          // customers
}

// Condition says that a feature's code is one of some.
type Condition struct {
	Feature int   `json:"feature"` // index into Plan.Features
	Codes   []int `json:"codes"`   // ascending; 0 is missing
}

// box is a rule in the making: for each crossed feature the codes allowed.
type box struct {
	segment int
	allowed [][]bool // crossed feature → code; all of the plan's codes
}

// boxes lists the leaves of a tree over the crossed features, and unites those
// of one segment that differ in a single feature, until none is left.
func boxes(tree *encoder.Tree, plan *encoder.Plan, crossed []int) []box {
	start := box{allowed: make([][]bool, len(crossed))}
	for j, f := range crossed {
		start.allowed[j] = make([]bool, plan.Features[f].Codes())
		for c := range start.allowed[j] {
			start.allowed[j][c] = true
		}
	}
	var out []box
	var walk func(at int, b box)
	walk = func(at int, b box) {
		n := &tree.Nodes[at]
		if len(n.Codes) == 0 {
			b.segment = n.Segment
			out = append(out, b)
			return
		}
		j := slices.Index(crossed, n.Feature)
		walk(n.Yes, b.narrowed(j, func(code int) bool { return slices.Contains(n.Codes, uint8(code)) }))
		walk(n.No, b.narrowed(j, func(code int) bool { return !slices.Contains(n.Codes, uint8(code)) }))
	}
	walk(0, start)
	return united(out)
}

// narrowed returns b with only those codes of the j-th feature that pass.
func (b box) narrowed(j int, pass func(code int) bool) box {
	b.allowed = slices.Clone(b.allowed)
	b.allowed[j] = slices.Clone(b.allowed[j])
	for code, ok := range b.allowed[j] {
		b.allowed[j][code] = ok && pass(code)
	}
	return b
}

// united joins boxes of one segment that differ in a single feature, feature by
// feature, until none is left. O(boxes) a round, of which there are few.
func united(list []box) []box {
	for joined := true; joined; {
		joined = false
		for j := range list[0].allowed {
			first := map[string]int{} // what must be alike → box
			var key []byte
			kept := list[:0]
			for _, b := range list {
				key = b.beside(j, key[:0])
				at, found := first[string(key)]
				if !found {
					first[string(key)] = len(kept)
					kept = append(kept, b)
					continue
				}
				joined = true
				both := slices.Clone(kept[at].allowed[j])
				for code, ok := range b.allowed[j] {
					both[code] = both[code] || ok
				}
				kept[at].allowed = slices.Clone(kept[at].allowed)
				kept[at].allowed[j] = both
			}
			list = kept
		}
	}
	return list
}

// beside appends to key what the box is but for its j-th feature.
func (b *box) beside(j int, key []byte) []byte {
	key = append(key, byte(b.segment))
	for i, codes := range b.allowed {
		if i == j {
			continue
		}
		for _, ok := range codes {
			if ok {
				key = append(key, 1)
			} else {
				key = append(key, 0)
			}
		}
	}
	return key
}

// holds says whether a cell lies in the box.
func (b *box) holds(codes []uint8) bool {
	for j, code := range codes {
		if !b.allowed[j][code] {
			return false
		}
	}
	return true
}

// rule puts a box into words for a result.
func (b *box) rule(crossed []int, n int64) Rule {
	r := Rule{Conditions: []Condition{}, N: n}
	for j, f := range crossed {
		c := Condition{Feature: f}
		for code, ok := range b.allowed[j] {
			if ok {
				c.Codes = append(c.Codes, code)
			}
		}
		if len(c.Codes) < len(b.allowed[j]) {
			r.Conditions = append(r.Conditions, c)
		}
	}
	slices.SortFunc(r.Conditions, func(a, b Condition) int { return a.Feature - b.Feature })
	return r
}

// segmentOf follows a tree for a cell of the crossed features.
func segmentOf(tree *encoder.Tree, crossed []int, codes []uint8) int {
	n := &tree.Nodes[0]
	for len(n.Codes) > 0 {
		next := n.No
		if slices.Contains(n.Codes, codes[slices.Index(crossed, n.Feature)]) {
			next = n.Yes
		}
		n = &tree.Nodes[next]
	}
	return n.Segment
}
