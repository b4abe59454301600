package source

import (
	"context"
	"fmt"
	"os"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// findArrow reads the columns of an Arrow IPC file or stream and makes splits
// of consecutive record batches, each of about the split size.
func findArrow(ctx context.Context, spec *Spec, file *File, f *os.File) (found shape, err error) {
	defer recoverAs(&err, "%s: corrupt Arrow schema", file.Name)
	messages, err := indexArrow(file, f)
	if err != nil {
		return found, err
	}
	schema, err := arrowSchema(f, messages)
	if err != nil {
		return found, fmt.Errorf("%s: %w", file.Name, err)
	}
	for _, field := range schema.Fields() {
		if c, reason := arrowColumn(field); reason == "" {
			found.columns = append(found.columns, c)
		} else {
			found.skipped = append(found.skipped, fmt.Sprintf("%s: %s", field.Name, reason))
		}
	}
	size := spec.SplitSize
	if size <= 0 {
		size = defaultSplitSize
	}
	batch, bytes := 0, int64(0)
	current := Split{}
	for _, m := range messages {
		if m.kind != batchMessage {
			continue
		}
		if bytes >= size && current.Rows > 0 {
			found.splits = append(found.splits, current)
			current, bytes = Split{Unit: batch}, 0
		}
		current.Rows += m.rows
		bytes += m.length
		batch++
	}
	if current.Rows > 0 {
		found.splits = append(found.splits, current)
	}
	return found, ctx.Err()
}

// arrowSchema reads the schema, the first message.
func arrowSchema(f *os.File, messages []message) (schema *arrow.Schema, err error) {
	r, err := ipc.NewReader(arrowStreamFrom(f, messages[:1], 0), ipc.WithAllocator(boundedAllocator{memory.DefaultAllocator}))
	if err != nil {
		return nil, err
	}
	defer r.Release()
	return r.Schema(), nil
}

// arrowColumn returns the column that a field is read as, or the reason why it
// cannot be.
func arrowColumn(field arrow.Field) (c Column, reason string) {
	c.Name = field.Name
	t := field.Type
	if d, ok := t.(*arrow.DictionaryType); ok {
		t = d.ValueType
	}
	switch t := t.(type) {
	case *arrow.StringType, *arrow.LargeStringType, *arrow.StringViewType,
		*arrow.BinaryType, *arrow.LargeBinaryType, *arrow.BinaryViewType, *arrow.FixedSizeBinaryType, *arrow.NullType:
		c.Type = Text
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type,
		*arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type,
		*arrow.Time32Type, *arrow.Time64Type, *arrow.DurationType:
		c.Type = Int
	case *arrow.Float16Type, *arrow.Float32Type, *arrow.Float64Type:
		c.Type = Float
	case *arrow.BooleanType:
		c.Type = Bool
	case *arrow.Date32Type, *arrow.Date64Type:
		c.Type = Date
	case *arrow.TimestampType:
		c.Type = Timestamp
	case *arrow.Decimal128Type:
		c.Type, c.Scale = Decimal, t.Scale
		if t.Scale < 0 || t.Scale > maxDecimalDigits {
			return c, fmt.Sprintf("a decimal of scale %d", t.Scale)
		}
	default:
		return c, "a " + field.Type.String()
	}
	return c, ""
}
