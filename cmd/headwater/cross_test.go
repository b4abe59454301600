package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// manyFeatures makes a table whose columns have more combinations than 64 bits
// number: some customers are alike, others differ from them in one column.
func manyFeatures(columns int) (rows [][]string, distinct int) {
	rng := rand.New(rand.NewPCG(6, 9))
	header := []string{"y"}
	for c := range columns {
		header = append(header, fmt.Sprintf("c%02d", c))
	}
	rows = append(rows, header)
	var kinds [][]string
	for range 40 {
		kind := []string{"0"}
		for range columns {
			kind = append(kind, fmt.Sprintf("v%02d", rng.IntN(60)))
		}
		kinds = append(kinds, kind)
	}
	seen := map[string]bool{}
	for range 6000 {
		k := rng.IntN(40)
		row := slices.Clone(kinds[k])
		if rng.IntN(4) == 0 {
			c := 1 + rng.IntN(columns)
			row[c] = kinds[rng.IntN(40)][c]
		}
		seen[strings.Join(row[1:], " ")] = true
		if rng.Float64() < []float64{0.05, 0.3, 0.7}[k%3] {
			row[0] = "1"
		}
		rows = append(rows, row)
	}
	return rows, len(seen)
}

// TestManyNamedFeatures crosses more features than 64 bits number, exactly,
// however the rows are cut, and takes the cells up again for another number of
// segments.
func TestManyNamedFeatures(t *testing.T) {
	rows, distinct := manyFeatures(14)
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	writeCSV(t, path("t.csv"), rows)
	named := strings.Join(rows[0][1:], ",")
	job := func(out string, more ...string) {
		mustRun(t, append([]string{"segment", "--input", path("t.csv"), "--metric", "y", "--cross", named, "--out", path(out), "--quiet"}, more...)...)
	}
	job("one", "--workers", "1")
	job("three", "--workers", "3", "--shard-rows", "1000")
	for _, name := range []string{"segments.json", "cells.parquet", "model.json"} {
		if !bytes.Equal(read(t, path("one/"+name)), read(t, path("three/"+name))) {
			t.Errorf("%s depends on how the rows are cut", name)
		}
	}
	var segments struct {
		Merging struct {
			Cells    int
			Crossed  []int
			Segments []struct{ N int64 }
		}
	}
	readJSON(t, &segments, path("one"), "segments.json")
	if m := segments.Merging; m.Cells > distinct || m.Cells < distinct/3 || len(m.Crossed) != 14 { // of those who form segments
		t.Errorf("%d cells of %d features, there are %d combinations of 14", m.Cells, len(m.Crossed), distinct)
	}
	cells := map[[2]uint64]bool{}
	for _, c := range readParquet[struct {
		Key     uint64 `parquet:"key"`
		KeyHigh uint64 `parquet:"key_high"`
	}](t, path("one/cells.parquet")) {
		cells[[2]uint64{c.KeyHigh, c.Key}] = true
	}
	if len(cells) != distinct {
		t.Errorf("cells.parquet has %d keys", len(cells))
	}
	mustRun(t, "segment", "--from", path("one"), "--k", "7", "--out", path("again"), "--quiet")
	job("seven", "--k", "7")
	var again, seven struct {
		Merging struct{ Tree encoder.Tree }
	}
	readJSON(t, &again, path("again"), "segments.json")
	readJSON(t, &seven, path("seven"), "segments.json")
	if diff := cmp.Diff(seven, again); diff != "" {
		t.Errorf("seven segments, of a job and cut from the kept cells:\n%s", diff)
	}
}

// TestTooManyNamedFeatures is told before anything is counted.
func TestTooManyNamedFeatures(t *testing.T) {
	rows, _ := manyFeatures(15)
	dir := t.TempDir()
	writeCSV(t, filepath.Join(dir, "t.csv"), rows)
	var stdout, stderr bytes.Buffer
	code := execute([]string{"segment", "--input", filepath.Join(dir, "t.csv"), "--metric", "y", "--cross", strings.Join(rows[0][1:], ","), "--out", filepath.Join(dir, "out")}, &stdout, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), "crossing 15 features: 1 to 14 can be named") {
		t.Errorf("exit code %d\n%s", code, stderr.String())
	}
}
