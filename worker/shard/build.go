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
	part     column[uint8]
	measures []rawMeasure
	points   rawPoints
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
		points:   rawPoints{places: make([]column[float32], len(plan.Coordinates))},
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
	part := rows.Part
	if part == nil {
		part = make([]uint8, rows.N)
	}
	b.part.append(part[:rows.N])
	if b.plan.Clustered {
		b.points.append(rows, b.rows == 0)
	}
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
// 9 bytes a row for the order, and two features.
func (b *Builder) Build() *Shard {
	s := &Shard{id: b.id, rows: b.rows, measures: make([]measure, len(b.measures))}
	order := b.order(s)
	room := make([]uint8, b.rows)
	for f := range b.codes {
		s.codes = append(s.codes, b.codes[f].take(order, room))
	}
	s.fold = b.fold.take(order, room)
	for m := range b.measures {
		s.measures[m] = b.measures[m].frame(order, s.blocks)
		b.measures[m] = rawMeasure{}
	}
	if b.plan.Clustered {
		s.points = b.points.lay(order)
	}
	*b = *NewBuilder(b.id, b.plan)
	return s
}

// order returns the rows part by part, within each sorted by the primary
// measure and followed by those on which it is not known, and cuts each of
// these runs into blocks of s.
func (b *Builder) order(s *Shard) []uint32 {
	var ends [2*encoder.Parts + 1]int // of the runs; of one more than each to begin with
	run := make([]uint8, 0, b.rows)
	for _, parts := range b.part.pieces {
		for _, part := range parts {
			r := 2 * part
			if len(b.measures) > 0 && !b.measures[0].has(uint32(len(run))) {
				r++
			}
			run = append(run, r)
			ends[r+1]++
		}
	}
	for r := 1; r < len(ends); r++ {
		ends[r] += ends[r-1]
	}
	order := make([]uint32, b.rows)
	for row, r := range run {
		order[ends[r]] = uint32(row)
		ends[r]++
	}
	from := 0
	for r, end := range ends[:2*encoder.Parts] {
		if r%2 == 0 && len(b.measures) > 0 {
			sortByValue(order[from:end], &b.measures[0].values)
		}
		for ; from < end; from += BlockRows {
			s.blocks = append(s.blocks, Block{Start: from, Rows: min(BlockRows, end-from), Part: uint8(r / 2)})
		}
		from = end
	}
	return order
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
