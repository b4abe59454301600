package ops

import (
	"github.com/headwater-dev/headwater/kernels/bitset"
	"github.com/headwater-dev/headwater/kernels/encode"
	"github.com/headwater-dev/headwater/kernels/hist"
)

// countBlock adds the block that has been loaded to the store.
func (c *cubes) countBlock() {
	for s := range c.lanes {
		c.lanes[s] = c.lanes[s][:0]
	}
	prepared := false
	for _, p := range c.panels {
		if len(p.tables) > 0 {
			c.fillTables(p)
		}
		if len(p.tiles) > 0 {
			if !prepared {
				c.makeBitmaps()
				prepared = true
			}
			c.fillTiles(p, 0, 0, c.block.bitmap(c.block.allBitmap()))
		}
	}
	c.tile.flush(c.block, &c.store)
}

// makeBitmaps makes the bitmaps of all ranks and of all rows, and counts them.
func (c *cubes) makeBitmaps() {
	b := c.block
	bitset.Fill(b.bitmap(b.allBitmap()), b.rows)
	for s := range b.byFeat {
		r, left := &b.byFeat[s], b.rows
		for i := range r.codes {
			item := r.from + i
			c.rows[item] = bitset.Count(b.bitmap(uint32(item)))
			left -= c.rows[item]
		}
		rest := b.rankBitmap(s, len(r.codes))
		if c.rows[rest] = left; left == 0 {
			clear(b.bitmap(rest))
			continue
		}
		words := b.bitmap(rest)
		copy(words, b.bitmap(b.allBitmap()))
		for i := range r.codes {
			for k, w := range b.bitmap(uint32(r.from + i)) {
				words[k] &^= w
			}
		}
	}
}

// fillTiles counts the tiled cubes of a panel under the first d ranks of its
// combinations: their number and intersection are given.
func (c *cubes) fillTiles(p *panel, d, number int, rows []uint64) {
	b := c.block
	if d == len(p.slots) {
		ext := p.ext[:p.items]
		for _, rest := range p.ext[p.items:] {
			if c.rows[rest] > 0 {
				ext = p.ext
				break
			}
		}
		if len(ext) > 0 && c.tile.add(b, rows, ext, p.at+number*p.width) {
			c.tile.flush(b, &c.store)
		}
		return
	}
	s := p.slots[d]
	for rank := 1; rank < b.byFeat[s].size; rank++ {
		bitmap := b.rankBitmap(s, rank)
		if c.rows[bitmap] == 0 {
			continue
		}
		under := b.bitmap(bitmap)
		if d > 0 {
			if d == len(p.slots)-1 {
				under = c.tile.room(b)
			} else {
				c.prefix[d] = resize(c.prefix[d], blockWords)
				under = c.prefix[d][:b.words]
			}
			if bitset.And(under, rows, b.bitmap(bitmap)) == 0 {
				continue
			}
		}
		c.fillTiles(p, d+1, number*b.byFeat[s].size+rank, under)
	}
}

// fillTables counts the cubes of a panel that are joint histograms.
func (c *cubes) fillTables(p *panel) {
	b := c.block
	b.weigh()
	outer := c.lanesOf(p.slots[0])
	for _, s := range p.slots[1:] {
		c.outer = resize(c.outer, len(outer))
		hist.Nest(c.outer, outer, uint64(b.byFeat[s].size), c.lanesOf(s))
		outer = c.outer
	}
	for _, cb := range p.tables {
		inner := c.lanesOf(cb.slots[len(p.slots)])
		size := cb.stride
		for _, s := range p.slots {
			size *= b.byFeat[s].size
		}
		c.sums.reset(size, b)
		for k := range b.channels {
			ch := &b.channels[k]
			if ch.plain() {
				hist.Joint(c.counts, b.rows, outer, uint64(cb.stride), inner)
				c.counts.Take(c.sums.n)
				continue
			}
			hist.JointWeighted(c.totals, ch.weights, outer, uint64(cb.stride), inner)
			c.taken = resize(c.taken, size)
			c.totals.Take(c.taken)
			counts, residuals := ch.targets(&c.sums)
			if counts != nil {
				for i, v := range c.taken {
					counts[i] = v >> ch.shift
				}
			}
			if residuals != nil {
				for i, v := range c.taken {
					residuals[i] = v & (1<<ch.shift - 1)
				}
			}
		}
		c.sums.flush(b, 0, size, &c.store, cb.at)
	}
}

// lanesOf returns the ranks of a feature as lanes.
func (c *cubes) lanesOf(slot int) []uint64 {
	if b := c.block; len(c.lanes[slot]) == 0 {
		r := &b.byFeat[slot]
		c.lanes[slot] = resize(c.lanes[slot], (b.rows+3)/4)
		encode.Lanes(c.lanes[slot], b.codes[r.feature], r.ranks)
	}
	return c.lanes[slot]
}
