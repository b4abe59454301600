//go:build unix

package main

import (
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// nasty makes a table in which what SQL and a program could read otherwise
// occurs: names and levels with quotes and in other alphabets, levels that
// differ in case, in spaces at their ends or in how an accent is written, gaps
// everywhere, numbers at the cuts and next to them, the sign of zero,
// infinities, dates. Newer ones have values that the older did not.
func nasty(n int, newer bool) [][]string {
	rng := rand.New(rand.NewPCG(11, 5))
	towns := []string{"Köln", "köln", "KÖLN", "Ko\u0308ln", "O'Brien", `say "so"`, " a", "a", "a ", "ß", "ss", "日本", "%_\\", "🙂"}
	sizes := []string{"-Infinity", "-2.5", "-1e-7", "-0.0", "0", "0.1", "0.30000000000000004", "0.3", "1e15", "Infinity"}
	rows := [][]string{{"id", `Town "A"`, "größe", "Order", "amount", "seen", "flag", "y"}}
	for i := range n {
		amount := float64(rng.IntN(4000)) * 0.1
		day := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rng.IntN(400))
		town, size, order, flag := rng.IntN(len(towns)), rng.IntN(len(sizes)), rng.IntN(5), rng.IntN(2)
		chance := 0.05 + 0.03*float64(town) + 0.04*float64(size%4) + 0.05*float64(order%3) + 0.1*float64(flag) + 0.02*float64(day.Month()%5) + 0.02*float64(day.Weekday()%3)
		if amount > 133.3 {
			chance += 0.2
		}
		y := 0
		if rng.Float64() < chance/1.6 {
			y = 1
		}
		row := []string{
			"c" + strconv.Itoa(i), towns[town], sizes[size], strconv.Itoa(order), strconv.FormatFloat(amount, 'g', -1, 64),
			day.Format(time.DateOnly), strconv.FormatBool(flag == 1), strconv.Itoa(y),
		}
		if newer {
			switch i % 5 {
			case 0:
				row[4] = strconv.FormatFloat(math.Nextafter(amount, float64(i%3-1)*1e9), 'g', -1, 64)
			case 1:
				row[1+i/5%2], row[3] = []string{"nowhere", "12345.678"}[i/5%2], "9007199254740993"
			case 2:
				row[5] = day.AddDate(3, 0, 0).Format(time.DateOnly)
			}
		}
		if rng.IntN(6) == 0 {
			row[1+rng.IntN(6)] = ""
		}
		rows = append(rows, row)
	}
	return rows
}

// TestRulesAreTheSameInSQL runs the CASE expression of segments.json in
// PostgreSQL and in DuckDB and holds what it says of every customer against
// what assign does.
func TestRulesAreTheSameInSQL(t *testing.T) {
	psql := postgres(t)
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	older, newer := nasty(6000, false), nasty(6000, true)
	writeCSV(t, path("older.csv"), older)
	writeCSV(t, path("newer.csv"), newer)
	bank := withIDs(t, "data/bank-full.csv", ';')
	writeCSV(t, path("bank.csv"), bank)
	types := []string{"text", "text", "double precision", "bigint", "double precision", "date", "boolean", "bigint"}
	for _, c := range []struct {
		name, from, to string
		header, types  []string
		flags          string
	}{
		{"text", "older.csv", "newer.csv", older[0], types, `--cross|"Town ""A""",flag`},
		{"numbers", "older.csv", "newer.csv", older[0], types, "--cross|größe,Order,amount|--lambda|0.9"},
		{"dates", "older.csv", "newer.csv", older[0], types, "--cross|seen.month,seen.weekday,seen.age"},
		{"bank", "bank.csv", "bank.csv", bank[0], []string{
			"text", "bigint", "text", "text", "text", "text", "bigint", "text", "text", "text", "bigint", "text", "bigint", "bigint", "bigint", "bigint", "text", "text",
		}, "--metric|y=yes|--exclude|duration"},
	} {
		t.Run(c.name, func(t *testing.T) {
			flags := strings.Split(c.flags, "|")
			if c.name != "bank" {
				flags = append(flags, "--metric", "y", "--k", "7")
			}
			out, to := path("out "+c.name), path("to "+c.name)
			mustRun(t, append([]string{"segment", "--input", path(c.from), "--exclude", "id", "--out", out, "--quiet"}, flags...)...)
			mustRun(t, "assign", "--model", filepath.Join(out, "model.json"), "--input", path(c.to), "--id", "id", "--out", to, "--quiet")
			want := map[string]string{}
			type row struct {
				ID      string `parquet:"id"`
				Segment string `parquet:"segment_name"`
			}
			parts, err := filepath.Glob(filepath.Join(to, "assignments", "*.parquet"))
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range parts {
				for _, r := range readParquet[row](t, part) {
					want[r.ID] = r.Segment
				}
			}
			if n := len(slices.Compact(slices.Sorted(maps.Values(want)))); n < 5 {
				t.Errorf("only %d segments are met", n)
			}
			var segments struct{ SQL string }
			readJSON(t, &segments, out, "segments.json")
			var columns []string
			for i, name := range c.header {
				columns = append(columns, `"`+strings.ReplaceAll(name, `"`, `""`)+`" `+c.types[i])
			}
			said := psql(t, dir, fmt.Sprintf(`SET client_min_messages = warning;
DROP TABLE IF EXISTS customers; CREATE TABLE customers (%s);
\copy customers from '%s' with (format csv, header, null '')
COPY (SELECT id, %s FROM customers) TO STDOUT WITH (FORMAT csv);
`, strings.Join(columns, ", "), c.to, segments.SQL))
			records, err := csv.NewReader(strings.NewReader(said)).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, r := range records {
				got[r[0]] = r[1]
			}
			sameSegments(t, "PostgreSQL", segments.SQL, want, got)
			var typed []string
			for i, name := range c.header {
				typed = append(typed, "'"+strings.ReplaceAll(name, "'", "''")+"': '"+c.types[i]+"'")
			}
			script := path(c.name + ".sql")
			query := fmt.Sprintf("SELECT id, %s FROM read_csv('%s', header=true, nullstr='', delim=',', quote='\"', escape='\"', columns={%s})",
				segments.SQL, path(c.to), strings.Join(typed, ", "))
			if err := os.WriteFile(script, []byte(query), 0o600); err != nil {
				t.Fatal(err)
			}
			got = map[string]string{}
			for _, r := range duckDB(t, script) {
				name, _ := r[1].(string)
				got[r[0].(string)] = name
			}
			sameSegments(t, "DuckDB", segments.SQL, want, got)
		})
	}
}

// withIDs reads a table of the shared data and puts a column id before it.
func withIDs(t *testing.T, name string, comma rune) [][]string {
	t.Helper()
	f, err := os.Open(shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = comma
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		id := "id"
		if i > 0 {
			id = strconv.Itoa(i)
		}
		rows[i] = append([]string{id}, rows[i]...)
	}
	return rows
}

// sameSegments holds what an engine says of every customer against assign.
func sameSegments(t *testing.T, engine, sql string, want, got map[string]string) {
	t.Helper()
	differ := 0
	for id, segment := range want {
		if got[id] != segment {
			if differ++; differ <= 3 {
				t.Errorf("%s: customer %s is in %q, assign says %q", engine, id, got[id], segment)
			}
		}
	}
	if differ > 0 || len(got) != len(want) {
		t.Errorf("%s: %d of %d customers are elsewhere, %d rows came back; the rules are\n%s", engine, differ, len(want), len(got), sql)
	}
}
