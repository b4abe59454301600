package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sharedFile returns a file of the data folder beside the module.
func sharedFile(t testing.TB, parts ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != "/" {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(append([]string{filepath.Dir(dir), "shared"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not here", path)
	}
	return path
}

// mustFind finds a table that is closed with the test.
func mustFind(t testing.TB, spec Spec) *Table {
	t.Helper()
	if spec.TempDir == "" {
		spec.TempDir = t.TempDir()
	}
	table, err := Find(context.Background(), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() })
	return table
}

const null = "\x00null"

// cell returns a value as text that is the same for every format.
func cell(a arrow.Array, i int) string {
	if a.IsNull(i) {
		return null
	}
	switch x := a.(type) {
	case *array.String:
		return x.Value(i)
	case *array.Dictionary:
		return cell(x.Dictionary(), x.GetValueIndex(i))
	case *array.Int64:
		return strconv.FormatInt(x.Value(i), 10)
	case *array.Float64:
		return strconv.FormatFloat(x.Value(i), 'g', -1, 64)
	case *array.Boolean:
		return strconv.FormatBool(x.Value(i))
	case *array.Date32:
		return x.Value(i).FormattedString()
	case *array.Timestamp:
		return x.Value(i).ToTime(arrow.Microsecond).Format("2006-01-02 15:04:05.000000")
	case *array.Decimal128:
		return x.Value(i).ToString(x.DataType().(*arrow.Decimal128Type).Scale)
	}
	panic(fmt.Sprintf("%T", a))
}

// readSplit returns the rows of a split and the marks passed. It reads twice, as
// batches come by themselves and as compact ones.
func readSplit(table *Table, s Split, columns []string) (rows [][]string, marks []Mark, err error) {
	compact, _, err2 := readSplitAs(table, s, columns, true)
	rows, marks, err = readSplitAs(table, s, columns, false)
	if (err == nil) != (err2 == nil) {
		return nil, nil, errors.Join(errors.New("one way of reading fails alone"), err, err2)
	}
	if err == nil && !slices.EqualFunc(rows, compact, slices.Equal) {
		return nil, nil, errors.New("read compactly, rows differ")
	}
	return rows, marks, err
}

func readSplitAs(table *Table, s Split, columns []string, compact bool) (rows [][]string, marks []Mark, err error) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	r, err := Files{Mem: mem}.Open(context.Background(), table, s, columns)
	if err != nil {
		return nil, nil, err
	}
	if compact {
		Compact(r)
	}
	defer func() {
		if e := r.Close(); err == nil {
			err = e
		}
		if n := mem.CurrentAlloc(); err == nil && n != 0 {
			err = fmt.Errorf("%d bytes not released", n)
		}
	}()
	var held []arrow.Record // batches stay valid after the following call
	defer func() {
		for _, rec := range held {
			rec.Release()
		}
	}()
	for {
		rec, err := r.Next(context.Background())
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		held = append(held, rec)
		if rec.NumRows() == 0 || rec.NumRows() > MaxBatchRows || int(rec.NumCols()) != len(columns) {
			return nil, nil, fmt.Errorf("a batch of %d rows and %d columns", rec.NumRows(), rec.NumCols())
		}
	}
	for _, rec := range held {
		for i := range int(rec.NumRows()) {
			row := make([]string, len(columns))
			for k := range row {
				row[k] = cell(rec.Column(k), i)
			}
			rows = append(rows, row)
		}
	}
	return rows, r.Marks(), nil
}

func names(table *Table) []string {
	var all []string
	for _, c := range table.Columns {
		all = append(all, c.Name)
	}
	return all
}

// readAll returns all rows of a table.
func readAll(t testing.TB, table *Table, columns []string) [][]string {
	t.Helper()
	var rows [][]string
	for _, s := range table.Splits {
		got, _, err := readSplit(table, s, columns)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, got...)
	}
	return rows
}

// sameRows fails at the first row that differs.
func sameRows(t testing.TB, what string, want, got [][]string) {
	t.Helper()
	for i := range min(len(want), len(got)) {
		if !slices.Equal(want[i], got[i]) {
			t.Fatalf("%s: row %d of %d is %q, want %q", what, i, len(got), got[i], want[i])
		}
	}
	if len(want) != len(got) {
		t.Fatalf("%s: %d rows, want %d", what, len(got), len(want))
	}
}
