package shard

import (
	"fmt"
	"slices"

	"github.com/headwater-dev/headwater/kernels/bitset"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// Builder gathers the rows of one shard. Until Build it holds them as they
// came; Build moves them feature by feature, into the memory of the feature
// before, so that no second copy of all codes exists at any time. It is for one
// goroutine.
type Builder struct {
	id       int
	plan     *encoder.Plan
	rows     int
	codes    [][]uint8 // feature → row
	fold     []uint8
	part     []uint8
	measures []rawMeasure
	points   rawPoints
	batch    encoder.Rows // what Extend hands out
}

// rawMeasure is a measure's rows in the order they came.
type rawMeasure struct {
	values []int64
	known  []uint64 // bitmap over the rows; nil where the plan says that it is known on all
}

// NewBuilder returns an empty builder of the shard with the given number.
func NewBuilder(id int, plan *encoder.Plan) *Builder {
	b := &Builder{
		id:       id,
		plan:     plan,
		codes:    make([][]uint8, len(plan.Features)),
		measures: make([]rawMeasure, len(plan.Measures)),
		points:   rawPoints{places: make([][]float32, len(plan.Coordinates))},
	}
	for m := range b.measures {
		if !plan.Measures[m].Complete {
			b.measures[m].known = []uint64{}
		}
	}
	return b
}

// Expect makes room for a number of rows, so that columns need not grow. There
// may be more.
func (b *Builder) Expect(rows int) {
	for f := range b.codes {
		b.codes[f] = slices.Grow(b.codes[f], rows)
	}
	b.fold, b.part = slices.Grow(b.fold, rows), slices.Grow(b.part, rows)
	for m := range b.measures {
		b.measures[m].values = slices.Grow(b.measures[m].values, rows)
	}
	if b.plan.Clustered {
		b.points.expect(rows)
	}
}

// Append adds rows, which it copies. A measure that the plan says is known on
// every row and is not is an error: the table is not the one that was planned
// for.
func (b *Builder) Append(rows *encoder.Rows) error {
	return b.Extend(rows.N, func(dst *encoder.Rows) error {
		for f := range dst.Codes {
			copy(dst.Codes[f], rows.Codes[f])
		}
		for m := range dst.Values {
			copy(dst.Values[m], rows.Values[m])
			copy(dst.Known[m], rows.Known[m])
		}
		copy(dst.Fold, rows.Fold)
		clear(dst.Part)
		copy(dst.Part, rows.Part)
		for j := range dst.Places {
			copy(dst.Places[j], rows.Places[j])
		}
		copy(dst.Hash, rows.Hash)
		dst.First = rows.First
		return nil
	})
}

// Extend is Append of n rows that write fills in, in the builder's own memory:
// it is given rows of n and must leave every column where it is.
func (b *Builder) Extend(n int, write func(dst *encoder.Rows) error) error {
	dst := b.extended(n)
	if err := write(dst); err != nil {
		return err
	}
	if dst.N != n {
		return fmt.Errorf("shard %d: %d rows written where %d were expected", b.id, dst.N, n)
	}
	for m := range b.measures {
		if err := b.appendKnown(m, dst.Known[m]); err != nil {
			return err
		}
	}
	if b.plan.Clustered && b.rows == 0 {
		b.points.first = dst.First
	}
	b.rows += n
	return nil
}

// extended returns the n rows after those that the builder holds.
func (b *Builder) extended(n int) *encoder.Rows {
	dst := &b.batch
	dst.N = n
	dst.Codes, dst.Values = resized(dst.Codes, len(b.codes)), resized(dst.Values, len(b.measures))
	dst.Known = resized(dst.Known, len(b.measures))
	for f := range b.codes {
		dst.Codes[f] = extend(&b.codes[f], b.rows, n)
	}
	for m := range b.measures {
		dst.Values[m] = extend(&b.measures[m].values, b.rows, n)
		dst.Known[m] = resized(dst.Known[m], n)
	}
	dst.Fold, dst.Part = extend(&b.fold, b.rows, n), extend(&b.part, b.rows, n)
	if b.plan.Clustered {
		b.points.extend(dst, b.rows)
	}
	return dst
}

func resized[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// extend makes *column rows+n long and returns its last n entries, whatever
// they hold.
func extend[T any](column *[]T, rows, n int) []T {
	*column = slices.Grow((*column)[:rows], n)[:rows+n]
	return (*column)[rows:][:n:n]
}

func (b *Builder) appendKnown(m int, known []bool) error {
	measure := &b.plan.Measures[m]
	raw := &b.measures[m]
	if measure.Complete {
		if i := slices.Index(known, false); i >= 0 {
			return fmt.Errorf("shard %d, row %d: measure %q (column %q) is missing, but was known on every row when the table was profiled: the source has changed, run the job again",
				b.id, b.rows+i, measure.Name, measure.Column)
		}
		return nil
	}
	for len(raw.known) < bitset.Words(b.rows+len(known)) {
		raw.known = append(raw.known, 0)
	}
	for i, k := range known {
		if at := b.rows + i; k {
			raw.known[at/64] |= 1 << (at % 64)
		}
	}
	return nil
}

// Build returns the shard; the builder is empty afterwards. Transient memory:
// 12 bytes a row for the order, and one feature.
func (b *Builder) Build() *Shard {
	s := &Shard{id: b.id, rows: b.rows, measures: make([]measure, len(b.measures))}
	order := b.order(s)
	b.part = nil
	var room []uint8
	for f := range b.codes {
		var codes []uint8
		codes, room = arranged(b.codes[f], order, room)
		s.codes = append(s.codes, codes)
		b.codes[f] = nil
	}
	s.fold, _ = arranged(b.fold, order, room)
	for m := range b.measures {
		raw := &b.measures[m]
		known := raw.arrangeKnown(order)
		if m > 0 {
			raw.values, _ = arranged(raw.values, order, nil)
		}
		s.measures[m] = measure{known: known, frames: frames(raw.values, known, s.blocks)}
		*raw = rawMeasure{}
	}
	if b.plan.Clustered {
		s.points = b.points.lay(order)
	}
	*b = *NewBuilder(b.id, b.plan)
	return s
}

// arranged returns the values in the given order, in room where that fits, and
// the memory they were in, for others.
func arranged[T any](values []T, order []uint32, room []T) (out, left []T) {
	if cap(room) < len(order) || cap(room) > len(order)+len(order)/16 {
		room = make([]T, len(order))
	}
	out = room[:len(order)]
	for i, row := range order {
		out[i] = values[row]
	}
	return out, values
}

func (r *rawMeasure) has(row uint32) bool {
	return r.known == nil || r.known[row/64]>>(row%64)&1 != 0
}

// arrangeKnown returns known in the given order; nil = all.
func (r *rawMeasure) arrangeKnown(order []uint32) []uint64 {
	if r.known == nil {
		return nil
	}
	known := make([]uint64, bitset.Words(len(order)))
	for i, row := range order {
		known[i/64] |= r.known[row/64] >> (row % 64) & 1 << (i % 64)
	}
	return known
}
