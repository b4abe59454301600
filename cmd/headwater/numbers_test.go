package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNumbersOfSegments has DuckDB compute counts, means and quartiles of the
// numeric columns by the segments' SQL, from the raw file.
func TestNumbersOfSegments(t *testing.T) {
	dir := t.TempDir()
	unusual := filepath.Join(dir, "nasty.csv")
	writeCSV(t, unusual, nasty(6000, false))
	for _, c := range []struct {
		name, input, metric string
		without             string // features that have levels only
	}{
		{"bank", shared(t, "data/bank-full.csv"), "y=yes", ""},
		{"unusual", unusual, "y", "größe seen.age"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(dir, c.name)
			mustRun(t, "segment", "--input", c.input, "--metric", c.metric, "--out", out, "--quiet")
			var s struct {
				SQL      string
				Personas struct {
					Segments []struct {
						Name    string
						N       int64
						Numbers []struct {
							Name  string
							Known float64
							Exact *struct {
								N            int64
								Mean, Within float64
								Quartiles    [3]float64
							}
						}
					}
				}
			}
			readJSON(t, &s, out, "segments.json")
			var queries []string
			for _, f := range s.Personas.Segments[0].Numbers {
				if f.Exact == nil && strings.Contains(c.without, f.Name) {
					continue
				}
				queries = append(queries, fmt.Sprintf(
					`SELECT '%s', segment, count(x), avg(x::DECIMAL(18, 6)::DOUBLE), quantile_disc(x, 0.25), quantile_disc(x, 0.5), quantile_disc(x, 0.75), count(*) FROM (SELECT %s AS segment, TRY_CAST("%[1]s" AS DOUBLE) AS x FROM source) GROUP BY ALL`,
					f.Name, s.SQL))
			}
			script := filepath.Join(dir, c.name+".sql")
			source := fmt.Sprintf("CREATE TABLE source AS FROM read_csv('%s', nullstr = '', sample_size = -1);\n", c.input)
			if err := os.WriteFile(script, []byte(source+strings.Join(queries, "\nUNION ALL ")+";"), 0o666); err != nil {
				t.Fatal(err)
			}
			want := map[string][]any{}
			for _, row := range duckDB(t, script) {
				want[fmt.Sprint(row[0], " of ", row[1])] = row[2:]
			}
			checked := 0
			for _, p := range s.Personas.Segments {
				for _, f := range p.Numbers {
					row, ok := want[f.Name+" of "+p.Name]
					if !ok {
						continue
					}
					d := f.Exact
					if d == nil {
						t.Errorf("%s of %s has no mean", f.Name, p.Name)
						continue
					}
					checked++
					n, all := asNumber(row[0]), asNumber(row[5])
					if float64(d.N) != n || float64(p.N) != all || math.Abs(f.Known-n/all) > 1e-12 {
						t.Errorf("%s of %s: %d of %d have a number (%v), DuckDB finds %v of %v", f.Name, p.Name, d.N, p.N, f.Known, n, all)
					}
					if mean := asNumber(row[1]); math.Abs(mean-d.Mean) > 1e-9*max(1, math.Abs(mean)) {
						t.Errorf("%s of %s: the mean is %v, DuckDB finds %v", f.Name, p.Name, d.Mean, mean)
					}
					for q, x := range d.Quartiles {
						if y := asNumber(row[2+q]); math.Abs(x-y) > d.Within+1e-9 || d.Within > 0.0006*max(1, math.Abs(d.Quartiles[2]), math.Abs(d.Quartiles[0])) {
							t.Errorf("%s of %s: quartile %d is %v within %v, DuckDB finds %v", f.Name, p.Name, q+1, x, d.Within, y)
						}
					}
				}
			}
			if checked < 2*len(s.Personas.Segments) {
				t.Errorf("%d numbers were checked", checked)
			}
		})
	}
}

func asNumber(x any) float64 {
	data, _ := json.Marshal(x)
	var f float64
	if err := json.Unmarshal(data, &f); err != nil {
		return math.NaN()
	}
	return f
}
