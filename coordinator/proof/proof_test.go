package proof

import (
	"strings"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/source"
)

// TestSources says how a table of each kind is read, and which cannot be.
func TestSources(t *testing.T) {
	text := func(names ...string) (columns []source.Column) {
		for _, n := range names {
			columns = append(columns, source.Column{Name: n, Type: source.Text})
		}
		return columns
	}
	comma := &source.Dialect{Delimiter: ",", Quote: `"`, Header: true, Nulls: []string{"", "N'A"}}
	for _, c := range []struct {
		name     string
		table    source.Table
		encoding string
		want     []string
	}{
		{
			"csv",
			source.Table{Format: source.CSV, Columns: text("it's"), Dialect: comma, Files: []source.File{{Path: "b.csv", Name: "b.csv"}, {Path: "a.csv", Name: "a.csv"}}},
			"",
			[]string{"read_csv(['b.csv', 'a.csv']", "nullstr = ['', 'N''A']", "{'it''s': 'VARCHAR'}"},
		},
		{"latin1", source.Table{Format: source.CSV, Columns: text("a"), Dialect: comma, Files: []source.File{{Path: "spool/1", Name: "a.csv"}}}, "latin1", []string{"encoding = 'latin-1'"}},
		{"utf-16", source.Table{Format: source.CSV, Columns: text("a"), Dialect: comma, Files: []source.File{{Path: "spool/1", Name: "a.csv"}}}, "", []string{"encoding = 'utf-16'"}},
		{"stdin", source.Table{Format: source.CSV, Columns: text("a"), Dialect: comma, Files: []source.File{{Path: "spool/1", Name: "stdin"}}}, "", []string{"FILE WITH WHAT CAME FROM STANDARD INPUT"}},
		{
			"parquet",
			source.Table{Format: source.Parquet, Columns: text("a"), Files: []source.File{{Path: "a", Name: "a"}, {Path: "b", Name: "b"}}},
			"",
			[]string{"file_row_number + 0 AS", "file_row_number + 7 AS", "UNION ALL BY NAME"},
		},
		{"our prefix", source.Table{Format: source.Arrow, Columns: text("HW_x"), Files: []source.File{{Path: "a", Name: "a"}}}, "", []string{"hw__ordinal, * FROM input", "load the table as \"input\""}},
		{"names alike", source.Table{Format: source.CSV, Columns: text("age", "Age"), Dialect: comma}, "", []string{`cannot be read by DuckDB: it takes the columns "age" and "Age" for one`}},
	} {
		var b strings.Builder
		err := Write(&b, &Job{
			Table: &c.table, Encoding: c.encoding, First: []int64{0, 7}, Plan: &encoder.Plan{}, Overall: &export.Overall{}, Evidence: &evidence.Result{},
		})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: the script does not say %q:\n%.3000s", c.name, want, b.String())
			}
		}
	}
}
