package ops

import (
	"context"
	"fmt"
	"math/bits"

	"github.com/headwater-dev/headwater/kernels/bitset"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// probe looks up given groups on both parts: their rows, and known rows, sum,
// Σx² and extremes of each column. A group without items is all rows.
//
// Cost: an intersection a group and block, and some 4 ns for every row of a
// group and column.
func probe(ctx context.Context, env *Env, p wire.ProbeParams) (partial.Probe, error) {
	items, paths, err := itemPaths(env, p.Groups)
	if err != nil {
		return partial.Probe{}, err
	}
	for _, c := range p.Columns {
		if c.Measure < 0 || c.Measure >= len(env.Plan.Measures) || c.Plus >= len(env.Plan.Measures) || c.Low > c.High {
			return partial.Probe{}, fmt.Errorf("column %+v does not fit a plan of %d measures", c, len(env.Plan.Measures))
		}
	}
	result := partial.Probe{
		Discovery:    partial.MakeProbePart(len(paths), len(p.Columns)),
		Confirmation: partial.MakeProbePart(len(paths), len(p.Columns)),
	}
	b := newCountBlock(items, env.Plan)
	w := &probeWalk{
		groups:  groupWalk{block: b, paths: paths, bitmap: make([]prefixBitmap, len(env.Plan.Features)+1)},
		columns: make([]probeValues, len(p.Columns)),
		first:   p.First,
	}
	for i := range w.columns {
		w.columns[i].ProbeColumn = p.Columns[i]
	}
	err = b.each(ctx, env, anyPart, func() {
		switch {
		case b.part&encoder.Confirmation == 0:
			w.addBlock(&result.Discovery)
		case !p.Half:
			w.addBlock(&result.Confirmation)
		}
	})
	return result, err
}

// probeWalk adds up blocks.
type probeWalk struct {
	groups  groupWalk
	columns []probeValues
	first   bool
	free    []uint64 // first: the rows that no group before has
	left    prefixBitmap
}

// smallValues are those of which a block's squares add up within 64 bits.
const smallValues = 1 << 24

// probeValues are a column's values in the block.
type probeValues struct {
	wire.ProbeColumn
	none   bool     // no row has a value
	known  []uint64 // bitmap of the rows with a value; nil = all
	values []int64
	small  bool // every |value| is below smallValues

	unpacked []uint64
	both     []uint64
	some     []uint64
}

func (w *probeWalk) addBlock(to *partial.ProbePart) {
	b := w.groups.block
	for c := range w.columns {
		w.columns[c].load(b)
	}
	w.free = resize(w.free, b.words)
	bitset.Fill(w.free, b.rows)
	w.groups.each(func(g int, rows *prefixBitmap) {
		if w.first {
			rows = w.take(rows)
		}
		to.N[g] += int64(rows.n)
		for c := range w.columns {
			if !w.columns[c].none {
				w.columns[c].add(&to.Columns[c], g, rows.words)
			}
		}
	})
}

// take returns the free rows among some, which are free no more.
func (w *probeWalk) take(rows *prefixBitmap) *prefixBitmap {
	w.left.own = resize(w.left.own, len(rows.words))
	w.left.words = w.left.own
	w.left.n = bitset.And(w.left.words, rows.words, w.free)
	for i, word := range rows.words {
		w.free[i] &^= word
	}
	return &w.left
}

// load lays out the values of a block.
func (v *probeValues) load(b *countBlock) {
	m := &b.measures[v.Measure]
	v.none, v.known = m.Known == shard.None, nil
	if v.none {
		return
	}
	if m.Known == shard.Some {
		v.known = m.knownBits
	}
	v.values = resize(v.values, b.rows)
	clear(v.values)
	v.addMeasure(m)
	if v.Plus >= 0 {
		other := &b.measures[v.Plus]
		v.none = other.Known == shard.None
		if other.Known == shard.Some {
			if v.known != nil {
				v.both = resize(v.both, b.words)
				bitset.And(v.both, v.known, other.knownBits)
				v.known = v.both
			} else {
				v.known = other.knownBits
			}
		}
		v.addMeasure(other)
	}
	var most uint64
	for i, x := range v.values {
		x = min(max(x, v.Low), v.High)
		v.values[i], most = x, max(most, magnitude(x))
	}
	v.small = most < smallValues
}

func (v *probeValues) addMeasure(m *blockMeasure) {
	v.unpacked = resize(v.unpacked, len(v.values))
	bitset.Unpack(v.unpacked, m.Planes, m.Width)
	for i, residual := range v.unpacked {
		v.values[i] += int64(uint64(m.Min) + residual)
	}
}

// add adds the rows of a bitmap to group g.
func (v *probeValues) add(to *partial.ProbeColumn, g int, rows []uint64) {
	if v.known != nil {
		v.some = resize(v.some, len(rows))
		bitset.And(v.some, rows, v.known)
		rows = v.some
	}
	n, low, high := to.Known[g], to.Low[g], to.High[g]
	if v.small {
		var sum int64
		var squares uint64
		for i, word := range rows {
			for ; word != 0; word &= word - 1 {
				x := v.values[i*64+bits.TrailingZeros64(word)]
				if n == 0 {
					low, high = x, x
				}
				n, low, high = n+1, min(low, x), max(high, x)
				sum += x
				squares += uint64(x * x)
			}
		}
		to.Sum.Add(g, sum)
		to.Squares.AddSum(g, squares)
		to.Known[g], to.Low[g], to.High[g] = n, low, high
		return
	}
	for i, word := range rows {
		for ; word != 0; word &= word - 1 {
			x := v.values[i*64+bits.TrailingZeros64(word)]
			if n == 0 {
				low, high = x, x
			}
			n, low, high = n+1, min(low, x), max(high, x)
			if x != 0 {
				to.Sum.Add(g, x)
				to.Squares.Add(g, x)
			}
		}
	}
	to.Known[g], to.Low[g], to.High[g] = n, low, high
}
