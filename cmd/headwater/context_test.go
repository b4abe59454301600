package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// levelFigures are what outputs say of a metric on one level.
type levelFigures struct {
	Level     string
	N, Known  int64
	Mean      float64
	Low, High *float64
}

// checkLevels holds levels against the values of the customers that have them;
// every level of at least 30 must be listed, the highest mean first.
func checkLevels(t *testing.T, what string, levels []levelFigures, values map[string][]float64) {
	t.Helper()
	enough := 0
	for _, v := range values {
		if len(v) >= 30 {
			enough++
		}
	}
	if len(levels) != enough {
		t.Errorf("%s: %d levels, not %d", what, len(levels), enough)
	}
	for i, l := range levels {
		mean, variance := stat.MeanVariance(values[l.Level], nil)
		if int(l.N) != len(values[l.Level]) || l.N != l.Known || math.Abs(l.Mean-mean) > 1e-9*(1+math.Abs(mean)) {
			t.Errorf("%s %s: n %d, mean %v; the table has %d, %v", what, l.Level, l.N, l.Mean, len(values[l.Level]), mean)
		}
		if i > 0 && l.Mean > levels[i-1].Mean {
			t.Errorf("%s: %s stands below a lower mean", what, l.Level)
		}
		low, high := mean-1.959963984540054*math.Sqrt(variance/float64(l.N)), mean+1.959963984540054*math.Sqrt(variance/float64(l.N))
		if l.Low == nil || l.High == nil || !slices.ContainsFunc(values[l.Level], func(x float64) bool { return x != 0 && x != 1 }) {
			continue // a rate has Wilson's
		}
		if math.Abs(*l.Low-low) > 1e-6*(1+math.Abs(low)) || math.Abs(*l.High-high) > 1e-6*(1+math.Abs(high)) {
			t.Errorf("%s %s: %v to %v, the table says %v to %v", what, l.Level, *l.Low, *l.High, low, high)
		}
	}
}

// TestContextAndLeversEqualTheTable holds the figures of context and levers,
// over all, inside the segments and on the findings, against the rows.
func TestContextAndLeversEqualTheTable(t *testing.T) {
	rows := bankBinned(t)
	table := filepath.Join(t.TempDir(), "bank-binned.csv")
	writeCSV(t, table, rows)
	out := filepath.Join(t.TempDir(), "out")
	mustRun(t, "run", "--input", table, "--metric", "y=1", "--metric", "balance", "--context", "month", "--lever", "contact,marital", "--out", out, "--quiet")

	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	rows = rows[1:]
	metricOf := func(name string) func(row []string) float64 {
		return func(row []string) float64 {
			x, err := strconv.ParseFloat(row[column[strings.TrimSuffix(name, "=1")]], 64)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
	}
	by := func(feature, metric string, in func(i int) bool) map[string][]float64 {
		values, value := map[string][]float64{}, metricOf(metric)
		for i, row := range rows {
			if in(i) {
				level := row[column[feature]]
				if level == "dec" {
					level = "*other*" // fewer than 1 % of the customers
				}
				values[level] = append(values[level], value(row))
			}
		}
		return values
	}

	type aside struct {
		Name    string
		Metrics []struct {
			Metric string
			Levels []levelFigures
		}
	}
	var profile struct{ Context, Levers []aside }
	readJSON(t, &profile, out, "profile.json")
	if len(profile.Context) != 1 || len(profile.Levers) != 2 {
		t.Fatalf("%d of context and %d levers", len(profile.Context), len(profile.Levers))
	}
	for _, a := range append(profile.Context, profile.Levers...) {
		for _, m := range a.Metrics {
			checkLevels(t, a.Name+" "+m.Metric, m.Levels, by(a.Name, m.Metric, func(int) bool { return true }))
		}
	}

	type part struct {
		Segment int32 `parquet:"segment"`
	}
	var segmentOf []int32
	for i := 0; ; i++ {
		path := filepath.Join(out, "assignments", fmt.Sprintf("part-%05d.parquet", i))
		if _, err := os.Stat(path); err != nil {
			break
		}
		for _, p := range readParquet[part](t, path) {
			segmentOf = append(segmentOf, p.Segment)
		}
	}
	if len(segmentOf) != len(rows) {
		t.Fatalf("%d of %d customers are assigned", len(segmentOf), len(rows))
	}
	type adds struct {
		Traits float64 `json:"traits_r2"`
		Both   float64 `json:"both_r2"`
		Gain   float64 `json:"gain"`
		Error  float64 `json:"gain_error"`
		Within []struct {
			Name, Metric string
			Segments     [][]levelFigures
		}
	}
	var segments struct{ Context, Levers adds }
	readJSON(t, &segments, out, "segments.json")
	for _, a := range []adds{segments.Context, segments.Levers} {
		if !(a.Traits > 0 && a.Both >= a.Traits-2*a.Error) || math.Abs(a.Both-a.Traits-a.Gain) > 1e-12 {
			t.Errorf("R² %v of traits, %v with others: a gain of %v ± %v", a.Traits, a.Both, a.Gain, a.Error)
		}
		for _, w := range a.Within {
			for s, levels := range w.Segments {
				checkLevels(t, fmt.Sprintf("%s %s in segment %d", w.Name, w.Metric, s+1), levels,
					by(w.Name, w.Metric, func(i int) bool { return int(segmentOf[i]) == s+1 }))
			}
		}
	}
	if len(segments.Context.Within) != 2 || len(segments.Levers.Within) != 4 {
		t.Errorf("%d and %d tables inside the segments", len(segments.Context.Within), len(segments.Levers.Within))
	}

	var findings struct {
		Findings []struct{ Group, Metric string }
		Levers   []struct {
			Group, Metric, Name string
			Levels              []levelFigures
		}
	}
	readJSON(t, &findings, out, "findings.json")
	if len(findings.Levers) != 2*len(findings.Findings) || len(findings.Levers) == 0 {
		t.Errorf("%d tables of levers on %d findings", len(findings.Levers), len(findings.Findings))
	}
	for _, x := range findings.Levers {
		checkLevels(t, x.Name+" on "+x.Group, x.Levels, by(x.Name, x.Metric, func(i int) bool {
			for _, item := range strings.Split(x.Group, " & ") {
				feature, level, _ := strings.Cut(item, "=")
				if rows[i][column[feature]] != level {
					return false
				}
			}
			return true
		}))
	}
}
