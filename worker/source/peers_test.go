package source

import (
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// TestPeers reads files written by DuckDB and pyarrow, of the same rows as
// expected.csv, which DuckDB wrote from them.
func TestPeers(t *testing.T) {
	dir := filepath.Join("testdata", "peers")
	expected := mustFind(t, Spec{Inputs: []string{filepath.Join(dir, "expected.csv")}})
	columns := names(expected)
	want := readAll(t, expected, columns)
	if len(want) != 60 {
		t.Fatalf("%d rows expected", len(want))
	}
	for _, floats := range []string{"f", "d"} {
		k := slices.Index(columns, floats)
		for _, row := range want {
			x, err := strconv.ParseFloat(row[k], 64)
			if err != nil {
				t.Fatal(err)
			}
			row[k] = strconv.FormatFloat(x, 'g', -1, 64)
		}
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.[ap]*r*"))
	if err != nil || len(paths) != 7 {
		t.Fatalf("files %q, %v", paths, err)
	}
	for _, path := range paths {
		table := mustFind(t, Spec{Inputs: []string{path}, SplitSize: 1})
		if !slices.Equal(names(table), columns) || len(table.Skipped) != 2 {
			t.Fatalf("%s: columns %v, skipped %q", path, names(table), table.Skipped)
		}
		sameRows(t, path, want, readAll(t, table, columns))
		rest := want
		for i, s := range table.Splits {
			got, _, err := readSplit(table, table.Slice(i, 3, 5, nil), columns)
			if err != nil {
				t.Fatal(err)
			}
			sameRows(t, path+" sliced", rest[3:8], got)
			rest = rest[s.Rows:]
		}
	}
}
