package ops

import (
	"context"
	"fmt"
	"math/bits"
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

func init() { kinds[wire.OpCells] = typed(cells) }

// directCells bounds the crossings whose cells are looked up by key in a
// table (4 bytes a possible cell) instead of a hash.
const directCells = 1 << 20

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
	err := eachBlock(ctx, env, func(b *rowBlock) error {
		keys.reset()
		for _, c := range open {
			c.add(b, &keys)
		}
		return nil
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
// first met; slot s and fold f are group s<<foldBits | f of the tally.
type crossing struct {
	features []int
	radix    []uint64 // codes of each feature
	limit    int
	foldBits int
	over     bool

	direct []uint32 // key → slot+1; nil where there are too many possible keys
	hashed *keyTable
	keys   []uint64 // slot → key, without fold
	tally  *tally
	square []partial.Squares // nil where not asked for

	group []uint32
}

func newCrossing(features []int, plan *encoder.Plan, p wire.CellsParams) (*crossing, error) {
	c := &crossing{features: features, limit: p.Limit, tally: newTally(0, plan), group: make([]uint32, tallyRows)}
	if p.Folds {
		c.foldBits = encoder.Folds
	}
	if p.Squares {
		c.square = make([]partial.Squares, len(plan.Measures))
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
		c.hashed = newKeyTable()
	}
	return c, nil
}

// add takes in a block.
func (c *crossing) add(b *rowBlock, keys *crossedKeys) {
	if c.over {
		return
	}
	group := c.group[:b.rows()]
	row := keys.of(b, c.features, c.radix)
	if c.direct != nil {
		c.lookUpDirect(row, group)
	} else {
		c.lookUpHashed(row, group)
	}
	if len(c.keys) > c.limit {
		c.over, c.direct, c.hashed, c.keys, c.tally, c.square = true, nil, nil, nil, nil, nil
		return
	}
	if c.foldBits > 0 {
		for i, f := range b.fold() {
			group[i] = group[i]<<encoder.Folds | uint32(f)&(1<<encoder.Folds-1)
		}
	}
	c.tally.grow(len(c.keys) << c.foldBits)
	c.tally.add(group, b)
	for m := range c.square {
		addSquares(&c.square[m], len(c.tally.n), group, &b.measures[m])
	}
}

func (c *crossing) lookUpDirect(row []uint64, group []uint32) {
	for i, key := range row {
		slot := c.direct[key]
		if slot == 0 {
			c.keys = append(c.keys, key)
			slot = uint32(len(c.keys))
			c.direct[key] = slot
		}
		group[i] = slot - 1
	}
}

func (c *crossing) lookUpHashed(row []uint64, group []uint32) {
	for i, key := range row {
		slot := c.hashed.slot(key, uint32(len(c.keys)))
		if int(slot) == len(c.keys) {
			c.keys = append(c.keys, key)
		}
		group[i] = slot
	}
}

// result returns the occupied cells, ascending by key.
func (c *crossing) result() partial.Cells {
	if c.over {
		return partial.Overflow()
	}
	slots := make([]uint32, len(c.keys))
	for i := range slots {
		slots[i] = uint32(i)
	}
	slices.SortFunc(slots, func(a, b uint32) int {
		if c.keys[a] < c.keys[b] {
			return -1
		}
		return 1 // keys are distinct
	})
	var out partial.Cells
	var groups []uint32
	for _, s := range slots {
		for f := range uint32(1) << c.foldBits {
			if g := s<<c.foldBits | f; c.tally.n[g] > 0 {
				out.Key = append(out.Key, c.keys[s]<<c.foldBits|uint64(f))
				groups = append(groups, g)
			}
		}
	}
	out.Counts = c.tally.counts(groups)
	for m := range c.square {
		squares := partial.MakeSquares(len(groups))
		for i, g := range groups {
			squares.Hi[i], squares.Lo[i] = c.square[m].Hi[g], c.square[m].Lo[g]
		}
		out.Squares = append(out.Squares, squares)
	}
	return out
}

// addSquares takes a block's squares into sums of n groups.
func addSquares(to *partial.Squares, n int, group []uint32, v *blockValues) {
	if more := n - len(to.Hi); more > 0 {
		to.Hi = append(to.Hi, make([]uint64, more)...)
		to.Lo = append(to.Lo, make([]uint64, more)...)
	}
	if v.zero {
		return
	}
	for i, g := range group {
		to.Add(int(g), v.values[i])
	}
}

// crossedKeys makes the mixed-radix keys of a block's rows, keeping those of
// the last crossing without its last feature.
type crossedKeys struct {
	prefix []int // features of kept; nil = nothing kept
	kept   []uint64
	out    []uint64
}

// reset forgets what belongs to the last block.
func (k *crossedKeys) reset() { k.prefix = nil }

// of returns the keys of a crossing, valid until the next call.
func (k *crossedKeys) of(b *rowBlock, features []int, radix []uint64) []uint64 {
	k.out = slices.Grow(k.out[:0], tallyRows)[:b.rows()]
	if len(features) == 0 {
		clear(k.out)
		return k.out
	}
	last := len(features) - 1
	if k.prefix == nil || !slices.Equal(k.prefix, features[:last]) {
		k.kept = slices.Grow(k.kept[:0], tallyRows)[:b.rows()]
		clear(k.kept)
		for j, f := range features[:last] {
			for i, code := range b.codes(f) {
				k.kept[i] = k.kept[i]*radix[j] + uint64(code)
			}
		}
		k.prefix = append([]int{}, features[:last]...)
	}
	r, kept := radix[last], k.kept[:b.rows()]
	for i, code := range b.codes(features[last]) {
		k.out[i] = kept[i]*r + uint64(code)
	}
	return k.out
}
