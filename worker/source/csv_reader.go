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

const (
	markRows      = 16384    // rows between marks, and at most in a batch: a block of the engine
	csvBatchBytes = 16 << 20 // of text in a batch, so that long texts do not add up
)

// csvReader reads the records that begin in a byte range of a CSV file. Every
// column is Text; a cell, quoted or not, that spells a missing value is null.
// Columns of few different values come as Arrow dictionary arrays.
type csvReader struct {
	table   *Table
	split   Split
	file    *os.File
	watch   *watch
	scan    *scanner
	block   csvBlock
	columns []int // positions in the record
	build   []csvColumn
	names   []string
	row     int64 // rows of the split read so far, those passed over included
	scratch []byte
	marks   []Mark
	done    bool
}

func openCSV(t *Table, s Split, names []string, columns []int, file *os.File, w *watch) (Reader, error) {
	if t.Dialect == nil {
		return nil, errors.New("CSV table without a dialect")
	}
	size := t.Files[s.File].Size
	if s.Start < 0 || s.Start > size || s.End > size {
		return nil, fmt.Errorf("%s: split [%d, %d) lies outside the file of %d bytes", t.Files[s.File].Name, s.Start, s.End, size)
	}
	r := &csvReader{
		table: t, split: s, file: file, watch: w,
		scan:    newScanner(file, size, s.Start, t.Dialect),
		columns: columns,
		names:   names,
	}
	nulls := newNullSet(t.Dialect.Nulls)
	for range columns {
		r.build = append(r.build, newCSVColumn(t.Dialect.Nulls, nulls))
	}
	return r, nil
}

func (r *csvReader) Marks() []Mark { return r.marks }

func (r *csvReader) Close() error { return r.file.Close() }

// Next reads up to 16,384 rows.
func (r *csvReader) Next(ctx context.Context) (arrow.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.done {
		return nil, io.EOF
	}
	for i := range r.build {
		r.build[i].reset(markRows)
	}
	rows := 0
	for bytes := 0; rows < markRows && bytes < csvBatchBytes; {
		if n, size := r.takeBlock(markRows - rows); n > 0 {
			rows, bytes = rows+n, bytes+size
			continue
		}
		more, err := r.record()
		if err != nil {
			return nil, r.explain(ctx, err)
		}
		if !more {
			r.done = true
			break
		}
		if r.row <= r.split.Skip {
			if r.row%markRows == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			continue
		}
		r.take()
		rows++
		bytes += r.scan.length
	}
	if rows == 0 {
		return nil, r.end()
	}
	columns := make([]arrow.Array, len(r.build))
	fields := make([]arrow.Field, len(r.build))
	for i := range r.build {
		columns[i] = r.build[i].array()
		defer columns[i].Release()
		fields[i] = arrow.Field{Name: r.names[i], Type: columns[i].DataType(), Nullable: true}
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), columns, int64(rows)), nil
}

// record reads the next record of the split, if there is one.
func (r *csvReader) record() (more bool, err error) {
	if r.split.Rows >= 0 && r.row >= r.split.Skip+r.split.Rows {
		return false, nil
	}
	if r.scan.after() >= r.split.End {
		return false, nil
	}
	err = r.scan.next()
	if err == io.EOF || (err == nil && r.scan.offset() >= r.split.End) {
		return false, nil
	}
	if err == nil {
		err = r.scan.check(len(r.table.Columns))
	}
	if err != nil {
		return false, err
	}
	if r.row > 0 && r.row%markRows == 0 {
		r.marks = append(r.marks, Mark{Row: r.row, Offset: r.scan.offset()})
	}
	r.row++
	return true, nil
}

// take appends the asked-for fields of the record to their columns.
func (r *csvReader) take() {
	s := r.scan
	rec := s.window[s.pos:]
	for i, c := range r.columns {
		f := s.fields[c]
		text := rec[f.start:f.end]
		if f.escaped {
			r.scratch = s.appendField(r.scratch[:0], f)
			text = r.scratch
		}
		r.build[i].add(text)
	}
}

// end is what follows the last row.
func (r *csvReader) end() error {
	r.done = true
	if err := r.watch.unchanged(); err != nil {
		return err
	}
	if r.split.Rows >= 0 && r.row < r.split.Skip+r.split.Rows {
		return fmt.Errorf("%s: %d rows expected in the split at byte %d, %d found", r.watch.file.Name, r.split.Skip+r.split.Rows, r.split.Start, r.row)
	}
	return io.EOF
}

// explain turns a fault into an error with its line. When the file has changed
// that is the error. Otherwise the file is read again from its beginning, up to
// its first fault: a quote out of place misleads what is read behind it, so the
// first fault is the one to show, whichever split met one.
func (r *csvReader) explain(ctx context.Context, err error) error {
	r.done = true
	if changed := r.watch.unchanged(); changed != nil {
		return changed
	}
	return locate(ctx, r.file, &r.table.Files[r.split.File], r.table.Dialect, len(r.table.Columns), err)
}

// locate names the line of the first fault of a file; err is the fault met.
// fields < 0 stands for as many as the first record has.
func locate(ctx context.Context, src io.ReaderAt, file *File, d *Dialect, fields int, err error) error {
	var f *fault
	if !errors.As(err, &f) {
		return fmt.Errorf("%s: %w", file.Name, err)
	}
	scan := newScanner(src, file.Size, bomLength(src), d)
	for n := 0; ; n++ {
		if n%markRows == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		e := scan.next()
		if fields < 0 {
			fields = len(scan.fields)
		}
		if e == nil {
			e = scan.check(fields)
		}
		if e == nil {
			continue
		}
		errors.As(e, &f)
		break
	}
	lines, e := countByte(ctx, src, 0, f.at, '\n')
	if e != nil {
		return e
	}
	return fmt.Errorf("%s: line %d: %w", file.Name, lines+1, f)
}
