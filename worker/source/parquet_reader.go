package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// parquetReader reads rows of one row group, column by column and page by page.
type parquetReader struct {
	file    *os.File
	watch   *watch
	names   []string
	columns []chunkReader
	unit    int
	left    int64 // rows
}

// chunkReader reads the values of one column chunk in order.
type chunkReader interface {
	// take returns the next n rows, n > 0. It panics or returns an error where
	// the chunk is corrupt.
	take(n int) (arrow.Array, error)
	compact() // see Compact
	close()
}

func openParquet(t *Table, s Split, columns []int, file *os.File, w *watch) (r *parquetReader, err error) {
	defer recoverAs(&err, "%s: row group %d: corrupt metadata", w.file.Name, s.Unit)
	m, err := footers.read(w.file, file)
	if err != nil {
		return nil, err
	}
	leaves, _, err := parquetLeaves(m.Schema)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.file.Name, err)
	}
	if s.Unit < 0 || s.Unit >= len(m.RowGroups) {
		return nil, fmt.Errorf("%s: row group %d of %d", w.file.Name, s.Unit, len(m.RowGroups))
	}
	group := &m.RowGroups[s.Unit]
	if s.Rows < 0 {
		s.Rows = group.NumRows - s.Skip
	}
	if s.Skip < 0 || s.Rows < 0 || s.Skip > group.NumRows-s.Rows {
		return nil, fmt.Errorf("%s: rows %d to %d of row group %d, which has %d", w.file.Name, s.Skip, s.Skip+s.Rows, s.Unit, group.NumRows)
	}
	r = &parquetReader{file: file, watch: w, unit: s.Unit, left: s.Rows}
	for _, c := range columns {
		want := t.Columns[c]
		if c >= len(leaves) || leaves[c].Column != want {
			return nil, fmt.Errorf("%s: no column %s", w.file.Name, want)
		}
		leaf := leaves[c]
		if err := checkChunk(group, leaf, w.file.Size); err != nil {
			return nil, r.fail(leaf.Name, err)
		}
		r.names = append(r.names, leaf.Name)
		r.columns = append(r.columns, newChunkReader(leaf, newPageStream(file, &group.Columns[leaf.index].MetaData, s.Skip)))
	}
	return r, nil
}

func (r *parquetReader) compact() {
	for _, c := range r.columns {
		c.compact()
	}
}

func (r *parquetReader) Marks() []Mark { return nil }

func (r *parquetReader) Close() error {
	for _, c := range r.columns {
		c.close()
	}
	r.columns = nil
	return r.file.Close()
}

func (r *parquetReader) Next(ctx context.Context) (arrow.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.left == 0 {
		if err := r.watch.unchanged(); err != nil {
			return nil, err
		}
		return nil, io.EOF
	}
	defer faultsPanic()()
	n := min(r.left, MaxBatchRows)
	fields := make([]arrow.Field, len(r.columns))
	arrays := make([]arrow.Array, len(r.columns))
	for i, c := range r.columns {
		column, err := takeSafely(c, int(n))
		if err != nil {
			r.left = 0
			if changed := r.watch.unchanged(); changed != nil {
				return nil, changed
			}
			return nil, r.fail(r.names[i], err)
		}
		defer column.Release()
		arrays[i] = column
		fields[i] = arrow.Field{Name: r.names[i], Type: column.DataType(), Nullable: true}
	}
	r.left -= n
	return array.NewRecord(arrow.NewSchema(fields, nil), arrays, n), nil
}

// takeSafely is take without panics.
func takeSafely(c chunkReader, n int) (column arrow.Array, err error) {
	defer recoverAs(&err, "corrupt data")
	return c.take(n)
}

func (r *parquetReader) fail(column string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("%w: fewer pages than the metadata says", io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("%s: row group %d: column %q: %w", r.watch.file.Name, r.unit, column, err)
}
