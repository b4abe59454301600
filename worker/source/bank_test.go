package source

import (
	"encoding/csv"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// bankRows reads bank-full.csv with encoding/csv.
func bankRows(t testing.TB) (header []string, rows [][]string) {
	t.Helper()
	f, err := os.Open(sharedFile(t, "data", "bank-full.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = ';'
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all[0], all[1:]
}

func TestBankCSV(t *testing.T) {
	header, want := bankRows(t)
	for _, size := range []int64{0, 1 << 20, 100_003} {
		table := mustFind(t, Spec{Inputs: []string{sharedFile(t, "data", "bank-full.csv")}, SplitSize: size})
		if diff := cmp.Diff(header, names(table)); diff != "" {
			t.Fatal(diff)
		}
		sameRows(t, table.Files[0].Name, want, readAll(t, table, header))
	}
}

// TestBankParquet compares the Parquet file, whose yes and no are booleans,
// with the CSV file.
func TestBankParquet(t *testing.T) {
	header, want := bankRows(t)
	table := mustFind(t, Spec{Inputs: []string{sharedFile(t, "data", "bank-full.parquet")}})
	for k, c := range table.Columns {
		if c.Type != Bool {
			continue
		}
		for _, row := range want {
			row[k] = map[string]string{"yes": "true", "no": "false"}[row[k]]
		}
	}
	sameRows(t, table.Files[0].Name, want, readAll(t, table, header))
}
