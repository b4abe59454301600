package synthetic

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
)

// small spans two blocks, has text and numbers with and without missing
// values, a date, and traits beyond the named ones.
var small = Config{Rows: blockRows + 300, Features: 28, Seed: 8, Workers: 2}

func TestCSVHoldsTheTable(t *testing.T) {
	want := makeTable(t, small)
	for name, open := range map[string]func(io.Reader) (io.Reader, error){
		"t.csv":     func(r io.Reader) (io.Reader, error) { return r, nil },
		"t.csv.gz":  func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"t.csv.zst": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
	} {
		data, _ := write(t, name, small)
		r, err := open(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(r).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if int64(len(records)-1) != small.Rows || len(records[0]) != small.Features+3 {
			t.Fatalf("%s: %d rows of %d fields", name, len(records)-1, len(records[0]))
		}
		for i, record := range records[1:] {
			for j, column := range records[0] {
				if record[j] != want.columns[column][i] {
					t.Fatalf("%s: row %d, %s: %q, want %q", name, i, column, record[j], want.columns[column][i])
				}
			}
		}
	}
}

func TestArrowHoldsTheTable(t *testing.T) {
	want := makeTable(t, small)
	data, _ := write(t, "t.arrow", small)
	r, err := ipc.NewFileReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	row := 0
	for i := range r.NumRecords() {
		record, err := r.Record(i)
		if err != nil {
			t.Fatal(err)
		}
		for j, f := range record.Schema().Fields() {
			for k := range int(record.NumRows()) {
				if got := cell(record.Column(j), k); got != want.columns[f.Name][row+k] {
					t.Fatalf("row %d, %s: %q, want %q", row+k, f.Name, got, want.columns[f.Name][row+k])
				}
			}
		}
		row += int(record.NumRows())
	}
	if int64(row) != small.Rows {
		t.Errorf("%d rows", row)
	}
}

func TestParquetHoldsTheTable(t *testing.T) {
	want := makeTable(t, small)
	data, _ := write(t, "t.parquet", small)
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	g := newGenerator(small)
	if got := f.Schema().Columns(); len(got) != len(g.columns)+1 || got[0][0] != ID || got[3][0] != "marital" {
		t.Fatalf("columns %v", got)
	}
	row, rows := 0, make([]parquet.Row, 512)
	for _, group := range f.RowGroups() {
		reader := group.Rows()
		defer reader.Close()
		for {
			n, err := reader.ReadRows(rows)
			for _, r := range rows[:n] {
				for j := range g.columns {
					c, got := &g.columns[j], ""
					if v := r[j+1]; !v.IsNull() && c.kind == text {
						got = v.String()
					} else if !v.IsNull() {
						got = c.format(int32(v.Int64()))
					}
					if got != want.columns[c.name][row] {
						t.Fatalf("row %d, %s: %q, want %q", row, c.name, got, want.columns[c.name][row])
					}
				}
				row++
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if int64(row) != small.Rows {
		t.Errorf("%d rows", row)
	}
}

// leftovers lists the names in a folder.
func leftovers(t *testing.T, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func TestCancelLeavesNothingBehind(t *testing.T) {
	for _, name := range []string{"t.parquet", "t.csv", "t.csv.gz", "t.csv.zst", "t.arrow"} {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		c := Config{Rows: MaxRows, Features: 5, Out: filepath.Join(dir, name), Workers: 2, Progress: func(int64) { cancel() }}
		if _, err := Write(ctx, c); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want canceled", name, err)
		}
		if left := leftovers(t, dir); len(left) > 0 {
			t.Errorf("%s: left behind %v", name, left)
		}
	}
}

func TestBatchesEndWithTheCallersError(t *testing.T) {
	stop := errors.New("enough")
	_, err := Batches(t.Context(), Config{Rows: MaxRows, Features: 3, Workers: 2}, func(arrow.Record) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
	if _, err := Batches(t.Context(), Config{Features: 3}, nil); err == nil {
		t.Error("a table without rows was made")
	}
}

func TestPlacesThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder.csv"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o555); err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		"none/t.csv": "does not exist", "folder.csv": "is a folder", "file/t.csv": "not a directory",
	}
	if os.Geteuid() != 0 { // to whom every folder is open
		cases["closed/t.csv"] = "not writable"
	}
	for out, want := range cases {
		_, err := Write(t.Context(), Config{Rows: 10, Features: 3, Out: filepath.Join(dir, out)})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), out) {
			t.Errorf("%s: error %v, want one with %q", out, err, want)
		}
	}
	if left := leftovers(t, dir); len(left) != 3 {
		t.Errorf("left behind %v", left)
	}
}

func TestFullDiskIsNamedAndCleanedUp(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "t.csv")
	if err := os.WriteFile(out, []byte("older"), 0o644); err != nil {
		t.Fatal(err)
	}
	full := func(w io.Writer) error {
		if _, err := w.Write(make([]byte, 3<<20)); err != nil {
			return err
		}
		return &fs.PathError{Op: "write", Path: out, Err: syscall.ENOSPC}
	}
	fine := func(w io.Writer) error { _, err := w.Write([]byte("newer")); return err }
	for _, writers := range [][2]func(io.Writer) error{{full, fine}, {fine, full}} {
		err := replaceFiles(draft{out, writers[0]}, draft{TruthPath(out), writers[1]})
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "is full; make room") || !strings.Contains(err.Error(), dir) {
			t.Errorf("error %v", err)
		}
	}
	if left := leftovers(t, dir); len(left) != 1 || string(read(t, out)) != "older" {
		t.Errorf("left behind %v with %q", left, read(t, out))
	}
	for _, cause := range []error{syscall.EACCES, syscall.EROFS} {
		if err := explain(out, cause); !errors.Is(err, cause) || !strings.Contains(err.Error(), "not writable") {
			t.Errorf("%v is explained as: %v", cause, err)
		}
	}
}

func TestFinishedFileIsReadableByEverybody(t *testing.T) {
	out := filepath.Join(t.TempDir(), "t.csv")
	if _, err := Write(t.Context(), Config{Rows: 1, Features: 1, Out: out}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(out)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v", info.Mode())
	}
}
