package source

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"
)

// writeArrow writes batches as an IPC file or stream.
func writeArrow(t testing.TB, path string, schema *arrow.Schema, batches []arrow.Record, opts ...ipc.Option) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	opts = append(opts, ipc.WithSchema(schema))
	var w interface {
		Write(arrow.Record) error
		io.Closer
	}
	if filepath.Ext(path) == ".arrows" {
		w = ipc.NewWriter(f, opts...)
	} else if w, err = ipc.NewFileWriter(f, opts...); err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func textSchema(names []string) *arrow.Schema {
	fields := make([]arrow.Field, len(names))
	for i, name := range names {
		fields[i] = arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

// textBatches makes record batches of String columns; null marks missing.
func textBatches(header []string, rows [][]string, batchRows int) (*arrow.Schema, []arrow.Record) {
	schema := textSchema(header)
	var batches []arrow.Record
	for len(rows) > 0 {
		n := min(batchRows, len(rows))
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for k := range header {
			column := b.Field(k).(*array.StringBuilder)
			for _, row := range rows[:n] {
				if row[k] == null {
					column.AppendNull()
				} else {
					column.Append(row[k])
				}
			}
		}
		batches = append(batches, b.NewRecord())
		b.Release()
		rows = rows[n:]
	}
	return schema, batches
}

func TestBankArrow(t *testing.T) {
	header, want := bankRows(t)
	schema, batches := textBatches(header, want, 3000)
	for name, opts := range map[string][]ipc.Option{
		"bank.arrow": nil, "zstd.arrow": {ipc.WithZstd()}, "lz4.arrow": {ipc.WithLZ4()},
		"bank.arrows": nil, "zstd.arrows": {ipc.WithZstd()},
	} {
		path := filepath.Join(t.TempDir(), name)
		writeArrow(t, path, schema, batches, opts...)
		for _, size := range []int64{0, 300_000} {
			table := mustFind(t, Spec{Inputs: []string{path}, SplitSize: size})
			if diff := cmp.Diff(header, names(table)); diff != "" {
				t.Fatal(name, diff)
			}
			sameRows(t, name, want, readAll(t, table, header))
		}
	}
}
