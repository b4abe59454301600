package ops

import "github.com/headwater-dev/headwater/kernels/bitset"

// countBlock adds what tiles count of the block that has been loaded to the
// store.
func (c *cubes) countBlock() {
	if len(c.panels) == 0 {
		return
	}
	c.makeBitmaps()
	for _, p := range c.panels {
		c.fillTiles(p, 0, 0, c.block.bitmap(c.block.allBitmap()))
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
