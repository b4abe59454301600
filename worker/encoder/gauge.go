package encoder

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/headwater-dev/headwater/worker/source"
)

// gauge turns one column into exact integers: fixed point, or 1 where the
// column has a given value.
type gauge struct {
	name   string // of the column
	column int    // index into the encoder's columns
	scale  int32
	equals *string
	number float64 // equals as a number, NaN where it is none
	truth  [2]int64
	digits int
	nulls  []string
	dict   perDictionary[int64]

	// Of the entries of dict:
	entryKnown []bool
	bad        map[int]error // what is wrong with those that cannot be read
}

// reading is what one value amounts to.
type reading struct {
	value int64
	known bool
}

func newGauge(c source.Column, column int, equals *string, digits int, nulls []string) (*gauge, error) {
	g := &gauge{name: c.Name, column: column, scale: c.Scale, equals: equals, digits: digits, nulls: nulls, number: math.NaN()}
	if digits < 0 || digits > 15 {
		return nil, fmt.Errorf("column %q: %d digits after the point are out of range (0 to 15)", c.Name, digits)
	}
	if equals == nil {
		if c.Type == source.Date || c.Type == source.Timestamp {
			return nil, fmt.Errorf("column %q is a %s, not a number", c.Name, c.Type)
		}
		g.truth = [2]int64{0, int64(pow10[digits])}
		return g, nil
	}
	if v, ok := ParseNumber(*equals); ok {
		g.number = v
	}
	if yes, ok := ParseTruth(*equals); ok && yes {
		g.truth[1] = 1
	} else if ok {
		g.truth[0] = 1
	}
	return g, nil
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// text reads one text.
func (g *gauge) text(s string) (reading, error) {
	if g.equals != nil {
		return reading{flag(s == *g.equals), s == *g.equals || !slices.Contains(g.nulls, s)}, nil
	}
	n, ok := ParseLiteral(s)
	if ok {
		if v, ok := n.Fixed(g.digits); ok {
			return reading{v, true}, nil
		}
	}
	switch {
	case slices.Contains(g.nulls, s):
		return reading{}, nil
	case ok:
		return reading{}, g.outside(s)
	}
	return reading{}, fmt.Errorf("column %q: %q is not a number; list it with --null if it means missing", g.name, s)
}

// outside is the error of a number that fixed point cannot hold.
func (g *gauge) outside(s string) error {
	if n, ok := ParseLiteral(s); ok && (n.NaN || n.Inf) {
		return fmt.Errorf("column %q: %s cannot be summed; make it null or leave out the row", g.name, s)
	}
	return fmt.Errorf("column %q: %s with %d digits after the point is too large to be summed exactly (at most %d); use a coarser unit", g.name, s, g.digits, int64(MaxFixed/pow10[g.digits]))
}

// read writes a's values and which are known. Where a value is not known it is 0.
func (g *gauge) read(values []int64, known []bool, a arrow.Array) error {
	var err error
	switch a := a.(type) {
	case *array.Dictionary:
		return g.readDictionary(values, known, a)
	case *array.String:
		err = each(values, known, a, func(i int) (reading, error) { return g.text(a.Value(i)) })
	case *array.Int64:
		err = each(values, known, a, func(i int) (reading, error) { return g.int(a.Value(i)) })
	case *array.Float64:
		err = each(values, known, a, func(i int) (reading, error) { return g.float(a.Value(i)) })
	case *array.Boolean:
		err = each(values, known, a, func(i int) (reading, error) { return reading{g.truth[flag(a.Value(i))], true}, nil })
	case *array.Decimal128:
		err = each(values, known, a, func(i int) (reading, error) { return g.decimal(a.Value(i)) })
	case *array.Date32:
		err = each(values, known, a, func(i int) (reading, error) { return g.day(int64(a.Value(i))), nil })
	case *array.Timestamp:
		err = each(values, known, a, func(i int) (reading, error) { return g.day(DayOf(int64(a.Value(i)))), nil })
	default:
		err = fmt.Errorf("column %q: batches of %s cannot be summed", g.name, a.DataType())
	}
	return err
}

func each(values []int64, known []bool, a arrow.Array, of func(i int) (reading, error)) error {
	nulls := a.NullN() > 0
	for i := range values {
		var r reading
		if !nulls || a.IsValid(i) {
			var err error
			if r, err = of(i); err != nil {
				return &cellError{i, err}
			}
		}
		values[i], known[i] = r.value, r.known
	}
	return nil
}

// cellError is an error at one row of a batch.
type cellError struct {
	row int
	err error
}

func (e *cellError) Error() string { return e.err.Error() }
func (e *cellError) Unwrap() error { return e.err }

func (g *gauge) int(v int64) (reading, error) {
	if g.equals != nil {
		return reading{flag(float64(v) == g.number), true}, nil
	}
	p := int64(pow10[g.digits])
	if v > MaxFixed/p || v < -MaxFixed/p {
		return reading{}, g.outside(strconv.FormatInt(v, 10))
	}
	return reading{v * p, true}, nil
}

func (g *gauge) float(v float64) (reading, error) {
	if g.equals != nil {
		return reading{flag(v == g.number), v == v}, nil
	}
	x, ok := FixedFloat(v, g.digits)
	if !ok {
		return reading{}, g.outside(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return reading{x, true}, nil
}

func (g *gauge) decimal(v decimal128.Num) (reading, error) {
	if g.equals != nil {
		return reading{flag(decimalNumber(v, g.scale) == g.number), true}, nil
	}
	n := Literal{Negative: v.Sign() < 0, Exponent: -int(g.scale)}
	if v.Sign() < 0 {
		v = v.Negate()
	}
	n.Mantissa = v.LowBits()
	if x, ok := n.Fixed(g.digits); ok && v.HighBits() == 0 && n.Mantissa < 1e19 {
		return reading{x, true}, nil
	}
	s := v.ToString(g.scale)
	if r, ok := ParseLiteral(s); ok {
		r.Negative = n.Negative
		if x, ok := r.Fixed(g.digits); ok {
			return reading{x, true}, nil
		}
	}
	return reading{}, g.outside(s)
}

func (g *gauge) day(d int64) reading {
	want, _, ok := ParseDay(*g.equals)
	return reading{flag(ok && d == want), true}
}

// readDictionary reads each entry once. An entry that cannot be read is an error
// where a row has it.
func (g *gauge) readDictionary(values []int64, known []bool, a *array.Dictionary) error {
	entry, err := g.dict.entries(a.Dictionary(), func(entry []int64) error { return g.readEntries(entry, a.Dictionary()) })
	if err != nil {
		return err
	}
	if len(g.bad) > 0 {
		for i := range values {
			if a.IsNull(i) {
				continue
			}
			if err := g.bad[a.GetValueIndex(i)]; err != nil {
				return &cellError{i, err}
			}
		}
	}
	lookUp(values, entry, a)
	lookUp(known, g.entryKnown, a)
	return nil
}

// readEntries reads the entries of a dictionary; what is wrong with those that
// cannot be read is kept in bad.
func (g *gauge) readEntries(entry []int64, dict arrow.Array) error {
	g.entryKnown, g.bad = resize(g.entryKnown, len(entry)), nil
	err := g.read(entry, g.entryKnown, dict)
	var cell *cellError
	if !errors.As(err, &cell) {
		return err
	}
	g.bad = map[int]error{}
	for i := range entry {
		one := array.NewSlice(dict, int64(i), int64(i)+1)
		if err := g.read(entry[i:i+1], g.entryKnown[i:i+1], one); errors.As(err, &cell) {
			entry[i], g.entryKnown[i], g.bad[i] = 0, false, cell.err
		}
		one.Release()
	}
	return nil
}
