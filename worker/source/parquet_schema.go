package source

import (
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// parquetLeaf is a top-level column of a Parquet file that can be read.
type parquetLeaf struct {
	Column
	index    int // among all leaves, in column chunks
	physical format.Type
	optional bool
	form     form
	length   int // bytes of a FIXED_LEN_BYTE_ARRAY
}

// form tells how stored values become those of the column's type.
type form uint8

const (
	asIs     form = iota
	unsigned      // of an integer
	millis        // of a timestamp
	micros
	nanos
	uuid // 16 bytes, written as text
	half // 2 bytes
)

// parquetLeaves returns the columns that can be read, in order, and why the
// others cannot.
func parquetLeaves(schema []format.SchemaElement) (leaves []parquetLeaf, skipped []string, err error) {
	if len(schema) == 0 {
		return nil, nil, errors.New("no schema: " + truncated)
	}
	index := 0
	for i := 1; i < len(schema); {
		e := &schema[i]
		if !e.Type.Valid {
			end, inside, err := subtree(schema, i)
			if err != nil {
				return nil, nil, err
			}
			skipped = append(skipped, fmt.Sprintf("%s: %s", e.Name, nestedKind(e)))
			i, index = end, index+inside
			continue
		}
		leaf, reason := leafOf(e)
		leaf.index = index
		if reason == "" {
			leaves = append(leaves, leaf)
		} else {
			skipped = append(skipped, fmt.Sprintf("%s: %s", e.Name, reason))
		}
		i, index = i+1, index+1
	}
	return leaves, skipped, nil
}

// subtree returns the end of the group at i and how many leaves it holds.
func subtree(schema []format.SchemaElement, i int) (end, leaves int, err error) {
	open := 1 // elements still to come
	for open > 0 {
		if i >= len(schema) {
			return 0, 0, errors.New("the schema is cut short")
		}
		e := &schema[i]
		open--
		if e.Type.Valid {
			leaves++
		} else if e.NumChildren.V < 0 || int(e.NumChildren.V) > len(schema) {
			return 0, 0, fmt.Errorf("group %q of %d columns", e.Name, e.NumChildren.V)
		} else {
			open += int(e.NumChildren.V)
		}
		i++
	}
	return i, leaves, nil
}

func nestedKind(e *format.SchemaElement) string {
	switch e.LogicalType.Value.(type) {
	case *format.ListType:
		return "a list"
	case *format.MapType:
		return "a map"
	}
	switch {
	case e.RepetitionType.V == format.Repeated:
		return "a list"
	case e.ConvertedType.Valid && e.ConvertedType.V == deprecated.List:
		return "a list"
	case e.ConvertedType.Valid && (e.ConvertedType.V == deprecated.Map || e.ConvertedType.V == deprecated.MapKeyValue):
		return "a map"
	}
	return "a struct"
}

// leafOf returns how a column is read, or the reason why it cannot be.
func leafOf(e *format.SchemaElement) (l parquetLeaf, reason string) {
	l = parquetLeaf{
		Column:   Column{Name: e.Name},
		physical: e.Type.V,
		optional: e.RepetitionType.Valid && e.RepetitionType.V == format.Optional,
		length:   int(e.TypeLength.V),
	}
	if e.RepetitionType.Valid && e.RepetitionType.V == format.Repeated {
		return l, "a list"
	}
	if l.physical == format.FixedLenByteArray && l.length <= 0 {
		return l, "values of no length"
	}
	if l.logical(e) || l.converted(e) {
		return l, ""
	}
	if _, ok := e.LogicalType.Value.(*format.DecimalType); ok {
		return l, "a decimal of more than 38 digits"
	}
	if e.ConvertedType.Valid && e.ConvertedType.V == deprecated.Interval {
		return l, "an interval"
	}
	switch l.physical {
	case format.Boolean:
		l.Type = Bool
	case format.Int32, format.Int64:
		l.Type = Int
	case format.Int96:
		l.Type = Timestamp
	case format.Float, format.Double:
		l.Type = Float
	case format.ByteArray, format.FixedLenByteArray:
		l.Type = Text
	default:
		return l, fmt.Sprintf("unknown type %v", l.physical)
	}
	return l, ""
}

// logical fills in what the logical type says, if it says anything that the
// physical type does not.
func (l *parquetLeaf) logical(e *format.SchemaElement) bool {
	whole := l.physical == format.Int32 || l.physical == format.Int64
	switch t := e.LogicalType.Value.(type) {
	case *format.DecimalType:
		return l.decimal(t.Precision, t.Scale)
	case *format.DateType:
		l.Type = Date
		return l.physical == format.Int32
	case *format.IntType:
		l.Type = Int
		if !t.IsSigned {
			l.form = unsigned
		}
		return whole
	case *format.TimestampType:
		l.Type = Timestamp
		switch t.Unit.Value.(type) {
		case *format.MilliSeconds:
			l.form = millis
		case *format.MicroSeconds:
			l.form = micros
		default:
			l.form = nanos
		}
		return l.physical == format.Int64
	case *format.UUIDType:
		l.Type, l.form = Text, uuid
		return l.physical == format.FixedLenByteArray && l.length == 16
	case *format.Float16Type:
		l.Type, l.form = Float, half
		return l.physical == format.FixedLenByteArray && l.length == 2
	}
	return false
}

// converted does the same for the older annotations.
func (l *parquetLeaf) converted(e *format.SchemaElement) bool {
	l.form = asIs
	if !e.ConvertedType.Valid {
		return false
	}
	switch e.ConvertedType.V {
	case deprecated.Decimal:
		return l.decimal(e.Precision.V, e.Scale.V)
	case deprecated.Date:
		l.Type = Date
		return l.physical == format.Int32
	case deprecated.TimestampMillis, deprecated.TimestampMicros:
		l.Type, l.form = Timestamp, micros
		if e.ConvertedType.V == deprecated.TimestampMillis {
			l.form = millis
		}
		return l.physical == format.Int64
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		l.Type, l.form = Int, unsigned
		return l.physical == format.Int32 || l.physical == format.Int64
	}
	return false
}

func (l *parquetLeaf) decimal(precision, scale int32) bool {
	l.Type, l.Scale = Decimal, scale
	switch l.physical {
	case format.Int32, format.Int64, format.ByteArray, format.FixedLenByteArray:
		return precision > 0 && precision <= 38 && scale >= 0 && scale <= precision
	}
	return false
}
