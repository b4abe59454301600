package ops

import (
	"fmt"

	"github.com/headwater-dev/headwater/kernels/bitset"
	"github.com/headwater-dev/headwater/worker/wire"
)

// itemPaths lists the items that groups are made of, ascending, and the groups
// as indexes into that list.
func itemPaths(env *Env, groups [][]wire.Item) (items []wire.Item, paths [][]uint32, err error) {
	index := make([][256]uint32, len(env.Plan.Features))
	for _, g := range groups {
		for i, item := range g {
			if err := checkItem(env.Plan, item); err != nil {
				return nil, nil, err
			}
			if i > 0 && g[i-1].Feature >= item.Feature {
				return nil, nil, fmt.Errorf("group %v: its items must ascend by feature", g)
			}
			index[item.Feature][item.Code] = 1
		}
	}
	for f := range index {
		for c := range index[f] {
			if index[f][c] != 0 {
				index[f][c] = uint32(len(items))
				items = append(items, wire.Item{Feature: f, Code: uint8(c)})
			}
		}
	}
	for _, g := range groups {
		path := make([]uint32, len(g))
		for i, item := range g {
			path[i] = index[item.Feature][item.Code]
		}
		paths = append(paths, path)
	}
	return items, paths, nil
}

// groupWalk intersects the items of given groups in a block. Neighbouring
// groups share the intersections of the items they begin with.
type groupWalk struct {
	block  *countBlock
	paths  [][]uint32
	bitmap []prefixBitmap // order → intersection of so many items; entry 0 is all rows
}

// each calls do with the rows of every group that has any in the block.
func (w *groupWalk) each(do func(group int, rows *prefixBitmap)) {
	b := w.block
	all := &w.bitmap[0]
	all.own = resize(all.own, blockWords)
	all.words, all.n = all.own[:b.words], b.rows
	bitset.Fill(all.words, b.rows)
	var last []uint32
	for g, path := range w.paths {
		same := 0
		for same < len(path) && same < len(last) && path[same] == last[same] {
			same++
		}
		last = path
		if rows := w.intersect(path, same); rows.n > 0 {
			do(g, rows)
		}
	}
}

// intersect returns the rows of a group of which the first items are those of
// the group before.
func (w *groupWalk) intersect(path []uint32, same int) *prefixBitmap {
	for d := same; d < len(path); d++ {
		b := &w.bitmap[d+1]
		b.own = resize(b.own, blockWords)
		b.words = b.own[:w.block.words]
		b.n = bitset.And(b.words, w.bitmap[d].words, w.block.bitmap(path[d]))
	}
	return &w.bitmap[len(path)]
}
