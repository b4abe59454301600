package ops

import "github.com/headwater-dev/headwater/worker/partial"

// settle derives what tiles have not counted and sets counts to the candidates:
// those in cubes, and left, those that were counted one by one. It empties the
// store.
func (p *cubePlan) settle(counts, left *partial.Counts) {
	c := p.cubes
	store := columns(&c.store, &c.store)
	for _, cb := range c.all {
		c.derive(cb, store)
	}
	to := columns(counts, &c.store)
	for i := range p.candidates.Prefix {
		panel, at := p.panel[i], 0
		p.eachRun(i, func(slot, from, end int) {
			at = panel.partner(at, slot)
			cb := panel.partners[at].cube
			if cb == nil {
				return
			}
			r := &c.block.byFeat[slot]
			first := cb.at + p.number[i]*cb.stride
			for k, item := range p.candidates.Ext[from:end] {
				cell := first + cb.column[int(item)-r.from]
				for x := range to {
					to[x][from+k] = store[x][cell]
				}
			}
		})
	}
	for x, from := range columns(left, left) {
		for i, at := range p.index {
			to[x][at] = from[i]
		}
	}
	for m := range counts.Measures {
		counts.Measures[m].Sum.Carry()
	}
	for _, x := range store {
		clear(x)
	}
}

// columns returns the columns of c that like has. Sums are the same numbers with
// any Lo, so that columns may be added and subtracted each for itself.
func columns(c, like *partial.Counts) [][]int64 {
	all := [][]int64{c.N}
	for m := range like.Measures {
		if like.Measures[m].Known != nil {
			all = append(all, c.Measures[m].Known)
		}
		if like.Measures[m].Sum.Hi != nil {
			all = append(all, c.Measures[m].Sum.Hi)
		}
		all = append(all, c.Measures[m].Sum.Lo)
	}
	return all
}

// derive fills in the entries of a tiled cube that have a first rank. Feature
// by feature, from the last to the first, it takes the entries that have the
// first rank of this one and of none before: the entries of the other ranks are
// counted then, or derived already.
func (c *cubes) derive(cb *cube, store [][]int64) {
	ranks, others := make([]int, len(cb.slots)), make([]int, 0, len(cb.slots))
	step := cb.stride
	for j := len(cb.slots) - 1; j >= 0 && !cb.byTable; j-- {
		d := derivation{cubes: c, cube: cb, axis: j, ranks: ranks, others: others, store: store}
		for rank := 1; rank < c.block.byFeat[cb.slots[j]].size; rank++ {
			if j == len(cb.slots)-1 {
				d.siblings = append(d.siblings, cb.column[rank]-cb.column[0])
			} else {
				d.siblings = append(d.siblings, rank*step)
			}
		}
		if j < len(cb.slots)-1 {
			step *= c.block.byFeat[cb.slots[j]].size
		}
		d.each(0)
	}
}

// derivation fills in a cube along one of its features.
type derivation struct {
	*cubes
	cube     *cube
	axis     int   // the feature
	siblings []int // how far from an entry with the first rank those with the others are
	ranks    []int // of the entry at work
	others   []int
	store    [][]int64
}

// each derives the entries whose first d ranks are chosen.
func (d *derivation) each(at int) {
	if at == len(d.ranks) {
		d.entry()
		return
	}
	first, end := 0, d.block.byFeat[d.cube.slots[at]].size
	switch {
	case at < d.axis:
		first = 1
	case at == d.axis:
		end = 1
	}
	for rank := first; rank < end; rank++ {
		d.ranks[at] = rank
		d.each(at + 1)
	}
}

// entry derives the entry of the ranks.
func (d *derivation) entry() {
	d.others = append(append(d.others[:0], d.ranks[:d.axis]...), d.ranks[d.axis+1:]...)
	marginal := d.cubes.entry(d.cube.marginals[d.axis], d.others)
	cell := d.cubes.entry(d.cube, d.ranks)
	for _, x := range d.store {
		left := x[marginal]
		for _, far := range d.siblings {
			left -= x[cell+far]
		}
		x[cell] = left
	}
}

// entry returns the entry of the store for ranks of the cube's features.
func (c *cubes) entry(cb *cube, ranks []int) int {
	last := len(ranks) - 1
	if last < 0 {
		return cb.at + cb.column[0]
	}
	n := 0
	for j, r := range ranks[:last] {
		n = n*c.block.byFeat[cb.slots[j]].size + r
	}
	return cb.at + n*cb.stride + cb.column[ranks[last]]
}
