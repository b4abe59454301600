package source

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkRead reads all columns of bank-full, whose CSV encloses every text
// in quotes, and of the same CSV without quotes.
func BenchmarkRead(b *testing.B) {
	bank := sharedFile(b, "data", "bank-full.csv")
	text, err := os.ReadFile(bank)
	if err != nil {
		b.Fatal(err)
	}
	bare := filepath.Join(b.TempDir(), "bare.csv")
	if err := os.WriteFile(bare, []byte(strings.ReplaceAll(string(text), `"`, "")), 0o600); err != nil {
		b.Fatal(err)
	}
	for _, input := range []struct{ name, path string }{
		{"csv-quoted", bank}, {"csv-bare", bare}, {"parquet", sharedFile(b, "data", "bank-full.parquet")},
	} {
		table := mustFind(b, Spec{Inputs: []string{input.path}})
		for _, columns := range []int{4, len(table.Columns)} {
			b.Run(fmt.Sprintf("format=%s/columns=%d", input.name, columns), func(b *testing.B) {
				b.SetBytes(table.Files[0].Size)
				b.ReportAllocs()
				rows := int64(0)
				for b.Loop() {
					for _, s := range table.Splits {
						rows += drain(b, table, s, names(table)[:columns])
					}
				}
				b.ReportMetric(float64(rows)/b.Elapsed().Seconds()/1e6, "Mrows/s")
			})
		}
	}
}

func drain(b *testing.B, table *Table, s Split, columns []string) (rows int64) {
	ctx := context.Background()
	r, err := Files{}.Open(ctx, table, s, columns)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for {
		rec, err := r.Next(ctx)
		if err == io.EOF {
			return rows
		}
		if err != nil {
			b.Fatal(err)
		}
		rows += rec.NumRows()
		rec.Release()
	}
}
