package synthetic

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

var (
	textType  = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	moneyType = &arrow.Decimal128Type{Precision: 18, Scale: 2}
)

// Batches makes a table without a file: records of at most 65,536 rows, in
// row order, typed as package source delivers them (text as a dictionary of
// all levels, whole numbers as Int64). c.Out and the format are ignored. Yield
// is called from one goroutine at a time and retains what it keeps; its error
// ends the work and is returned.
func Batches(ctx context.Context, c Config, yield func(arrow.Record) error) (*Truth, error) {
	if err := c.validateTable(); err != nil {
		return nil, err
	}
	g := newGenerator(c)
	var t tally
	if err := g.batches(ctx, c, &t, yield); err != nil {
		return nil, err
	}
	return g.truth(c, t), nil
}

// Schema returns the schema of the records of a table.
func Schema(c Config) *arrow.Schema { return newGenerator(c).arrowSchema() }

type arrowPiece struct {
	record arrow.Record
	tally  tally
}

func (g *generator) batches(ctx context.Context, c Config, total *tally, yield func(arrow.Record) error) error {
	schema, dictionaries, blocks := g.arrowSchema(), g.dictionaries(), newPool(g.newBlock)
	produce := func(_ context.Context, i int64) (arrowPiece, error) {
		b := blocks.get()
		defer blocks.put(b)
		g.fill(b, i*blockRows, int(min(blockRows, c.Rows-i*blockRows)))
		return arrowPiece{g.record(schema, dictionaries, b), b.tally}, nil
	}
	return inOrder(ctx, c.workers(), pieces(c.Rows, blockRows), produce, func(p arrowPiece) error {
		defer p.record.Release()
		if err := yield(p.record); err != nil {
			return err
		}
		total.add(&p.tally)
		c.report(total.rows)
		return nil
	})
}

// writeArrow writes an Arrow IPC file with zstd buffers.
func writeArrow(ctx context.Context, c Config, g *generator, w io.Writer, total *tally) error {
	file, err := ipc.NewFileWriter(&position{w: w}, ipc.WithSchema(g.arrowSchema()), ipc.WithZstd())
	if err != nil {
		return err
	}
	if err := g.batches(ctx, c, total, file.Write); err != nil {
		return err
	}
	return file.Close()
}

// position is a writer that knows where it is, which is all that the IPC
// writer seeks for.
type position struct {
	w io.Writer
	n int64
}

func (p *position) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.n += int64(n)
	return n, err
}

func (p *position) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return p.n, fmt.Errorf("seek to %d from %d in a file that is only appended to", offset, whence)
	}
	return p.n, nil
}

func (g *generator) arrowSchema() *arrow.Schema {
	fields := []arrow.Field{{Name: ID, Type: arrow.PrimitiveTypes.Int64}}
	for i := range g.columns {
		c := &g.columns[i]
		fields = append(fields, arrow.Field{Name: c.name, Type: c.arrowType(), Nullable: c.missing > 0})
	}
	return arrow.NewSchema(fields, nil)
}

func (c *column) arrowType() arrow.DataType {
	switch c.kind {
	case text:
		return textType
	case date:
		return arrow.FixedWidthTypes.Date32
	case money:
		return moneyType
	}
	return arrow.PrimitiveTypes.Int64
}

// dictionaries makes the dictionary of every text column, which all records
// share; an IPC file allows only one.
func (g *generator) dictionaries() []arrow.Array {
	list := make([]arrow.Array, len(g.columns))
	for i := range g.columns {
		if c := &g.columns[i]; c.kind == text {
			b := array.NewStringBuilder(memory.DefaultAllocator)
			b.AppendValues(c.levels, nil)
			list[i] = b.NewArray()
		}
	}
	return list
}

func (g *generator) record(schema *arrow.Schema, dictionaries []arrow.Array, b *block) arrow.Record {
	ids := array.NewInt64Builder(memory.DefaultAllocator)
	ids.Reserve(b.rows)
	for i := range b.rows {
		ids.UnsafeAppend(firstID + b.first + int64(i))
	}
	columns := []arrow.Array{ids.NewArray()}
	for j := range g.columns {
		columns = append(columns, g.columns[j].array(b.values[j][:b.rows], dictionaries[j]))
	}
	return array.NewRecord(schema, columns, int64(b.rows))
}

func (c *column) array(values []int32, dictionary arrow.Array) arrow.Array {
	mem := memory.DefaultAllocator
	switch c.kind {
	case text:
		b := array.NewInt32Builder(mem)
		appendAll(b, values, func(v int32) { b.UnsafeAppend(v) })
		return array.NewDictionaryArray(textType, b.NewArray(), dictionary)
	case date:
		b := array.NewDate32Builder(mem)
		appendAll(b, values, func(v int32) { b.UnsafeAppend(arrow.Date32(v)) })
		return b.NewArray()
	case money:
		b := array.NewDecimal128Builder(mem, moneyType)
		appendAll(b, values, func(v int32) { b.UnsafeAppend(decimal128.FromI64(int64(v))) })
		return b.NewArray()
	}
	b := array.NewInt64Builder(mem)
	appendAll(b, values, func(v int32) { b.UnsafeAppend(int64(v)) })
	return b.NewArray()
}

func appendAll(b interface {
	Reserve(int)
	UnsafeAppendBoolToBitmap(bool)
}, values []int32, add func(int32),
) {
	b.Reserve(len(values))
	for _, v := range values {
		if v == null {
			b.UnsafeAppendBoolToBitmap(false)
			continue
		}
		add(v)
	}
}
