package encoder

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/headwater-dev/headwater/worker/source"
)

// The codes of the two sides that are compared, in a plan that has Sides.
const (
	SideA uint8 = 1
	SideB uint8 = 2
)

// Place is the part of a feature that is made of no column, but of the row's
// global ordinal: so two files, read one after the other, are told apart.
const Place = "place"

// sides tells which side of a comparison a row is on.
type sides struct {
	coder  *coder // nil where sides go by place
	column int    // index into the encoder's columns
	places *intervals
}

// newSides prepares the reading of plan.Sides; use finds a column.
func newSides(plan *Plan, use func(name string) (source.Column, int)) (*sides, error) {
	if plan.Sides.Part == Place {
		return &sides{places: newIntervals(plan.Sides)}, nil
	}
	c, at := use(plan.Sides.Column)
	if at < 0 {
		return nil, nil // use has noted it
	}
	k, err := newCoder(plan.Sides, c, plan.Nulls)
	return &sides{coder: k, column: at}, err
}

// read writes the side of each row of a batch: SideA, SideB, or anything else
// for neither. first is the global ordinal of the batch's first row.
func (s *sides) read(dst []uint8, rec arrow.Record, first int64) error {
	if s.coder != nil {
		return s.coder.encode(dst, rec.Column(s.column))
	}
	for i := range dst {
		dst[i] = s.places.of(float64(first + int64(i)))
	}
	return nil
}

// onSide keeps the values of the rows on the measure's side. A measure without
// a column is the side itself.
func (e *Encoder) onSide(m *Measure, values []int64, known []bool) {
	for i, side := range e.side {
		switch {
		case m.Column == "":
			values[i], known[i] = flag(side == SideB), side == SideA || side == SideB
		case side != m.Side:
			values[i], known[i] = 0, false
		}
	}
}
