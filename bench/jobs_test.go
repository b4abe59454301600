package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSearch(t *testing.T) {
	picture := filepath.Join(t.TempDir(), "scaling.svg")
	list := decode(t, "search", "--rows=2000,3k", "--features=4", "--levels=3", "--order=2", "--workers=2", "--repeat=1", "--metric=amount", "--svg", picture)
	above(t, list, "rows", "features", "order", "workers", "candidates", "groups", "seconds", "rows_per_s", "g_cell_rows_per_s")
	if len(list) != 2 {
		t.Fatalf("%d figures of 2 tables", len(list))
	}
	// 4 × 3 levels, 6 × 9 pairs; with missing a candidate of order 1 each.
	for _, x := range list {
		if x["groups"] != 66.0 {
			t.Errorf("%v groups, want 66", x["groups"])
		}
	}
	data, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, string(data))
	if n := strings.Count(string(data), "<circle"); n != 2 {
		t.Errorf("%d points in the picture, want 2", n)
	}
	apart := decode(t, "search", "--rows=2000", "--features=4", "--levels=3", "--order=2", "--workers=2", "--processes=1,2", "--repeat=1")
	if len(apart) != 2 || apart[0]["groups"] != 66.0 || apart[1]["groups"] != 66.0 || apart[1]["processes"] != 2.0 {
		t.Errorf("with worker processes: %v", apart)
	}
	table := run(t, "search", "--rows=500", "--features=3", "--levels=2-4", "--workers=1", "--repeat=1", "--markdown")
	for _, want := range []string{"| search s ", "| 500 | 3 | 2-4 |"} {
		if !strings.Contains(table, want) {
			t.Errorf("%q is not in %s", want, table)
		}
	}
}

func TestLoad(t *testing.T) {
	args := []string{"load", "--rows=30k", "--features=4", "--levels=3-5", "--repeat=1"}
	if testing.Short() {
		args = append(args, "--duckdb=false")
	}
	list := decode(t, args...)
	above(t, list, "megabytes", "rows", "load_seconds")
	engines := map[any]int{}
	for _, x := range list {
		engines[x["engine"]]++
		if x["rows"] != 30_000.0 {
			t.Errorf("%v holds %v rows", x["engine"], x["rows"])
		}
		if _, ok := x["duckdb_times_load"]; ok != (x["engine"] == "headwater" && !testing.Short()) {
			t.Errorf("figures %v", x)
		}
	}
	if engines["headwater"] != 4 || engines["duckdb"] != 2 && !testing.Short() {
		t.Errorf("figures of %v", engines)
	}
}

func TestPeers(t *testing.T) {
	if testing.Short() {
		t.Skip("builds DuckDB")
	}
	for _, metric := range []string{yesNo, amounts} {
		list := decode(t, "peers", "--rows=20k", "--features=5", "--levels=3-5", "--order=3", "--repeat=1", "--spark=false", "--metric", metric)
		above(t, list, "count_seconds", "cells", "times_headwater")
		engines := map[any]bool{}
		for _, x := range list {
			engines[x["engine"]] = true
			if want := (generated{Features: 5, Least: 3, Most: 5}).cells(3); x["cells"] != want {
				t.Errorf("%v has %v cells, want %v", x["engine"], x["cells"], want)
			}
		}
		for _, name := range []string{"headwater", "duckdb", "duckdb, sets"} {
			if !engines[name] {
				t.Errorf("no figures of %s in %v", name, list)
			}
		}
	}
}

func TestPeersMinShare(t *testing.T) {
	if testing.Short() {
		t.Skip("builds DuckDB")
	}
	list := decode(t, "peers", "--rows=20k", "--features=5", "--levels=3-5", "--min-share=0.02", "--repeat=1", "--spark=false")
	above(t, list, "count_seconds", "cells", "times_headwater")
	all := (generated{Features: 5, Least: 3, Most: 5}).cells(3)
	for _, x := range list {
		if n := x["cells"].(float64); n >= all || n != list[0]["cells"] {
			t.Errorf("%v has %v cells of %v", x["engine"], n, all)
		}
	}
}

func TestShip(t *testing.T) {
	list := decode(t, "ship", "--rows=150k", "--features=3", "--readers=1,3", "--repeat=1")
	above(t, list, "readers", "seconds", "bytes", "gb_per_s", "of_request")
	if len(list) != 6 {
		t.Errorf("%d figures, want 3 ways × 2", len(list))
	}
	if table := run(t, "ship", "--rows=100", "--features=1", "--readers=1", "--repeat=1"); !strings.Contains(table, "bare publish") {
		t.Error(table)
	}
}

func TestGenerated(t *testing.T) {
	if got := (generated{Features: 20, Least: 3, Most: 12}).cells(3); got != 480_555 {
		t.Errorf("20 features of 3 to 12 levels have %v cells", got)
	}
	g := generated{Rows: 300_000, Features: 2, Least: 2, Most: 3}
	var files [2][]byte
	for i := range files {
		path, err := g.write(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if files[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if string(files[0]) != string(files[1]) {
		t.Error("the same settings made another file")
	}
}

func TestCompareCells(t *testing.T) {
	ours := cells{"f01=1": {10, 3}, "f01=1 & f02=0": {4, 1}}
	for _, test := range []struct{ lines, want string }{
		{"f01=1,10,3\nf01=1 & f02=0,4,1\n", ""},
		{"f01=1,10,3\n", "1 cells, 2"},
		{"f01=1,10,4\n", "sum 3 in groups.parquet; 10 rows, sum 4"},
		{"f01=1,11,3\n", "10 rows"},
		{"f01=2,1,1\n", "not in groups.parquet"},
		{"f01=1,10,3\nf01=1,10,3\n", "twice"},
		{"f01=1,10\n", "not group,rows,sum"},
		{"f01=1,ten,3\n", "ten"},
	} {
		path := filepath.Join(t.TempDir(), "cells.csv")
		if err := os.WriteFile(path, []byte(test.lines), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := ours.compareCSV(path)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %q", test.lines, err, test.want)
		}
	}
}

func TestChart(t *testing.T) {
	c := chart{title: "a < b & c", x: "rows", y: "s", lines: []line{
		{"one", [][2]float64{{1000, 0.5}, {1e6, 20}}},
		{"point", [][2]float64{{1e9, 1}}},
	}}
	s := c.svg()
	wellFormed(t, s)
	for _, want := range []string{"a &lt; b &amp; c", ">1 k<", ">1 b<", ">0.1<", ">100<"} {
		if !strings.Contains(s, want) {
			t.Errorf("%q is not in the picture", want)
		}
	}
	a := axis{}
	a.hold(10)
	a.hold(1000)
	if a.at(10, 0, 100) != 0 || a.at(1000, 0, 100) != 100 || math.Abs(a.at(100, 0, 100)-50) > 1e-9 {
		t.Errorf("axis %+v", a)
	}
}

func wellFormed(t *testing.T, s string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(s)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestSample(t *testing.T) {
	s := sample{Seconds: []float64{3, 1, 1.5, 9, 1.2}}
	if s.best() != 1 || math.Abs(s.spread()-0.5) > 1e-12 {
		t.Errorf("best %v, spread %v", s.best(), s.spread())
	}
	calls := 0
	m := effort{3, 1}.measure(func() { calls++ })
	if len(m.Seconds) != 3 || calls < 4 {
		t.Errorf("%d repetitions, %d calls", len(m.Seconds), calls)
	}
}
