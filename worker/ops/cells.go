package ops

import (
	"context"
	"fmt"
	"math/bits"
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// directCells bounds the crossings whose cells are looked up by key in a
// table (4 bytes a possible cell) instead of a hash.
const directCells = 1 << 19

// cells counts the occupied cells of several crossings in one pass.
// Consecutive crossings that share all but their last feature share the work
// on the former. About 3 ns a row and crossing.
func cells(ctx context.Context, env *Env, p wire.CellsParams) ([]partial.Cells, error) {
	open := make([]*crossing, len(p.Crossings))
	for i, features := range p.Crossings {
		c, err := newCrossing(features, env.Plan, p)
		if err != nil {
			return nil, fmt.Errorf("crossing %d: %w", i, err)
		}
		open[i] = c
	}
	keys := crossedKeys{}
	err := eachBlock(ctx, env, p.Parts, func(b *rowBlock) {
		keys.reset()
		for _, c := range open {
			c.add(b, &keys)
		}
	})
	if err != nil {
		return nil, err
	}
	out := make([]partial.Cells, len(open))
	for i, c := range open {
		out[i] = c.result()
	}
	return out, nil
}

// crossing gathers the cells of one crossing. A cell gets a slot when it is
// first met, from 1 on; slot s and fold f, Confirmation above its bits, are group s<<foldBits | f of the
// tally. Where cells are hashed a slot is of one cell and one fold, as many of
// very many cells have few of the folds, and is the group.
type crossing struct {
	features []int
	radix    []uint64 // codes of each feature
	limit    int
	foldBits int
	keyed    int // foldBits where they are part of the keys, else 0
	over     bool

	direct []uint32 // key → slot<<foldBits, 0 = none yet; nil where there are too many possible keys
	hashed *keyTable
	keys   []uint64 // slot → key; slot 0 is not used
	tally  *tally
	square []partial.Squares // nil where not asked for
	level  []int64           // group-major, rows by feature × code; nil where not asked for
	offset []int             // of the features' codes in level, and their number in all

	group []uint32
}

func newCrossing(features []int, plan *encoder.Plan, p wire.CellsParams) (*crossing, error) {
	c := &crossing{features: features, limit: p.Limit, keys: make([]uint64, 1), tally: newTally(0, plan), group: make([]uint32, shard.BlockRows)}
	if p.Folds {
		c.foldBits = encoder.SplitBits
	}
	if p.Squares {
		c.square = make([]partial.Squares, len(plan.Measures))
	}
	if p.Levels {
		c.offset = encoder.Offsets(plan.Features)
	}
	product := uint64(1) << c.foldBits
	for _, f := range features {
		if f < 0 || f >= len(plan.Features) {
			return nil, fmt.Errorf("feature %d is not among the plan's %d", f, len(plan.Features))
		}
		r := uint64(plan.Features[f].Codes())
		c.radix = append(c.radix, r)
		var hi uint64
		if hi, product = bits.Mul64(product, r); hi != 0 {
			return nil, fmt.Errorf("%d features have more combinations than 64 bits can number: cross fewer", len(features))
		}
	}
	if possible := product >> c.foldBits; possible <= directCells {
		c.direct = make([]uint32, possible)
	} else {
		c.hashed, c.keyed = newKeyTable(), c.foldBits
	}
	return c, nil
}

// add takes in a block.
func (c *crossing) add(b *rowBlock, keys *crossedKeys) {
	if c.over {
		return
	}
	group := c.group[:b.rows]
	if len(c.features) == 0 {
		keys.prefixOf(b, nil, nil)
		c.lookUp(keys.kept, nil, 1, b, group)
	} else {
		last := len(c.features) - 1
		keys.prefixOf(b, c.features[:last], c.radix)
		c.lookUp(keys.kept, b.codes(c.features[last]), c.radix[last], b, group)
	}
	if len(c.keys)-1 > c.limit<<c.keyed {
		c.over, c.direct, c.hashed, c.keys, c.tally, c.square, c.level = true, nil, nil, nil, nil, nil, nil
		return
	}
	c.tally.grow(len(c.keys) << (c.foldBits - c.keyed))
	c.tally.add(group, b)
	for m := range c.square {
		addSquares(&c.square[m], len(c.tally.n), group, &b.measures[m])
	}
	if c.offset != nil {
		c.addLevels(group, b)
	}
}

// addLevels counts a block's rows by group and by every feature × code.
func (c *crossing) addLevels(group []uint32, b *rowBlock) {
	features := len(c.offset) - 1
	width := c.offset[features]
	if more := len(c.tally.n)*width - len(c.level); more > 0 {
		c.level = append(c.level, make([]int64, more)...)
	}
	for f, offset := range c.offset[:features] {
		codes := b.codes(f)[:len(group)]
		for i, g := range group {
			c.level[int(g)*width+offset+int(codes[i])]++
		}
	}
}

// lookUp finds the group of each row, whose key is prefix·radix + code.
func (c *crossing) lookUp(prefix []uint64, codes []uint8, radix uint64, b *rowBlock, group []uint32) {
	fold, mask, part := b.fold()[:len(group)], uint8(1<<c.foldBits-1), uint8(0)
	if c.foldBits > 0 {
		part = b.part() & encoder.Confirmation << encoder.Folds
	}
	prefix = prefix[:len(group)]
	if c.hashed != nil {
		for i := range group {
			key := prefix[i] * radix
			if codes != nil {
				key += uint64(codes[i])
			}
			key = key<<c.foldBits | uint64(fold[i]&mask|part)
			if group[i] = c.hashed.slot(key, uint32(len(c.keys))); int(group[i]) == len(c.keys) {
				c.keys = append(c.keys, key)
			}
		}
		return
	}
	for i := range group {
		key := prefix[i] * radix
		if codes != nil {
			key += uint64(codes[i])
		}
		first := c.direct[key]
		if first == 0 {
			first = c.open(key)
		}
		group[i] = first | uint32(fold[i]&mask|part)
	}
}

// open gives a new key its slot and returns the slot's first group.
func (c *crossing) open(key uint64) uint32 {
	first := uint32(len(c.keys)) << c.foldBits
	c.keys = append(c.keys, key)
	c.direct[key] = first
	return first
}

// result returns the occupied cells, ascending by key.
func (c *crossing) result() partial.Cells {
	if c.over {
		return partial.Overflow()
	}
	slots := span(1, len(c.keys))
	slices.SortFunc(slots, func(a, b uint32) int {
		if c.keys[a] < c.keys[b] {
			return -1
		}
		return 1 // keys are distinct
	})
	var out partial.Cells
	var groups []uint32
	for _, s := range slots {
		shift := c.foldBits - c.keyed
		for f := range uint32(1) << shift {
			if g := s<<shift | f; c.tally.n[g] > 0 {
				out.Key = append(out.Key, c.keys[s]<<shift|uint64(f))
				groups = append(groups, g)
			}
		}
	}
	if out.Distinct(c.foldBits) > c.limit {
		return partial.Overflow()
	}
	out.Counts = c.tally.counts(groups)
	for m := range c.square {
		squares := partial.MakeSquares(len(groups))
		for i, g := range groups {
			squares.Hi[i], squares.Lo[i] = c.square[m].Hi[g], c.square[m].Lo[g]
		}
		out.Squares = append(out.Squares, squares)
	}
	if c.offset != nil {
		width := c.offset[len(c.offset)-1]
		for _, g := range groups {
			out.Levels = append(out.Levels, c.level[int(g)*width:(int(g)+1)*width]...)
		}
	}
	return out
}

// addSquares takes a block's squares into sums of n groups.
func addSquares(to *partial.Squares, n int, group []uint32, v *blockValues) {
	if more := n - len(to.Hi); more > 0 {
		to.Hi = append(to.Hi, make([]uint64, more)...)
		to.Lo = append(to.Lo, make([]uint64, more)...)
	}
	if v.most == 0 {
		return
	}
	for i, g := range group {
		x := v.min
		if !v.same {
			x = v.values[i]
		}
		to.Add(int(g), x)
	}
}

// crossedKeys makes the mixed-radix keys of a block's rows over the first
// features of a crossing, and keeps them for the next crossing with the same.
type crossedKeys struct {
	prefix []int // features of kept; nil = nothing kept
	kept   []uint64
}

// reset forgets what belongs to the last block.
func (k *crossedKeys) reset() { k.prefix = nil }

// prefixOf sees that kept holds the keys of these features.
func (k *crossedKeys) prefixOf(b *rowBlock, features []int, radix []uint64) {
	if k.prefix != nil && slices.Equal(k.prefix, features) {
		return
	}
	k.prefix = append([]int{}, features...)
	k.kept = slices.Grow(k.kept[:0], b.rows)[:b.rows]
	clear(k.kept)
	for j, f := range features {
		r := radix[j]
		for i, code := range b.codes(f) {
			k.kept[i] = k.kept[i]*r + uint64(code)
		}
	}
}
