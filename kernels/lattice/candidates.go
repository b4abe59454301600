package lattice

import (
	"fmt"
	"slices"
)

// MaxCandidates bounds the candidates of one order. With their counts they
// take about 30 bytes each and measure, so this many take some 1.5 GB at the
// coordinator and at every worker; nobody reads more groups than that.
const MaxCandidates = 50_000_000

// Candidates generates the candidates of the next order: the groups all of
// whose subsets of one item less survived. ErrTooMany is returned as soon as
// there are more than limit. Cost: 12–20 ns a candidate where nothing
// is pruned (378 items, order 3), 4 bytes a candidate.
func (l *Lattice) Candidates(limit int) (*Candidates, error) {
	order := l.Order() + 1
	c := &Candidates{Order: order, Start: []int{0}}
	path := make([]uint32, order-1)
	subset := make([]uint32, order-2)
	last := &l.levels[order-2]
	room := 0
	for i := range last.item {
		room += len(l.siblings(order-2, uint32(i)))
	}
	c.Ext = make([]uint32, 0, min(room, limit, 1<<20)) // where nothing is pruned all of it is filled
	for i := range last.item {
		end := len(c.Ext)
		c.Ext = append(c.Ext, l.siblings(order-2, uint32(i))...)
		ext := c.Ext[end:]
		if len(ext) == 0 {
			continue
		}
		if order > 2 {
			l.Path(order-1, uint32(i), path)
		}
		// Leaving out the last or the last but one item gives the two joined
		// groups, which survived; every other item is left out in turn.
		for drop := 0; drop < order-2 && len(ext) > 0; drop++ {
			copy(subset, path[:drop])
			copy(subset[drop:], path[drop+1:])
			ext = intersect(ext, l.children(order-3, l.find(subset)))
		}
		if c.Ext = c.Ext[:end+len(ext)]; len(ext) == 0 {
			continue
		}
		if len(c.Ext) > limit {
			return nil, fmt.Errorf("order %d has more than %d: %w", order, limit, ErrTooMany)
		}
		c.Prefix = append(c.Prefix, uint32(i))
		c.Start = append(c.Start, len(c.Ext))
	}
	return c, nil
}

// Only returns the candidates whose bit is set in wanted, bit i%64 of word i/64
// for candidate i.
func (c *Candidates) Only(wanted []uint64) (*Candidates, error) {
	if want := (c.Len() + 63) / 64; len(wanted) != want {
		return nil, fmt.Errorf("order %d has %d candidates, but the bitmap of those wanted has %d words instead of %d", c.Order, c.Len(), len(wanted), want)
	}
	only := &Candidates{Order: c.Order, Start: []int{0}}
	for p, prefix := range c.Prefix {
		for i := c.Start[p]; i < c.Start[p+1]; i++ {
			if wanted[i/64]>>(i%64)&1 != 0 {
				only.Ext = append(only.Ext, c.Ext[i])
			}
		}
		if len(only.Ext) > only.Start[len(only.Prefix)] {
			only.Prefix = append(only.Prefix, prefix)
			only.Start = append(only.Start, len(only.Ext))
		}
	}
	return only, nil
}

// Parents writes to dst the survivors that lack one item of a candidate, which
// extends the survivor prefix, whose items are path, by the item ext. dst has an
// entry an item. Cost: some 100 ns.
func (l *Lattice) Parents(prefix uint32, path []uint32, ext uint32, dst []uint32) {
	dst[0] = prefix
	var room [8]uint32
	for drop := range path {
		subset := append(append(append(room[:0], path[:drop]...), path[drop+1:]...), ext)
		dst[1+drop] = l.find(subset)
	}
}

// siblings returns the last items of the survivors of level d that share all
// items but the last with survivor i and end in an item of a later feature.
func (l *Lattice) siblings(d int, i uint32) []uint32 {
	lv := &l.levels[d]
	end := uint32(len(lv.item))
	if d > 0 {
		end = l.levels[d-1].child[lv.parent[i]+1]
	}
	after := lv.item[i+1 : end]
	first := l.next[lv.item[i]]
	k, _ := slices.BinarySearch(after, first)
	return after[k:]
}

// intersect keeps the entries of a that are in b; both ascend. It works in
// place.
func intersect(a, b []uint32) []uint32 {
	k, _ := slices.BinarySearch(b, a[0])
	b = b[k:]
	if len(a) <= len(b) && slices.Equal(a, b[:len(a)]) {
		return a // as everywhere where nothing is pruned
	}
	n := 0
	for _, x := range a {
		for len(b) > 0 && b[0] < x {
			b = b[1:]
		}
		if len(b) == 0 {
			break
		}
		if b[0] == x {
			a[n] = x
			n++
		}
	}
	return a[:n]
}

// Replay builds the lattice from the survivors of the orders 2, 3, … and
// returns it with the candidates of the order after them.
func Replay(features []int, survivors [][]uint64, limit int) (*Lattice, *Candidates, error) {
	l, err := New(features)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range survivors {
		c, err := l.Candidates(limit)
		if err != nil {
			return nil, nil, err
		}
		if err := l.Keep(c, s); err != nil {
			return nil, nil, err
		}
	}
	c, err := l.Candidates(limit)
	return l, c, err
}
