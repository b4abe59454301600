package source

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestStdinFormats reads every format from stdin, where only the content tells
// which it is.
func TestStdinFormats(t *testing.T) {
	dir := filepath.Join("testdata", "peers")
	for name, format := range map[string]Format{
		"expected.csv": CSV, "duckdb-lz4.parquet": Parquet, "pyarrow-lz4.arrow": Arrow, "pyarrow-dictionaries.arrows": Arrow,
	} {
		path := filepath.Join(dir, name)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		table := mustFind(t, Spec{Inputs: []string{"-"}, Stdin: bytes.NewReader(content)})
		if table.Format != format {
			t.Errorf("%s is taken for %s", name, table.Format)
		}
		named := mustFind(t, Spec{Inputs: []string{path}})
		sameRows(t, name, readAll(t, named, names(named)), readAll(t, table, names(table)))
	}
	_, err := Find(t.Context(), Spec{Inputs: []string{"-"}, Stdin: bytes.NewReader([]byte("\x00\x01\x02binary")), TempDir: t.TempDir()})
	if err == nil {
		t.Error("binary content is taken for a table")
	}
}
