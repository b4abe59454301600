// Package lattice generates the candidates of a level-wise search: from the
// listed items, and from which candidates of every order survived, the
// candidates of the next. Coordinator and workers generate the same ones in
// the same order, so that only a bitmap of survivors travels.
//
// Items are numbers 0, 1, …, ascending by feature. A group is an ascending
// tuple of items of distinct features; groups of one order stand in
// lexicographic order. A group's identity is the tuple itself, never a hash.
package lattice

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

// ErrTooMany says that an order has more candidates than the limit.
var ErrTooMany = errors.New("too many candidates")

// Lattice is the trie of the groups that survived so far.
type Lattice struct {
	feature []int32
	next    []uint32 // item → first item of a later feature
	levels  []level  // levels[d] = survivors of order d+1
}

// level holds the survivors of one order in columns. Their children, the
// survivors of the next order that begin with them, are consecutive.
type level struct {
	parent []uint32 // index into the level above; nil for order 1
	item   []uint32 // the last item
	child  []uint32 // first child in the level below, one entry more than survivors; nil until that level is known
}

// Candidates are the candidates of one order, grouped by prefix: those of
// prefix p extend the survivor Prefix[p] of the order before by the items
// Ext[Start[p]:Start[p+1]], of which there is at least one. 4 bytes a candidate.
type Candidates struct {
	Order  int
	Prefix []uint32
	Start  []int
	Ext    []uint32
}

// Len returns the number of candidates.
func (c *Candidates) Len() int { return len(c.Ext) }

// New returns the lattice in which the items alone survived. features[i] is
// the feature of item i, ascending.
func New(features []int) (*Lattice, error) {
	n := len(features)
	l := &Lattice{feature: make([]int32, n), next: make([]uint32, n)}
	items := make([]uint32, n)
	for i := n - 1; i >= 0; i-- {
		l.feature[i], items[i] = int32(features[i]), uint32(i)
		l.next[i] = uint32(n)
		if i+1 < n {
			if features[i] > features[i+1] {
				return nil, fmt.Errorf("item %d is of feature %d and the next of feature %d: items must ascend by feature", i, features[i], features[i+1])
			}
			l.next[i] = uint32(i + 1)
			if features[i] == features[i+1] {
				l.next[i] = l.next[i+1]
			}
		}
	}
	l.levels = []level{{item: items}}
	return l, nil
}

// Order returns the highest order whose survivors are known.
func (l *Lattice) Order() int { return len(l.levels) }

// Path writes the items of survivor i of an order to dst, which holds order
// entries.
func (l *Lattice) Path(order int, i uint32, dst []uint32) {
	for d := order - 1; d >= 0; d-- {
		dst[d] = l.levels[d].item[i]
		if d > 0 {
			i = l.levels[d].parent[i]
		}
	}
}

// Last returns the last item of survivor i of an order.
func (l *Lattice) Last(order int, i uint32) uint32 { return l.levels[order-1].item[i] }

// Keep makes the candidates c of the next order, as Candidates returned them,
// into survivors: those whose bit is set in survived, bit i%64 of word i/64
// for candidate i.
func (l *Lattice) Keep(c *Candidates, survived []uint64) error {
	if c.Order != l.Order()+1 {
		return fmt.Errorf("candidates of order %d cannot follow survivors of order %d", c.Order, l.Order())
	}
	if want := (c.Len() + 63) / 64; len(survived) != want {
		return fmt.Errorf("order %d has %d candidates, but the bitmap of survivors has %d words instead of %d", c.Order, c.Len(), len(survived), want)
	}
	n := 0
	for _, w := range survived {
		n += bits.OnesCount64(w)
	}
	above := &l.levels[len(l.levels)-1]
	lv := level{parent: make([]uint32, 0, n), item: make([]uint32, 0, n)}
	above.child = make([]uint32, len(above.item)+1)
	for p, prefix := range c.Prefix {
		for i := c.Start[p]; i < c.Start[p+1]; i++ {
			if survived[i/64]>>(i%64)&1 != 0 {
				lv.parent = append(lv.parent, prefix)
				lv.item = append(lv.item, c.Ext[i])
				above.child[prefix+1]++
			}
		}
	}
	if len(lv.item) != n {
		return fmt.Errorf("order %d: the bitmap of survivors has bits past the last of %d candidates", c.Order, c.Len())
	}
	for i := range above.item {
		above.child[i+1] += above.child[i]
	}
	l.levels = append(l.levels, lv)
	return nil
}

// children returns the items that extend survivor i of level d, ascending.
func (l *Lattice) children(d int, i uint32) []uint32 {
	child := l.levels[d].child
	return l.levels[d+1].item[child[i]:child[i+1]]
}

// find returns the survivor with the given items, a subset of a survivor's:
// those all survived.
func (l *Lattice) find(items []uint32) uint32 {
	i := items[0]
	for d, item := range items[1:] {
		k, _ := slices.BinarySearch(l.children(d, i), item)
		i = l.levels[d].child[i] + uint32(k)
	}
	return i
}
