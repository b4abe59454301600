package ops

import "github.com/headwater-dev/headwater/worker/partial"

// settle derives what tiles have not counted and sets counts to the candidates:
// those in cubes, and left, those that were counted one by one. It empties the
// store. Cost: some 10 ns a candidate and measure.
func (p *cubePlan) settle(counts, left *partial.Counts) {
	c := p.cubes
	store := columns(&c.store, &c.store)
	for _, cb := range c.all {
		c.derive(cb, store)
	}
	to := columns(counts, &c.store)
	for i := range p.runs {
		r := &p.runs[i]
		cb, slot := p.partners[r.partner].cube, p.partners[r.partner].slot
		if cb == nil {
			continue
		}
		row, items := cb.at+int(r.number)*cb.stride, p.candidates.Ext[r.from:r.to]
		first := c.block.byFeat[slot].from
		if ranks := int(r.to - r.from); int(items[0]) == first && int(items[ranks-1]) == first+ranks-1 {
			for x, column := range to { // as items stand in cubes: all but the first side by side
				cells := column[r.from:r.to]
				cells[0] = store[x][row+cb.column[0]]
				if ranks > 1 {
					copy(cells[1:], store[x][row+cb.column[1]:])
				}
			}
			continue
		}
		for k, item := range items {
			cell := row + cb.column[int(item)-first]
			for x := range to {
				to[x][int(r.from)+k] = store[x][cell]
			}
		}
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
	step := cb.stride
	for axis := len(cb.slots) - 1; axis >= 0 && cb.joint == nil; axis-- {
		d := derivation{cubes: c, cube: cb, axis: axis, last: len(cb.slots) - 1, marginal: cb.marginals[axis], store: store}
		if axis == d.last {
			d.siblings = append(d.siblings, cb.column[1:]...)
		} else {
			for rank := 1; rank < c.block.byFeat[cb.slots[axis]].size; rank++ {
				d.siblings = append(d.siblings, rank*step)
			}
			step *= c.block.byFeat[cb.slots[axis]].size
			d.spans = sideBySide(cb.column, d.marginal.column)
		}
		d.each(0, 0, 0)
	}
}

// derivation fills in a cube along one of its features. A row are the entries
// of a combination of all ranks but the last.
type derivation struct {
	*cubes
	cube     *cube
	axis     int // the feature
	last     int
	marginal *cube         // without the feature
	siblings []int         // how far from the row those with the other ranks are; of the last feature, from its begin the entries
	spans    []derivedSpan // of a row
	store    [][]int64
}

// derivedSpan are entries side by side both in the cube and in the marginal.
type derivedSpan struct{ to, from, n int }

func sideBySide(to, from []int) (spans []derivedSpan) {
	for rank := range to {
		if k := len(spans) - 1; k >= 0 && to[rank] == spans[k].to+spans[k].n && from[rank] == spans[k].from+spans[k].n {
			spans[k].n++
			continue
		}
		spans = append(spans, derivedSpan{to[rank], from[rank], 1})
	}
	return spans
}

// each derives the rows whose ranks before at are chosen: they have the number
// row, and in the marginal the number other.
func (d *derivation) each(at, row, other int) {
	if at == d.last {
		if d.axis == d.last {
			d.entry(row, d.marginal.at+d.marginal.column[0])
		} else {
			d.row(d.cube.at+row*d.cube.stride, d.marginal.at+other*d.marginal.stride)
		}
		return
	}
	size := d.block.byFeat[d.cube.slots[at]].size
	switch {
	case at == d.axis:
		d.each(at+1, row*size, other)
	case at < d.axis:
		for rank := 1; rank < size; rank++ {
			if at == d.last-1 && d.axis == d.last { // the marginal's last feature
				d.entry(row*size+rank, d.marginal.at+other*d.marginal.stride+d.marginal.column[rank])
				continue
			}
			d.each(at+1, row*size+rank, other*size+rank)
		}
	default:
		for rank := range size {
			d.each(at+1, row*size+rank, other*size+rank)
		}
	}
}

// entry derives the first entry of a row from an entry of the marginal.
func (d *derivation) entry(row, marginal int) {
	row = d.cube.at + row*d.cube.stride
	for _, x := range d.store {
		left := x[marginal]
		entries := x[row:]
		for _, column := range d.siblings {
			left -= entries[column]
		}
		entries[d.cube.column[0]] = left
	}
}

// row derives a row from one of the marginal.
func (d *derivation) row(row, marginal int) {
	for _, x := range d.store {
		for _, s := range d.spans {
			left := x[row+s.to:][:s.n]
			copy(left, x[marginal+s.from:])
			for _, far := range d.siblings {
				counted := x[row+far+s.to:][:len(left)]
				for i, n := range counted {
					left[i] -= n
				}
			}
		}
	}
}
