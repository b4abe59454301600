package ops

import (
	"math"
	"slices"

	"github.com/headwater-dev/headwater/kernels/bitset"
	"github.com/headwater-dev/headwater/kernels/lattice"
	"github.com/headwater-dev/headwater/worker/shard"
)

// work is what one pass over all blocks of some shards takes.
type work struct {
	blocks float64
	words  float64 // of an intersection, times the passes that bitmaps take
	joint  jointWork
}

// workOf returns the work of the shards, whose halves are counted in so many
// stretches. It also finds out of which measures all sums are narrow: no sum of
// absolute values reaches 2⁶².
func (b *countBlock) workOf(shards []*shard.Shard, halves []half) (w work) {
	most := make([]float64, len(b.measures))
	for _, s := range shards {
		for i := range s.Blocks() {
			b.load(s, i)
			w.blocks++
			w.words += float64(b.words * b.passes())
			for m := range b.measures {
				bm := &b.measures[m]
				most[m] += float64(b.rows) * (math.Abs(float64(bm.Min)) + math.Ldexp(1, bm.Width))
				if bm.Width > 32 {
					most[m] = math.Inf(1)
				}
			}
		}
	}
	for m := range most {
		b.narrow[m] = most[m] < 1<<62
	}
	for _, h := range halves {
		for _, r := range h.stretches {
			w.joint.add(r)
		}
	}
	w.joint.common = b.commonRanks(shards)
	return w
}

// costEntry is what an entry of a tile takes in a block beside its words, in
// ns: it is added to the store.
const costEntry = 1.5

func (w *work) byBitmaps(cells float64) float64 {
	return cells * (w.words*bitset.WordCost() + w.blocks*costEntry)
}

// candidatePanel holds the candidates whose prefixes have the same features.
type candidatePanel struct {
	slots    []int
	partners []*partner // ascending by slot
}

// partner is the feature that prefixes are extended by.
type partner struct {
	slot       int
	number     uint32 // see cubePlan.partners
	candidates int
	cube       *cube // nil where the candidates are counted one by one
}

// cubePlan says which candidates cubes count, and which are left to be counted
// one by one.
type cubePlan struct {
	cubes      *cubes // nil = none
	candidates *lattice.Candidates
	runs       []candidateRun // ascending
	partners   []*partner
	left       *lattice.Candidates
	index      []uint32 // candidate left → candidate; nil = the same
}

// candidateRun are the candidates from…to-1 of a prefix that its extensions of
// one feature make.
type candidateRun struct {
	prefix   uint32
	from, to uint32
	number   uint32 // of the prefix's ranks in the panel; meant where there is a cube
	partner  uint32
}

// planCubes decides by what the ways to count cost which combinations of
// features become cubes. Cost: some 5 ns a candidate, and see cover.
func planCubes(b *countBlock, groups *lattice.Lattice, c *lattice.Candidates, w work, how method) *cubePlan {
	p := &cubePlan{candidates: c, left: c}
	if c.Order > cubeOrder || how == byBitmaps || how == byRows {
		return p
	}
	cs := &cubes{block: b, byKey: map[combination]*cube{}}
	cover := &cover{block: b, work: &w.joint, order: c.Order, byKey: map[combination]*combo{}}
	for _, panel := range p.gather(b, groups) {
		for _, at := range panel.partners {
			cover.add(append(slices.Clone(panel.slots), at.slot), at, w, how)
		}
	}
	if how != byTiles {
		cs.joints = cover.choose()
	}
	for _, combo := range cover.all {
		if combo.joint != nil || combo.tiled {
			combo.partner.cube = cs.add(combo.slots, combo.joint)
		}
	}
	if len(cs.all) == 0 {
		return p
	}
	p.cubes = cs
	p.leave()
	cs.layOut()
	return p
}

// partner returns the entry of a slot in the panel, starting at entry from.
func (p *cubePlan) partner(panel *candidatePanel, from, slot int) int {
	for from < len(panel.partners) && panel.partners[from].slot < slot {
		from++
	}
	if from == len(panel.partners) || panel.partners[from].slot != slot {
		added := &partner{slot: slot, number: uint32(len(p.partners))}
		p.partners = append(p.partners, added)
		panel.partners = slices.Insert(panel.partners, from, added)
	}
	return from
}

// gather sorts the candidates by their features.
func (p *cubePlan) gather(b *countBlock, groups *lattice.Lattice) (panels []*candidatePanel) {
	slotOf := make([]int, len(b.items))
	for s, r := range b.byFeat {
		for i := range r.codes {
			slotOf[r.from+i] = s
		}
	}
	c, byKey := p.candidates, map[combination]*candidatePanel{}
	path, slots, panel := make([]uint32, c.Order-1), make([]int, c.Order-1), (*candidatePanel)(nil)
	p.runs = make([]candidateRun, 0, min(len(c.Ext)/4, 1<<16))
	for i, prefix := range c.Prefix {
		groups.Path(c.Order-1, prefix, path)
		number := 0
		for d, item := range path {
			slots[d] = slotOf[item]
			r := &b.byFeat[slots[d]]
			number = number*r.size + int(item) - r.from
		}
		if panel == nil || !slices.Equal(panel.slots, slots) {
			key := combinationOf(slots)
			if panel = byKey[key]; panel == nil {
				panel = &candidatePanel{slots: slices.Clone(slots)}
				byKey[key] = panel
				panels = append(panels, panel)
			}
		}
		at := 0
		for from, end := c.Start[i], c.Start[i+1]; from < end; {
			slot := slotOf[c.Ext[from]]
			r, to := &b.byFeat[slot], from+1
			for past := uint32(r.from + len(r.codes)); to < end && c.Ext[to] < past; {
				to++
			}
			at = p.partner(panel, at, slot)
			panel.partners[at].candidates += to - from
			p.runs = append(p.runs, candidateRun{uint32(i), uint32(from), uint32(to), uint32(number), panel.partners[at].number})
			from = to
		}
	}
	return panels
}

// cubeSize returns the entries of a cube, and how many of them tiles count:
// all but those of first ranks.
func (b *countBlock) cubeSize(slots []int) (size, tiled float64) {
	size, tiled = 1, 1
	for _, s := range slots {
		r := &b.byFeat[s]
		size, tiled = size*float64(r.size), tiled*float64(len(r.codes)-1)
	}
	return size, tiled
}

// add makes a cube, a marginal of the joint histogram or one of tiles, and in
// that case the cubes that are derived from.
func (c *cubes) add(slots []int, j *joint) *cube {
	cb := &cube{slots: slots, joint: j}
	if j != nil {
		j.cubes = append(j.cubes, cb)
	}
	for k := range slots {
		if j != nil {
			break
		}
		without := slices.Delete(slices.Clone(slots), k, k+1)
		m := c.byKey[combinationOf(without)]
		if m == nil {
			m = c.add(without, c.jointOf(without))
		}
		cb.marginals = append(cb.marginals, m)
	}
	c.byKey[combinationOf(slots)] = cb
	c.all = append(c.all, cb)
	return cb
}

// jointOf returns a joint histogram with the features, nil where there is none.
func (c *cubes) jointOf(slots []int) *joint {
	for _, j := range c.joints {
		if len(slots) > 0 && j.holds(slots) {
			return j
		}
	}
	return nil
}

// leave lists the candidates that are in no cube.
func (p *cubePlan) leave() {
	c, left := p.candidates, &lattice.Candidates{Order: p.candidates.Order, Start: []int{0}}
	last := -1 // prefix
	for i := range p.runs {
		r := &p.runs[i]
		if p.partners[r.partner].cube != nil {
			continue
		}
		if int(r.prefix) != last {
			last = int(r.prefix)
			left.Prefix, left.Start = append(left.Prefix, c.Prefix[last]), append(left.Start, 0)
		}
		left.Ext = append(left.Ext, c.Ext[r.from:r.to]...)
		left.Start[len(left.Prefix)] = len(left.Ext)
		for k := r.from; k < r.to; k++ {
			p.index = append(p.index, k)
		}
	}
	p.left = left
}
