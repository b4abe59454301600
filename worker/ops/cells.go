package ops

import (
	"cmp"
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
	layout   partial.CellKeys
	limit    int
	foldBits int
	keyed    int // foldBits where they are part of the keys, else 0
	over     bool

	direct []uint32 // key → slot<<foldBits, 0 = none yet; nil where there are too many possible keys
	hashed *keyTable
	keys   []uint64 // slot → key; slot 0 is not used
	high   []uint64 // slot → the key's high number; nil where keys have none
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
	var codes []uint64
	possible := uint64(1) // keys, where few
	for _, f := range features {
		if f < 0 || f >= len(plan.Features) {
			return nil, fmt.Errorf("feature %d is not among the plan's %d", f, len(plan.Features))
		}
		r := uint64(plan.Features[f].Codes())
		codes = append(codes, r)
		possible = min(possible*r, directCells+1)
	}
	var fits bool
	if c.layout, fits = partial.NewCellKeys(codes, c.foldBits); !fits {
		return nil, fmt.Errorf("%d features have more combinations than 128 bits can number: cross fewer", len(features))
	}
	if possible <= directCells {
		c.direct = make([]uint32, possible)
	} else {
		c.hashed, c.keyed = newKeyTable(), c.foldBits
	}
	if c.layout.High > 0 {
		c.high = make([]uint64, 1)
	}
	return c, nil
}

// add takes in a block.
func (c *crossing) add(b *rowBlock, keys *crossedKeys) {
	if c.over {
		return
	}
	group := c.group[:b.rows]
	keys.prefixOf(b, c.features, &c.layout)
	switch last := len(c.features) - 1; {
	case last < 0:
		c.lookUp(keys.kept, nil, 1, b, group)
	case c.high != nil:
		c.lookUpWide(keys, b.codes(c.features[last]), c.layout.Codes[last], b, group)
	default:
		c.lookUp(keys.kept, b.codes(c.features[last]), c.layout.Codes[last], b, group)
	}
	if len(c.keys)-1 > c.limit<<c.keyed {
		c.over, c.direct, c.hashed, c.keys, c.high, c.tally, c.square, c.level = true, nil, nil, nil, nil, nil, nil, nil
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
	fold, mask, part := c.split(b)
	prefix, fold = prefix[:len(group)], fold[:len(group)]
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

// lookUpWide is lookUp for keys of two numbers.
func (c *crossing) lookUpWide(keys *crossedKeys, codes []uint8, radix uint64, b *rowBlock, group []uint32) {
	fold, mask, part := c.split(b)
	low, high, fold := keys.kept[:len(group)], keys.high[:len(group)], fold[:len(group)]
	for i := range group {
		group[i] = c.wideSlot(high[i], (low[i]*radix+uint64(codes[i]))<<c.foldBits|uint64(fold[i]&mask|part))
	}
}

// wideSlot returns the slot of a key of two numbers. The hash table holds a hash
// of both; where it leads to the slot of another key, the next hash is tried.
func (c *crossing) wideSlot(high, low uint64) uint32 {
	for hash := wideHash(high, low); ; hash += 0x9e3779b97f4a7c15 {
		s := c.hashed.slot(hash, uint32(len(c.keys)))
		if int(s) == len(c.keys) {
			c.keys, c.high = append(c.keys, low), append(c.high, high)
		}
		if c.keys[s] == low && c.high[s] == high {
			return s
		}
	}
}

func wideHash(high, low uint64) uint64 { return high*0xff51afd7ed558ccd ^ bits.RotateLeft64(low, 32) }

// split returns what the keys of a block's rows have below their codes: what
// the mask leaves of each row's fold, and the part that all are in.
func (c *crossing) split(b *rowBlock) (fold []uint8, mask, part uint8) {
	if c.foldBits > 0 {
		part = b.part() & encoder.Confirmation << encoder.Folds
	}
	return b.fold(), uint8(1<<c.foldBits - 1), part
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
		if c.high != nil && c.high[a] != c.high[b] {
			return cmp.Compare(c.high[a], c.high[b])
		}
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
				if c.high != nil {
					out.High = append(out.High, c.high[s])
				}
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

// crossedKeys makes the mixed-radix keys of a block's rows over all features of
// a crossing but the last, and keeps them for the next crossing with the same.
type crossedKeys struct {
	prefix []int // features of kept; nil = nothing kept
	first  int   // how many of them are in high
	kept   []uint64
	high   []uint64 // of keys that have high numbers
}

// reset forgets what belongs to the last block.
func (k *crossedKeys) reset() { k.prefix = nil }

// prefixOf sees that kept, and high, hold the keys of all but the last feature.
func (k *crossedKeys) prefixOf(b *rowBlock, features []int, layout *partial.CellKeys) {
	features = features[:max(0, len(features)-1)]
	if k.prefix != nil && k.first == layout.High && slices.Equal(k.prefix, features) {
		return
	}
	k.prefix, k.first = append([]int{}, features...), layout.High
	if layout.High > 0 {
		k.high = numbered(k.high, b, features[:layout.High], layout.Codes)
	}
	k.kept = numbered(k.kept, b, features[layout.High:], layout.Codes[layout.High:])
}

// numbered makes the mixed-radix numbers of a block's rows.
func numbered(out []uint64, b *rowBlock, features []int, codes []uint64) []uint64 {
	out = slices.Grow(out[:0], b.rows)[:b.rows]
	clear(out)
	for j, f := range features {
		r := codes[j]
		for i, code := range b.codes(f) {
			out[i] = out[i]*r + uint64(code)
		}
	}
	return out
}
