package shard

import (
	"fmt"
	"math/bits"

	"github.com/headwater-dev/headwater/kernels/bitset"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// Builder gathers the rows of one shard. Until Build it holds them as they
// came; Build moves them feature by feature, so that no second copy of all
// codes exists at any time. It is for one goroutine.
type Builder struct {
	id       int
	plan     *encoder.Plan
	rows     int
	codes    []column[uint8]
	fold     column[uint8]
	measures []rawMeasure
}

// rawMeasure is a measure's rows in the order they came.
type rawMeasure struct {
	values column[int64]
	known  []uint64 // bitmap over the rows; nil where the plan says that it is known on all
}

// NewBuilder returns an empty builder of the shard with the given number.
func NewBuilder(id int, plan *encoder.Plan) *Builder {
	b := &Builder{
		id:       id,
		plan:     plan,
		codes:    make([]column[uint8], len(plan.Features)),
		measures: make([]rawMeasure, len(plan.Measures)),
	}
	for m := range b.measures {
		if !plan.Measures[m].Complete {
			b.measures[m].known = []uint64{}
		}
	}
	return b
}

// Append adds rows, which it copies. A measure that the plan says is known on
// every row and is not is an error: the table is not the one that was planned
// for.
func (b *Builder) Append(rows *encoder.Rows) error {
	for m := range b.measures {
		if err := b.appendKnown(m, rows); err != nil {
			return err
		}
		b.measures[m].values.append(rows.Values[m][:rows.N])
	}
	for f := range b.codes {
		b.codes[f].append(rows.Codes[f][:rows.N])
	}
	b.fold.append(rows.Fold[:rows.N])
	b.rows += rows.N
	return nil
}

func (b *Builder) appendKnown(m int, rows *encoder.Rows) error {
	measure := &b.plan.Measures[m]
	raw := &b.measures[m]
	if !measure.Complete {
		for len(raw.known) < bitset.Words(b.rows+rows.N) {
			raw.known = append(raw.known, 0)
		}
	}
	for i, known := range rows.Known[m][:rows.N] {
		switch at := b.rows + i; {
		case known && !measure.Complete:
			raw.known[at/64] |= 1 << (at % 64)
		case !known && measure.Complete:
			return fmt.Errorf("shard %d, row %d: measure %q (column %q) is missing, but was known on every row when the table was profiled: the source has changed, run the job again",
				b.id, at, measure.Name, measure.Column)
		}
	}
	return nil
}

// Build returns the shard; the builder is empty afterwards. Transient memory:
// 8 bytes a row for the order, and one feature.
func (b *Builder) Build() *Shard {
	s := &Shard{id: b.id, rows: b.rows, measures: make([]measure, len(b.measures))}
	order, known := b.order()
	s.blocks = append(cutBlocks(nil, 0, known), cutBlocks(nil, known, b.rows)...)
	for f := range b.codes {
		s.codes = append(s.codes, b.codes[f].take(order))
	}
	s.fold = b.fold.take(order)
	for m := range b.measures {
		s.measures[m] = b.measures[m].frame(order, s.blocks)
		b.measures[m] = rawMeasure{}
	}
	*b = *NewBuilder(b.id, b.plan)
	return s
}

func cutBlocks(blocks []Block, from, to int) []Block {
	for ; from < to; from += BlockRows {
		blocks = append(blocks, Block{Start: from, Rows: min(BlockRows, to-from)})
	}
	return blocks
}

// order returns the rows sorted by the primary measure, those on which it is
// known first, and how many these are.
func (b *Builder) order() (order []uint32, known int) {
	order = make([]uint32, 0, b.rows)
	if len(b.measures) == 0 {
		for i := range b.rows {
			order = append(order, uint32(i))
		}
		return order, b.rows
	}
	primary := &b.measures[0]
	for i := range b.rows {
		if primary.has(uint32(i)) {
			order = append(order, uint32(i))
		}
	}
	known = len(order)
	sortByValue(order, &primary.values)
	for i := range b.rows {
		if !primary.has(uint32(i)) {
			order = append(order, uint32(i))
		}
	}
	return order, known
}

func (r *rawMeasure) has(row uint32) bool {
	return r.known == nil || r.known[row/64]>>(row%64)&1 != 0
}

// frame lays the measure out in blocks of the ordered rows.
func (r *rawMeasure) frame(order []uint32, blocks []Block) measure {
	m := measure{frames: make([]Frame, len(blocks))}
	if r.known != nil {
		m.known = make([]uint64, bitset.Words(len(order)))
	}
	residuals := make([]uint64, min(BlockRows, len(order)))
	for i, b := range blocks {
		rows, res, n := order[b.Start:][:b.Rows], residuals[:b.Rows], 0
		var low, high int64
		for j, row := range rows {
			if !r.has(row) {
				continue
			}
			v := r.values.at(row)
			if n == 0 {
				low, high = v, v
			}
			low, high, n = min(low, v), max(high, v), n+1
			if m.known != nil {
				at := b.Start + j
				m.known[at/64] |= 1 << (at % 64)
			}
		}
		f := Frame{Min: low, Width: bits.Len64(uint64(high) - uint64(low)), Known: Some}
		switch n {
		case b.Rows:
			f.Known = All
		case 0:
			f.Known = None
		}
		if f.Width > 0 {
			for j, row := range rows {
				res[j] = 0
				if r.has(row) {
					res[j] = uint64(r.values.at(row)) - uint64(low)
				}
			}
			f.Planes = make([]uint64, f.Width*bitset.Words(b.Rows))
			bitset.Pack(f.Planes, f.Width, res)
		}
		m.frames[i] = f
	}
	return m
}
