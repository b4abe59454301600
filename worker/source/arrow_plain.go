package source

import (
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// plain brings an array without a dictionary into the column's type.
func (c *normaliser) plain(a arrow.Array) (arrow.Array, error) {
	switch c.column.Type {
	case Text:
		return plainTexts(a)
	case Int:
		return plainInts(a)
	case Float:
		return plainFloats(a)
	case Date:
		if d, ok := a.(*array.Date64); ok {
			return convert(a, func(i int) (int32, error) { return int32(floorDiv(int64(d.Value(i)), 86_400_000)), nil },
				fixedArray(arrow.FixedWidthTypes.Date32, arrow.Int32Traits.CastToBytes))
		}
	case Timestamp:
		return plainTimes(a.(*array.Timestamp))
	case Decimal:
		if d, ok := a.(*array.Decimal128); ok {
			return retyped(d, c.column.ArrowType()), nil
		}
	}
	if !arrow.TypeEqual(a.DataType(), c.column.ArrowType()) {
		return nil, fmt.Errorf("%s where %s was found", a.DataType(), c.column.ArrowType())
	}
	a.Retain()
	return a, nil
}

// retyped returns the same values under another type of the same layout.
func retyped(a arrow.Array, t arrow.DataType) arrow.Array {
	d := a.Data()
	data := array.NewData(t, d.Len(), d.Buffers(), d.Children(), d.NullN(), d.Offset())
	defer data.Release()
	return array.MakeFromData(data)
}

// convert makes an array of another type, value by value.
func convert[T any](a arrow.Array, value func(i int) (T, error), build func([]T, validity) arrow.Array) (arrow.Array, error) {
	out := make([]T, a.Len())
	var valid validity
	for i := range out {
		if a.IsNull(i) {
			valid.null(i)
			continue
		}
		x, err := value(i)
		if err != nil {
			return nil, err
		}
		out[i] = x
	}
	return build(out, valid), nil
}

// number converts a slice of numbers, each of which To can hold.
func number[To int64 | float64, From int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | float32 | arrow.Time32 | arrow.Time64 | arrow.Duration](
	a arrow.Array, values []From, build func([]To, validity) arrow.Array,
) (arrow.Array, error) {
	return convert(a, func(i int) (To, error) { return To(values[i]), nil }, build)
}

func plainInts(a arrow.Array) (arrow.Array, error) {
	build := fixedArray(arrow.PrimitiveTypes.Int64, arrow.Int64Traits.CastToBytes)
	switch x := a.(type) {
	case *array.Int64:
		x.Retain()
		return x, nil
	case *array.Int8:
		return number(a, x.Int8Values(), build)
	case *array.Int16:
		return number(a, x.Int16Values(), build)
	case *array.Int32:
		return number(a, x.Int32Values(), build)
	case *array.Uint8:
		return number(a, x.Uint8Values(), build)
	case *array.Uint16:
		return number(a, x.Uint16Values(), build)
	case *array.Uint32:
		return number(a, x.Uint32Values(), build)
	case *array.Uint64:
		return convert(a, func(i int) (int64, error) {
			if v := x.Value(i); v > math.MaxInt64 {
				return 0, fmt.Errorf("value %d is beyond the largest 64-bit integer, %d; convert the column to decimal or text", v, math.MaxInt64)
			}
			return int64(x.Value(i)), nil
		}, build)
	case *array.Time32:
		return number(a, x.Time32Values(), build)
	case *array.Time64:
		return number(a, x.Time64Values(), build)
	case *array.Duration:
		return number(a, x.DurationValues(), build)
	}
	return nil, errors.New("not integers: " + a.DataType().String())
}

func plainFloats(a arrow.Array) (arrow.Array, error) {
	build := fixedArray(arrow.PrimitiveTypes.Float64, arrow.Float64Traits.CastToBytes)
	switch x := a.(type) {
	case *array.Float64:
		x.Retain()
		return x, nil
	case *array.Float32:
		return number(a, x.Float32Values(), build)
	case *array.Float16:
		return convert(a, func(i int) (float64, error) { return float64(x.Value(i).Float32()), nil }, build)
	}
	return nil, errors.New("not floats: " + a.DataType().String())
}

func plainTimes(a *array.Timestamp) (arrow.Array, error) {
	build := fixedArray(timestampType, arrow.Int64Traits.CastToBytes)
	switch unit := a.DataType().(*arrow.TimestampType).Unit; unit {
	case arrow.Microsecond:
		return retyped(a, timestampType), nil
	case arrow.Nanosecond:
		return convert(a, func(i int) (int64, error) { return floorDiv(int64(a.Value(i)), 1000), nil }, build)
	case arrow.Millisecond:
		return convert(a, func(i int) (int64, error) { return timesChecked(int64(a.Value(i)), 1000) }, build)
	default:
		return convert(a, func(i int) (int64, error) { return timesChecked(int64(a.Value(i)), microsPerSecond) }, build)
	}
}

// texts are arrays of strings or bytes.
type texts interface {
	arrow.Array
	Value(int) []byte
}

func plainTexts(a arrow.Array) (arrow.Array, error) {
	switch x := a.(type) {
	case *array.String:
		if err := checkOffsets(x.ValueOffsets(), x.Len(), len(x.Data().Buffers()[2].Bytes())); err != nil {
			return nil, err
		}
		x.Retain()
		return x, nil
	case *array.Binary:
		if err := checkOffsets(x.ValueOffsets(), x.Len(), len(x.Data().Buffers()[2].Bytes())); err != nil {
			return nil, err
		}
		return retyped(x, arrow.BinaryTypes.String), nil
	case *array.LargeString:
		return written(a, func(i int) string { return x.Value(i) })
	case *array.StringView:
		return written(a, func(i int) string { return x.Value(i) })
	case texts:
		return written(a, func(i int) string { return string(x.Value(i)) })
	case *array.Null:
		return allNull(x.Len()), nil
	}
	return nil, errors.New("not text: " + a.DataType().String())
}

// allNull is a Text array without a value.
func allNull(rows int) arrow.Array {
	text := newTextBuilder(rows)
	for range rows {
		text.addNull()
	}
	return text.array()
}

// checkOffsets returns an error unless every value lies in the data.
func checkOffsets(offsets []int32, rows, size int) error {
	if rows == 0 {
		return nil
	}
	if len(offsets) < rows+1 {
		return fmt.Errorf("%d offsets for %d values", len(offsets), rows)
	}
	last := int32(0)
	for _, o := range offsets {
		if o < last {
			return fmt.Errorf("offset %d after %d", o, last)
		}
		last = o
	}
	if int(last) > size {
		return fmt.Errorf("offset %d in %d bytes of text", last, size)
	}
	return nil
}

// written makes a String array value by value.
func written(a arrow.Array, value func(i int) string) (arrow.Array, error) {
	text := newTextBuilder(a.Len())
	for i := range a.Len() {
		if a.IsNull(i) {
			text.addNull()
			continue
		}
		text.add([]byte(value(i)))
		if err := text.fits(); err != nil {
			return nil, err
		}
	}
	return text.array(), nil
}
