package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSegmentFrom makes seven segments out of what a job of another number
// left, and compares with a job of seven.
func TestSegmentFrom(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	job := []string{"segment", "--input", shared(t, "data/bank-binned.csv"), "--metric", "y", "--exclude", "balance", "--quiet"}
	mustRun(t, append(job, "--out", path("chosen"))...)
	mustRun(t, append(job, "--k", "7", "--out", path("seven"))...)
	said := mustRun(t, "segment", "--from", path("chosen"), "--k", "7", "--out", path("again"))
	if !strings.Contains(said, "7 SEGMENTS") || !strings.Contains(said, "held out was not measured") {
		t.Errorf("the summary is\n%s", said)
	}
	for _, name := range []string{"model.json", "cells.parquet", "profile.json"} {
		a, b := read(t, path("seven/"+name)), read(t, path("again/"+name))
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs from that of a job of seven", name)
		}
	}
	if diff := cmp.Diff(measuredInSample(t, path("seven")), measuredInSample(t, path("again"))); diff != "" {
		t.Errorf("segments (-job +again):\n%s", diff)
	}
	// What was made from an earlier job can be cut again; without --out nothing is written.
	if shown := mustRun(t, "segment", "--from", path("again"), "--k-min", "3", "--k-max", "3"); !strings.Contains(shown, "3 SEGMENTS") {
		t.Errorf("the summary is\n%s", shown)
	}
	if _, err := os.Stat(path("again/assignments")); err == nil {
		t.Error("there are assignments, which no table was read for")
	}
	if err := os.Rename(path("seven/cells.parquet"), path("cells")); err != nil {
		t.Fatal(err)
	}
	damaged := read(t, path("again/cells.parquet"))
	if err := os.WriteFile(path("again/cells.parquet"), damaged[:len(damaged)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"--from", path("seven"), "--k", "5"}, "kept no cells", exitFailed},
		{[]string{"--from", path("again"), "--k", "5"}, "cells.parquet", exitFailed},
		{[]string{"--from", dir, "--k", "5"}, "no finished job", exitFailed},
		{[]string{"--from", path("chosen"), "--k", "5", "--out", path("again")}, "is not empty", exitFailed},
		{[]string{"--from", path("chosen"), "--k", "5", "--metric", "y", "--cross", "age"}, "--metric has no place", exitUsage},
		{[]string{"--from", path("chosen"), "--k", "500"}, "number of segments", exitUsage},
		{[]string{"--from", "", "--k", "5"}, "names no folder", exitUsage},
	} {
		var stdout, stderr bytes.Buffer
		if code := execute(append([]string{"segment"}, c.args...), &stdout, &stderr); code != c.code || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%q: exit code %d, want %d and %q:\n%s", c.args, code, c.code, c.want, stderr.String())
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// measuredInSample reads segments.json without what is measured on customers
// held out, and without notes, which speak of it.
func measuredInSample(t *testing.T, folder string) any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(read(t, filepath.Join(folder, "segments.json")), &doc); err != nil {
		t.Fatal(err)
	}
	merging := doc["merging"].(map[string]any)
	delete(merging, "notes")
	delete(merging, "repeated")
	r2 := merging["r2"].(map[string]any)
	for _, name := range []string{"held_out", "error", "splits", "tree", "lambdas", "compared"} {
		delete(r2, name)
	}
	return doc
}
