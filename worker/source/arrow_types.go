package source

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
)

var (
	timestampType  = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	dictionaryType = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
)

// maxDecimalDigits is the precision of every Decimal column: Decimal128's own.
const maxDecimalDigits = 38

// ArrowType returns the Arrow type in which batches carry the column. A Text
// column may come as Dictionary<Int32, String> as well.
func (c Column) ArrowType() arrow.DataType {
	switch c.Type {
	case Text:
		return arrow.BinaryTypes.String
	case Int:
		return arrow.PrimitiveTypes.Int64
	case Float:
		return arrow.PrimitiveTypes.Float64
	case Bool:
		return arrow.FixedWidthTypes.Boolean
	case Date:
		return arrow.FixedWidthTypes.Date32
	case Timestamp:
		return timestampType
	case Decimal:
		return &arrow.Decimal128Type{Precision: maxDecimalDigits, Scale: c.Scale}
	}
	panic(fmt.Sprintf("column %q of unknown type %q", c.Name, c.Type))
}
