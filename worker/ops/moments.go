package ops

import (
	"context"
	"fmt"
	"math/bits"

	"github.com/headwater-dev/headwater/kernels/bitset"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// moments sums the squares of every measure over given groups, exactly; a
// group without items is all rows. Neighbouring groups share the
// intersections of the items they begin with, so the order of a search is the
// cheapest.
func moments(ctx context.Context, env *Env, p wire.MomentsParams) (partial.Moments, error) {
	items, paths, err := itemPaths(env, p.Groups)
	if err != nil {
		return partial.Moments{}, err
	}
	var result partial.Moments
	for range env.Plan.Measures {
		result.Measures = append(result.Measures, partial.MakeSquares(len(paths)))
	}
	b := newCountBlock(items, env.Plan)
	w := &momentWalk{
		block:   b,
		groups:  groupWalk{block: b, paths: paths, bitmap: make([]prefixBitmap, len(env.Plan.Features)+1)},
		squares: make([]blockSquares, len(env.Plan.Measures)),
		result:  &result,
		wide:    -1,
	}
	if err := b.each(ctx, env, anyPart, w.countBlock); err != nil {
		return partial.Moments{}, err
	}
	if w.wide >= 0 {
		m := &env.Plan.Measures[w.wide]
		return partial.Moments{}, fmt.Errorf("measure %q (column %q): the sum of squares needs more than 128 bits: use fewer digits", m.Name, m.Column)
	}
	return result, nil
}

// momentWalk sums squares block by block.
type momentWalk struct {
	block   *countBlock
	groups  groupWalk
	squares []blockSquares
	result  *partial.Moments
	wide    int // a measure of which a sum went past 128 bits; -1 = none
}

func (w *momentWalk) countBlock() {
	b := w.block
	for m := range w.squares {
		w.squares[m].load(b, &b.measures[m])
	}
	w.groups.each(func(g int, rows *prefixBitmap) {
		for m := range w.squares {
			if !w.squares[m].addTo(w.result.Measures[m], g, rows) {
				w.wide = m
			}
		}
	})
}

// limbBits is the width of the limbs that squares, which have up to 126 bits,
// are added in: the sum of a block's limbs stays below 2^62.
const limbBits = 48

// blockSquares are the squares of a measure's values in the block.
type blockSquares struct {
	constant bool      // all rows have the same square
	one      [3]uint64 // constant: its limbs
	rows     [3][]uint64
	limbs    int // how many limbs are not zero everywhere; 0 = all squares are zero
}

// load takes up a measure's values.
func (q *blockSquares) load(b *countBlock, m *blockMeasure) {
	q.limbs = 0
	if m.Known == shard.None {
		return
	}
	q.constant = m.Width == 0 && m.Known == shard.All
	if q.constant {
		q.one = q.cut(m.Min)
		return
	}
	for l := range q.rows {
		q.rows[l] = resize(q.rows[l], b.rows)
	}
	bitset.Unpack(q.rows[0], m.Planes, m.Width)
	for i, residual := range q.rows[0] {
		var s [3]uint64
		if m.Known == shard.All || m.knownBits[i/64]>>(i%64)&1 != 0 {
			s = q.cut(int64(uint64(m.Min) + residual))
		}
		q.rows[0][i], q.rows[1][i], q.rows[2][i] = s[0], s[1], s[2]
	}
}

// cut returns the limbs of x².
func (q *blockSquares) cut(x int64) (s [3]uint64) {
	u := uint64(max(x, -x)) // also right for the smallest int64
	hi, lo := bits.Mul64(u, u)
	s[0] = lo & (1<<limbBits - 1)
	s[1] = (lo>>limbBits | hi<<(64-limbBits)) & (1<<limbBits - 1)
	s[2] = hi >> (2*limbBits - 64)
	for l := range s {
		if s[l] != 0 {
			q.limbs = max(q.limbs, l+1)
		}
	}
	return s
}

// addTo adds the sum over a group's rows to entry i of to; ok is false where
// that goes past 128 bits.
func (q *blockSquares) addTo(to partial.Squares, i int, group *prefixBitmap) (ok bool) {
	var s [3]uint64
	for l := range q.limbs {
		if q.constant {
			s[l] = q.one[l] * uint64(group.n)
		} else {
			s[l] = bitset.Sum(group.words, q.rows[l])
		}
	}
	var c1, c2, c3 uint64
	to.Lo[i], c1 = bits.Add64(to.Lo[i], s[0], 0)
	to.Lo[i], c2 = bits.Add64(to.Lo[i], s[1]<<limbBits, 0)
	to.Hi[i], c1 = bits.Add64(to.Hi[i], s[1]>>(64-limbBits), c1)
	to.Hi[i], c3 = bits.Add64(to.Hi[i], s[2]<<(2*limbBits-64), c2)
	return c1 == 0 && c3 == 0 && s[2]>>(128-2*limbBits) == 0
}
