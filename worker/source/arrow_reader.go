package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// arrowReader reads rows of consecutive record batches of an IPC file or
// stream.
type arrowReader struct {
	file    *os.File
	watch   *watch
	names   []string
	columns []normaliser
	stream  *ipc.Reader
	mem     memory.Allocator
	batch   int   // number of the batch read last
	skip    int64 // rows still to pass over
	left    int64 // rows still to deliver
	record  arrow.Record
	at      int64 // rows of record delivered
	slicing []arrow.Array
}

func openArrow(t *Table, s Split, columns []int, file *os.File, w *watch, mem memory.Allocator) (r *arrowReader, err error) {
	defer recoverAs(&err, "%s: corrupt Arrow schema", w.file.Name)
	messages, err := indexArrow(w.file, file)
	if err != nil {
		return nil, err
	}
	mem = boundedAllocator{mem}
	r = &arrowReader{file: file, watch: w, mem: mem, skip: s.Skip, left: s.Rows}
	batch := 0
	for _, m := range messages { // batches passed over are not decoded
		if m.kind != batchMessage {
			continue
		}
		if batch >= s.Unit {
			if r.skip < m.rows {
				break
			}
			r.skip -= m.rows
		}
		batch++
	}
	r.batch = batch - 1
	if r.left < 0 {
		return nil, fmt.Errorf("%s: a split of unknown length", w.file.Name)
	}
	r.stream, err = ipc.NewReader(arrowStreamFrom(file, messages, batch), ipc.WithAllocator(mem))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.file.Name, err)
	}
	// Columns that cannot be read are counted in the file, not in the table.
	var readable []int
	for i, field := range r.stream.Schema().Fields() {
		if _, reason := arrowColumn(field); reason == "" {
			readable = append(readable, i)
		}
	}
	for _, c := range columns {
		want := t.Columns[c]
		if c >= len(readable) {
			r.stream.Release()
			return nil, fmt.Errorf("%s: no column %s", w.file.Name, want)
		}
		field := r.stream.Schema().Field(readable[c])
		if got, _ := arrowColumn(field); got != want {
			r.stream.Release()
			return nil, fmt.Errorf("%s: column %s where %s was found", w.file.Name, got, want)
		}
		r.names = append(r.names, want.Name)
		r.columns = append(r.columns, normaliser{column: want, at: readable[c]})
	}
	return r, nil
}

func (r *arrowReader) Marks() []Mark { return nil }

func (r *arrowReader) Close() error {
	r.drop()
	for i := range r.columns {
		r.columns[i].release()
	}
	if r.stream != nil {
		r.stream.Release()
		r.stream = nil
	}
	return r.file.Close()
}

// drop lets go of the batch being delivered.
func (r *arrowReader) drop() {
	for _, a := range r.slicing {
		a.Release()
	}
	r.slicing = nil
	r.record = nil
}

func (r *arrowReader) Next(ctx context.Context) (arrow.Record, error) {
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
	for r.record == nil || r.at == r.record.NumRows() {
		if err := r.advance(); err != nil {
			r.left = 0
			if changed := r.watch.unchanged(); changed != nil {
				return nil, changed
			}
			return nil, err
		}
	}
	n := min(r.left, r.record.NumRows()-r.at, MaxBatchRows)
	fields := make([]arrow.Field, len(r.slicing))
	arrays := make([]arrow.Array, len(r.slicing))
	for i, a := range r.slicing {
		arrays[i] = array.NewSlice(a, r.at, r.at+n)
		defer arrays[i].Release()
		fields[i] = arrow.Field{Name: r.names[i], Type: a.DataType(), Nullable: true}
	}
	r.at += n
	r.left -= n
	return array.NewRecord(arrow.NewSchema(fields, nil), arrays, n), nil
}

// advance reads the next record batch and brings its columns into the types of
// the contract.
func (r *arrowReader) advance() (err error) {
	defer recoverAs(&err, "%s: record batch %d: corrupt data", r.watch.file.Name, r.batch+1)
	r.drop()
	r.batch++
	if !r.stream.Next() {
		err := r.stream.Err()
		if err == nil {
			err = errors.New("fewer rows than the file says")
		}
		return fmt.Errorf("%s: record batch %d: %w", r.watch.file.Name, r.batch, err)
	}
	r.record = r.stream.Record()
	for i := range r.columns {
		c := &r.columns[i]
		a, err := c.normalise(r.record.Column(c.at), int(r.record.NumRows()), r.mem)
		if err != nil {
			return fmt.Errorf("%s: record batch %d: column %q: %w", r.watch.file.Name, r.batch, c.column.Name, err)
		}
		r.slicing = append(r.slicing, a)
	}
	r.at = r.skip
	r.skip = 0
	return nil
}

// boundedAllocator panics, which readers recover from, where corrupt metadata
// asks for more than any buffer holds; running out of memory would end the
// process.
type boundedAllocator struct{ memory.Allocator }

const maxBuffer = 1<<31 + 1<<16

func (b boundedAllocator) Allocate(size int) []byte {
	checkBuffer(size)
	return b.Allocator.Allocate(size)
}

func (b boundedAllocator) Reallocate(size int, old []byte) []byte {
	checkBuffer(size)
	return b.Allocator.Reallocate(size, old)
}

func checkBuffer(size int) {
	if size < 0 || size > maxBuffer {
		panic(fmt.Sprintf("a buffer of %d bytes", size))
	}
}
