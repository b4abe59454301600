package ops

import (
	"cmp"
	"slices"

	"github.com/headwater-dev/headwater/kernels/hist"
	"github.com/headwater-dev/headwater/worker/shard"
)

// jointWork is what the rows cost joint histograms, see work.
type jointWork struct {
	rows     float64   // times channels that only count
	weighted float64   // rows times channels that add weights
	takes    float64   // channels of all stretches
	common   []float64 // slot → share of its most frequent rank in a sample
}

// inTurnFrom is the share of the rows from which on one combination's additions
// wait for each other.
const inTurnFrom = 0.125

// add adds the work of a stretch.
func (w *jointWork) add(r *stretch) {
	w.takes += float64(len(r.channels))
	for k := range r.channels {
		if r.channels[k].plain() {
			w.rows += float64(r.rows)
		} else {
			w.weighted += float64(r.rows)
		}
	}
}

// cost returns the combinations of the slots' ranks, whether their histogram is
// better made in four tables, and its cost in ns; no combinations where there
// are too many.
func (w *jointWork) cost(b *countBlock, slots []int) (cells int, inTurn bool, cost float64) {
	cells, common := 1, 1.0
	for _, s := range slots {
		cells, common = cells*b.byFeat[s].size, common*w.common[s]
		if cells > len(hist.Counts{}) {
			return 0, false, 0
		}
	}
	inTurn = common > inTurnFrom
	k, size := len(slots), float64(cells)
	return cells, inTurn, w.rows*hist.RowCost(k, size, inTurn, false) + w.weighted*hist.RowCost(k, size, inTurn, true) +
		w.takes*size*hist.CellCost(inTurn)
}

// commonRanks returns the share of every slot's most frequent rank in the middle
// block of the first shard that has rows.
func (b *countBlock) commonRanks(shards []*shard.Shard) []float64 {
	common := make([]float64, len(b.byFeat))
	for _, s := range shards {
		if s.Rows() == 0 {
			continue
		}
		b.load(s, len(s.Blocks())/2)
		for i := range b.byFeat {
			var n [256]int
			for _, c := range b.codes[b.byFeat[i].feature] {
				n[b.byFeat[i].ranks[c]]++
			}
			common[i] = float64(slices.Max(n[:])) / float64(b.rows)
		}
		break
	}
	return common
}

// cover chooses joint histograms for combinations of features that are cheaper
// to count together than each in its own way.
type cover struct {
	block  *countBlock
	work   *jointWork
	order  int
	all    []*combo
	byKey  map[combination]*combo
	looked int // look-ups of byKey
}

// combo is a combination of features with candidates.
type combo struct {
	slots   []int
	partner *partner
	tiled   bool    // alone better as tiles than candidate by candidate
	cost    float64 // ns, alone
	joint   *joint  // that covers it
}

// A look-up takes some 30 ns; looking for histograms may take a twentieth of
// what counting without them costs. Nothing more is looked for after as many
// futile attempts, from the dearest combination on.
const (
	lookUpCost  = 30
	lookUpShare = 0.05
	futile      = 32
)

// add lists a combination that can be a cube: its entries must be no more than
// what memory there is for its candidates suggests.
func (c *cover) add(slots []int, at *partner, w work, how method) {
	size, tiled := c.block.cubeSize(slots)
	forced := how == byTables || how == byTiles
	if size > float64(len(hist.Counts{})) || !forced && size > float64(8*at.candidates+1024) {
		return
	}
	tiles, single := w.byBitmaps(tiled), w.byBitmaps(float64(at.candidates))
	combo := &combo{slots: slots, partner: at, tiled: forced || tiles < single, cost: min(tiles, single)}
	if how == byTables {
		combo.cost = 1 << 50 // any histogram is cheaper
	}
	c.all = append(c.all, combo)
	c.byKey[combinationOf(slots)] = combo
}

// choose returns the histograms. It begins with the dearest combination that is
// left, adds the feature that brings most for its cost as long as the table has
// room, and keeps the best that came by.
func (c *cover) choose() (chosen []*joint) {
	total, misses := 0.0, 0
	for _, combo := range c.all {
		total += combo.cost
	}
	dearest := slices.Clone(c.all)
	slices.SortStableFunc(dearest, func(a, b *combo) int { return cmp.Compare(b.cost, a.cost) })
	for _, combo := range dearest {
		if combo.joint != nil {
			continue
		}
		if misses == futile || float64(c.looked)*lookUpCost > total*lookUpShare {
			break
		}
		j := c.grow(combo)
		if j == nil {
			misses++
			continue
		}
		misses = 0
		eachSubset(j.slots, c.order, func(s []int) {
			if combo := c.byKey[combinationOf(s)]; combo != nil && combo.joint == nil {
				combo.joint = j
			}
		})
		chosen = append(chosen, j)
	}
	return chosen
}

// grow returns the histogram that begins with a combination, nil where all that
// it covers costs less alone.
func (c *cover) grow(from *combo) *joint {
	slots, gain, best, bestRatio := from.slots, from.cost, []int(nil), 1.0
	if _, _, cost := c.work.cost(c.block, slots); gain > cost {
		best, bestRatio = slots, gain/cost
	}
	for len(slots) < hist.JointFeatures {
		var next []int
		var nextGain, nextRatio float64
		for f := range c.block.byFeat {
			at, in := slices.BinarySearch(slots, f)
			if in {
				continue
			}
			with := slices.Insert(slices.Clone(slots), at, f)
			cells, _, cost := c.work.cost(c.block, with)
			if cells == 0 {
				continue
			}
			g := gain
			eachSubset(slots, c.order-1, func(s []int) {
				c.looked++
				if combo := c.byKey[combinationWith(s, f)]; combo != nil && combo.joint == nil {
					g += combo.cost
				}
			})
			if g/cost > nextRatio {
				next, nextGain, nextRatio = with, g, g/cost
			}
		}
		if next == nil {
			break
		}
		if slots, gain = next, nextGain; nextRatio > bestRatio {
			best, bestRatio = next, nextRatio
		}
	}
	if best == nil {
		return nil
	}
	j := &joint{slots: best}
	j.cells, j.inTurn, _ = c.work.cost(c.block, best)
	for _, s := range best {
		j.sizes = append(j.sizes, c.block.byFeat[s].size)
	}
	return j
}

// combinationWith identifies the ascending slots and one more.
func combinationWith(slots []int, more int) combination {
	c := combination{order: len(slots) + 1}
	at := 0
	for _, s := range slots {
		if s > more {
			break
		}
		c.slots[at] = uint16(s)
		at++
	}
	c.slots[at] = uint16(more)
	for _, s := range slots[at:] {
		at++
		c.slots[at] = uint16(s)
	}
	return c
}

// eachSubset calls do with the subsets of so many entries, in order; the slice
// is used again.
func eachSubset(of []int, n int, do func(s []int)) {
	var room [hist.JointFeatures]int
	var choose func(from, at int)
	choose = func(from, at int) {
		if at == n {
			do(room[:n])
			return
		}
		for i := from; i <= len(of)-(n-at); i++ {
			room[at] = of[i]
			choose(i+1, at+1)
		}
	}
	choose(0, 0)
}
