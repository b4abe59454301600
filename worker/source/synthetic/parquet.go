package synthetic

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// rowGroupRows is four blocks. A row group is what one worker reads or writes
// at a time: 10 million rows make 39 of them, enough to keep many workers
// busy; at 20 features one holds about 5 MB, little enough to be held in
// memory until its turn in the file, and large enough that dictionaries and
// the footer cost nothing to speak of.
const rowGroupRows = 4 * blockRows

// valuesAtOnce is how many values are handed to a column writer in one call:
// a slice that stays in the L2 cache.
const valuesAtOnce = 4096

// parquetPiece is one encoded row group, not yet part of the file.
type parquetPiece struct {
	group *parquet.ConcurrentRowGroupWriter
	tally tally
}

// writeParquet encodes row groups in parallel and puts them into the file in
// their order.
func writeParquet(ctx context.Context, c Config, g *generator, w io.Writer, total *tally) error {
	options := []parquet.WriterOption{
		g.parquetSchema(),
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.CreatedBy("headwater", "gen", "1"),
		// The column index holds the bounds of pages; once is enough.
		parquet.DataPageStatistics(false),
	}
	for i := range g.columns {
		// Every page holds every level: bounds would skip nothing, and
		// finding them is a fifth of the work.
		if g.columns[i].kind == text {
			options = append(options, parquet.SkipPageBounds(g.columns[i].name))
		}
	}
	file := parquet.NewGenericWriter[any](w, options...)
	groups, blocks := newPool(file.BeginRowGroup), newPool(g.newBlock)
	produce := func(ctx context.Context, i int64) (piece parquetPiece, err error) {
		b := blocks.get()
		defer blocks.put(b)
		piece.group = groups.get()
		end := min((i+1)*rowGroupRows, c.Rows)
		values := make([]parquet.Value, valuesAtOnce)
		for first := i * rowGroupRows; first < end; first += blockRows {
			if err := ctx.Err(); err != nil {
				return piece, err
			}
			g.fill(b, first, int(min(blockRows, end-first)))
			if err := g.writeBlock(piece.group.ColumnWriters(), b, values); err != nil {
				return piece, fmt.Errorf("row group %d: %w", i, err)
			}
			piece.tally.add(&b.tally)
		}
		return piece, piece.group.Flush()
	}
	err := inOrder(ctx, c.workers(), pieces(c.Rows, rowGroupRows), produce, func(p parquetPiece) error {
		if _, err := p.group.Commit(); err != nil {
			return err
		}
		groups.put(p.group)
		total.add(&p.tally)
		c.report(total.rows)
		return nil
	})
	if err != nil {
		return err
	}
	return file.Close()
}

// orderedGroup is a parquet.Group whose fields keep the order of the table
// instead of that of their names.
type orderedGroup struct {
	parquet.Group
	order []string
}

func (o orderedGroup) Fields() []parquet.Field {
	fields := o.Group.Fields()
	slices.SortFunc(fields, func(a, b parquet.Field) int {
		return slices.Index(o.order, a.Name()) - slices.Index(o.order, b.Name())
	})
	return fields
}

func (g *generator) parquetSchema() *parquet.Schema {
	group := orderedGroup{parquet.Group{ID: parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked)}, []string{ID}}
	for i := range g.columns {
		c := &g.columns[i]
		var node parquet.Node
		switch c.kind {
		case text:
			node = parquet.String()
		case date:
			node = parquet.Date()
		case money:
			node = parquet.Decimal(2, 18, parquet.Int64Type)
		default:
			node = parquet.Int(32)
		}
		if !c.wide {
			node = parquet.Encoded(node, &parquet.RLEDictionary)
		}
		if c.missing > 0 {
			node = parquet.Optional(node)
		}
		group.Group[c.name] = node
		group.order = append(group.order, c.name)
	}
	return parquet.NewSchema("customers", group)
}

// writeBlock appends a block to the columns of a row group.
func (g *generator) writeBlock(columns []*parquet.ColumnWriter, b *block, values []parquet.Value) error {
	for start := 0; start < b.rows; start += len(values) {
		part := values[:min(len(values), b.rows-start)]
		for i := range part {
			part[i] = parquet.Int64Value(firstID + b.first + int64(start+i))
		}
		if _, err := columns[0].WriteRowValues(part); err != nil {
			return fmt.Errorf("column %s: %w", ID, err)
		}
		for j := range g.columns {
			g.columns[j].parquetValues(part, b.values[j][start:], j+1)
			if _, err := columns[j+1].WriteRowValues(part); err != nil {
				return fmt.Errorf("column %s: %w", g.columns[j].name, err)
			}
		}
	}
	return nil
}

// parquetValues fills dst with the first len(dst) values of src.
func (c *column) parquetValues(dst []parquet.Value, src []int32, index int) {
	src = src[:len(dst)]
	missing := parquet.NullValue().Level(0, 0, index)
	switch {
	case c.kind == text:
		levels := c.parquetLevels(index)
		for i, v := range src {
			if v == null {
				dst[i] = missing
				continue
			}
			dst[i] = levels[v]
		}
	case c.kind == money:
		for i, v := range src {
			dst[i] = parquet.Int64Value(int64(v))
		}
	case c.missing == 0:
		for i, v := range src {
			dst[i] = parquet.Int32Value(v)
		}
	default:
		for i, v := range src {
			if v == null {
				dst[i] = missing
				continue
			}
			dst[i] = parquet.Int32Value(v).Level(0, 1, index)
		}
	}
}

// parquetLevels makes the values of a text column, by level.
func (c *column) parquetLevels(index int) []parquet.Value {
	definition := min(c.missing, 1)
	levels := make([]parquet.Value, len(c.levels))
	for i, l := range c.levels {
		levels[i] = parquet.ByteArrayValue([]byte(l)).Level(0, definition, index)
	}
	return levels
}
