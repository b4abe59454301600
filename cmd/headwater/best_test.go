package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestTopAloneIsTheTopOfAll: search --top, which counts only what can be among
// the top groups, lists what it lists after counting everything.
func TestTopAloneIsTheTopOfAll(t *testing.T) {
	dir := t.TempDir()
	job := []string{"search", "--input", shared(t, "data/bank-full.csv"), "--metric", "y=yes", "--metric", "balance", "--exclude", "duration", "--min-count", "60", "--quiet"}
	read := func(name string, more ...string) string {
		out := filepath.Join(dir, name)
		mustRun(t, append(append(job, "--out", out), more...)...)
		top, err := os.ReadFile(filepath.Join(out, "top.csv"))
		if err != nil {
			t.Fatal(err)
		}
		return string(top)
	}
	for _, by := range []string{"excess", "lift", "wracc", "binomial"} {
		if best, all := read(by, "--top", "50", "--by", by, "--workers", "2"), read(by+"-all", "--by", by); best != all {
			t.Errorf("%s: the top alone is\n%s\nbut of all it is\n%s", by, best, all)
		}
	}
}
