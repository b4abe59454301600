package ops

import "github.com/headwater-dev/headwater/worker/partial"

// cubeOrder is the highest order of which combinations of features are counted
// as cubes.
const cubeOrder = 6

// cube is the joint table of a combination of features: an entry of the store
// for every combination of their ranks (see itemRange). It is filled either by
// a joint histogram, of which it is a marginal, or block by block by tiles of
// bitmaps. With tiles the first rank of every feature is not counted but
// derived, once all blocks are done: it is what the other ranks leave of the marginal, the cube without the
// feature. The ranks cover all codes of a feature, missing, other and what was
// pruned among them, so that nothing is left out.
type cube struct {
	slots     []int   // the features, as indexes into countBlock.byFeat, ascending
	joint     *joint  // nil = by tiles
	marginals []*cube // of tiles: [j] is without slots[j]
	at        int     // see cubes.entry
	stride    int
	column    []int // rank of the last feature → column
}

// panel holds the tiled cubes that differ in their last feature only. What they
// have in common, the combinations of the other features' ranks, is made once a
// block. A combination's entries lie side by side: those that are counted, of
// ranks that are items first, then those that are derived.
type panel struct {
	slots []int // the features in common
	tiles []*cube
	at    int      // entry of the first combination's first column
	width int      // columns
	ext   []uint32 // column → bitmap that is counted for it
	items int      // columns of items; those up to len(ext) are of ranks without
}

// cubes are the cubes of a count, with the marginals that they need.
type cubes struct {
	block  *countBlock
	byKey  map[combination]*cube
	all    []*cube // marginals before the cubes that need them
	panels []*panel
	size   int            // entries of the store
	store  partial.Counts // of the blocks counted since it was last given away

	joints []*joint

	rows   []int      // bitmap of the block → rows
	prefix [][]uint64 // features in common → their intersection
	tile   countTile
}

// combination identifies the features of a cube.
type combination struct {
	order int
	slots [cubeOrder]uint16
}

func combinationOf(slots []int) combination {
	c := combination{order: len(slots)}
	for i, s := range slots {
		c.slots[i] = uint16(s)
	}
	return c
}

// rankBitmap returns the number of the bitmap of a feature's rank.
func (b *countBlock) rankBitmap(slot, rank int) uint32 {
	if r := &b.byFeat[slot]; rank < len(r.codes) {
		return uint32(r.from + rank)
	}
	return uint32(len(b.items) + slot)
}

// allBitmap is the number of the bitmap of all rows.
func (b *countBlock) allBitmap() uint32 { return uint32(len(b.items) + len(b.byFeat)) }

// layOut gives every cube its entries of the store.
func (c *cubes) layOut() {
	b, byKey := c.block, map[combination]*panel{}
	b.others = len(b.byFeat) + 1
	for _, cb := range c.all {
		if cb.joint != nil {
			cb.layOut(c)
			continue
		}
		common := cb.slots[:max(0, len(cb.slots)-1)]
		p := byKey[combinationOf(common)]
		if p == nil {
			p = &panel{slots: common}
			byKey[combinationOf(common)] = p
			c.panels = append(c.panels, p)
		}
		p.tiles = append(p.tiles, cb)
	}
	for _, p := range c.panels {
		p.layOut(c)
	}
	for _, j := range c.joints {
		j.planMarginals()
	}
	c.store = b.makeCounts(c.size)
	c.rows = make([]int, len(b.items)+b.others)
	c.prefix = make([][]uint64, cubeOrder)
}

// layOut gives a cube that is a marginal its entries.
func (cb *cube) layOut(c *cubes) {
	size := 1
	for _, s := range cb.slots {
		cb.stride = c.block.byFeat[s].size
		size *= cb.stride
	}
	for rank := range cb.stride {
		cb.column = append(cb.column, rank)
	}
	cb.at, c.size = c.size, c.size+size
}

func (p *panel) layOut(c *cubes) {
	b, combinations := c.block, 1
	for _, s := range p.slots {
		combinations *= b.byFeat[s].size
	}
	for _, cb := range p.tiles {
		if len(cb.slots) == 0 { // all rows
			cb.column = []int{len(p.ext)}
			p.ext = append(p.ext, b.allBitmap())
			continue
		}
		s := cb.slots[len(p.slots)]
		cb.column = make([]int, b.byFeat[s].size)
		for rank := 1; rank < len(b.byFeat[s].codes); rank++ {
			cb.column[rank] = len(p.ext)
			p.ext = append(p.ext, b.rankBitmap(s, rank))
		}
	}
	p.items = len(p.ext)
	for _, cb := range p.tiles {
		if len(cb.slots) == 0 {
			continue
		}
		s := cb.slots[len(p.slots)]
		if r := &b.byFeat[s]; r.rest() {
			cb.column[len(r.codes)] = len(p.ext)
			p.ext = append(p.ext, b.rankBitmap(s, len(r.codes)))
		}
	}
	p.at, p.width = c.size, len(p.ext)
	for _, cb := range p.tiles {
		cb.at = p.at
		if len(cb.slots) > 0 {
			cb.column[0] = p.width
			p.width++
		}
	}
	for _, cb := range p.tiles {
		cb.stride = p.width
	}
	c.size += combinations * p.width
}
