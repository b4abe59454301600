package main

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

// cube is what the golden reference and groups.parquet both hold of a group.
type cube struct {
	N, Y, Balance int64
}

// TestSearchEqualsDuckDB holds every group of order 1 to 3 of a real table
// against one GROUP BY per combination, whatever way the table is read and cut.
func TestSearchEqualsDuckDB(t *testing.T) {
	golden := goldenCube(t)
	table := filepath.Join(t.TempDir(), "bank-binned.csv")
	rows := bankBinned(t)
	writeCSV(t, table, rows)
	shuffled := filepath.Join(t.TempDir(), "shuffled.csv")
	writeCSV(t, shuffled, shuffle(rows))
	columnar := filepath.Join(t.TempDir(), "bank-binned.parquet")
	writeParquet(t, columnar, rows)
	stream := filepath.Join(t.TempDir(), "bank-binned.arrow")
	writeArrow(t, stream, rows)

	for _, variant := range []struct {
		name, input string
		flags       []string
	}{
		{"csv", table, nil},
		{"csv in small splits", table, []string{"--workers", "2", "--shard-rows", "1000"}},
		{"parquet", columnar, []string{"--workers", "1", "--shard-rows", "1000"}},
		{"arrow", stream, []string{"--workers", "5", "--shard-rows", "100000"}},
		{"shuffled", shuffled, []string{"--workers", "5", "--shard-rows", "1000"}},
		{"shipped", table, []string{"--ship", "--workers", "2"}},
		{"one worker", table, []string{"--workers", "1", "--shard-rows", "100000"}},
	} {
		t.Run(variant.name, func(t *testing.T) {
			got := searchCube(t, variant.input, append(variant.flags, "--min-count", "1")...)
			if diff := cmp.Diff(golden, got); diff != "" {
				t.Errorf("groups differ from the reference (-reference +got):\n%.4000s", diff)
			}
		})
	}
	t.Run("minimum of 50", func(t *testing.T) {
		want := map[string]cube{}
		for name, c := range golden {
			if c.N >= 50 {
				want[name] = c
			}
		}
		if diff := cmp.Diff(want, searchCube(t, table, "--min-count", "50")); diff != "" {
			t.Errorf("groups differ from the reference (-reference +got):\n%.4000s", diff)
		}
	})
	t.Run("external workers", func(t *testing.T) {
		url := natsServer(t)
		startWorker(t, url)
		startWorker(t, url)
		for _, ship := range []string{"--ship=false", "--ship=true"} {
			got := searchCube(t, table, "--nats", url, "--min-count", "1", ship, "--shard-rows", "5000")
			if diff := cmp.Diff(golden, got); diff != "" {
				t.Errorf("%s: groups differ from the reference (-reference +got):\n%.4000s", ship, diff)
			}
		}
	})
}

func searchCube(t *testing.T, input string, flags ...string) map[string]cube {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	args := append([]string{
		"search", "--input", input, "--metric", "y", "--metric", "balance",
		"--order", "3", "--all", "--out", out,
	}, flags...)
	mustRun(t, args...)
	type row struct {
		Group   string `parquet:"group"`
		N       int64  `parquet:"n"`
		Y       int64  `parquet:"sum_y"`
		Balance int64  `parquet:"sum_balance"`
	}
	got := map[string]cube{}
	for _, r := range readParquet[row](t, filepath.Join(out, "groups.parquet")) {
		got[r.Group] = cube{r.N, r.Y, r.Balance}
	}
	return got
}

func goldenCube(t *testing.T) map[string]cube {
	type row struct {
		Group   string `parquet:"group"`
		N       int64  `parquet:"n"`
		Y       int64  `parquet:"sum_y"`
		Balance int64  `parquet:"sum_balance"`
	}
	golden := map[string]cube{}
	for _, r := range readParquet[row](t, shared(t, "golden/bank-binned-cube3.parquet")) {
		golden[r.Group] = cube{r.N, r.Y, r.Balance}
	}
	if len(golden) != 36449 {
		t.Fatalf("the reference has %d groups, not 36,449", len(golden))
	}
	return golden
}

func readParquet[T any](t *testing.T, path string) []T {
	t.Helper()
	rows, err := parquet.ReadFile[T](path)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// bankBinned returns the table's header and rows.
func bankBinned(t *testing.T) [][]string {
	t.Helper()
	f, err := os.Open(shared(t, "data/bank-binned.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func shuffle(rows [][]string) [][]string {
	rows = slices.Clone(rows)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(rows)-1, func(i, j int) { rows[i+1], rows[j+1] = rows[j+1], rows[i+1] })
	return rows
}

func writeCSV(t *testing.T, path string, rows [][]string) {
	t.Helper()
	create(t, path, func(f *os.File) error { return csv.NewWriter(f).WriteAll(rows) })
}

// writeParquet writes the table with integers where the column holds numbers,
// in several row groups.
func writeParquet(t *testing.T, path string, rows [][]string) {
	t.Helper()
	create(t, path, func(f *os.File) error {
		group := parquet.Group{}
		for _, name := range rows[0] {
			if name == "y" || name == "balance" {
				group[name] = parquet.Int(64)
			} else {
				group[name] = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
			}
		}
		// A parquet.Group orders its columns by name; the search must not care.
		schema := parquet.NewSchema("bank", ordered{group, rows[0]})
		w := parquet.NewWriter(f, schema, parquet.MaxRowsPerRowGroup(10000))
		for _, r := range rows[1:] {
			row := make(parquet.Row, len(r))
			for i, cell := range r {
				v := parquet.ValueOf(cell)
				if n, err := strconv.ParseInt(cell, 10, 64); err == nil && (rows[0][i] == "y" || rows[0][i] == "balance") {
					v = parquet.ValueOf(n)
				}
				row[i] = v.Level(0, 0, i)
			}
			if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
				return err
			}
		}
		return w.Close()
	})
}

// ordered is a Parquet group whose fields keep the order of names.
type ordered struct {
	parquet.Group
	names []string
}

func (o ordered) Fields() []parquet.Field {
	fields := o.Group.Fields()
	slices.SortFunc(fields, func(a, b parquet.Field) int {
		return slices.Index(o.names, a.Name()) - slices.Index(o.names, b.Name())
	})
	return fields
}

func writeArrow(t *testing.T, path string, rows [][]string) {
	t.Helper()
	create(t, path, func(f *os.File) error {
		var fields []arrow.Field
		for _, name := range rows[0] {
			fields = append(fields, arrow.Field{Name: name, Type: arrow.BinaryTypes.String})
		}
		schema := arrow.NewSchema(fields, nil)
		w, err := ipc.NewFileWriter(f, ipc.WithSchema(schema), ipc.WithZstd())
		if err != nil {
			return err
		}
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		defer b.Release()
		for chunk := range slices.Chunk(rows[1:], 7000) {
			for _, r := range chunk {
				for i, cell := range r {
					b.Field(i).(*array.StringBuilder).Append(cell)
				}
			}
			rec := b.NewRecord()
			if err := w.Write(rec); err != nil {
				return err
			}
			rec.Release()
		}
		return w.Close()
	})
}

func create(t *testing.T, path string, write func(*os.File) error) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := write(f); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", path, err))
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
