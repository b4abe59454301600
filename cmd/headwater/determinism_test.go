package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// TestRunIsTheSameHoweverItIsCut holds every output byte of whole jobs on real
// tables against each other, over workers and shard sizes. Times live in
// run.json alone, which is left out.
func TestRunIsTheSameHoweverItIsCut(t *testing.T) {
	for _, table := range []struct {
		file string
		args []string
	}{
		{"bank-full.csv", []string{"--metric", "y=yes", "--exclude", "duration"}},
		{"bank-full.csv", []string{"--metric", "y=yes", "--metric", "balance", "--exclude", "duration", "--context", "month,day,contact", "--lever", "campaign"}},
		{"kdd99-10pct.parquet", []string{"--metric", "label=normal", "--order", "2"}},
	} {
		t.Run(table.file, func(t *testing.T) {
			if testing.Short() && table.file != "bank-full.csv" {
				t.Skip("takes long: make e2e runs it")
			}
			var first map[string]string
			for _, cut := range []struct{ workers, rows int }{{1, 100000}, {2, 1000}, {5, 100000}, {2, 100000}} {
				if cut.rows == 1000 && table.file != "bank-full.csv" {
					cut.rows = 10000 // 494 shards of 1,000 rows: the longer suite has them
				}
				out := filepath.Join(t.TempDir(), "out")
				args := append([]string{
					"run", "--input", shared(t, "data/"+table.file), "--out", out, "--quiet",
					"--workers", strconv.Itoa(cut.workers), "--shard-rows", strconv.Itoa(cut.rows),
				}, table.args...)
				mustRun(t, args...)
				outputs := contents(t, out)
				if first == nil {
					first = outputs
					continue
				}
				for name := range first {
					if first[name] != outputs[name] {
						t.Errorf("%d workers, shards of %d rows: %s differs", cut.workers, cut.rows, name)
					}
				}
				if len(first) != len(outputs) {
					t.Errorf("%d workers, shards of %d rows: %d files, not %d", cut.workers, cut.rows, len(outputs), len(first))
				}
			}
		})
	}
}

// contents reads all files below a folder but run.json.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "run.json" {
			return err
		}
		data, err := os.ReadFile(path)
		files[path[len(folder):]] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 5 {
		t.Fatalf("%s holds %d files only", folder, len(files))
	}
	return files
}
