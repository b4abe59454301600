// Command duckdb counts all combinations of features of a table in DuckDB, for
// `bench peers`, which builds and starts it. It is a module of its own so that
// nobody who uses Headwater builds DuckDB. With -sums it measures loading alone, for
// `bench load`. With -script it runs a file of SQL, for
// the tests that hold reported figures against DuckDB's.
//
// It prints one JSON object of figures, and writes what it counted as CSV:
// group, rows, sum of the metric.
package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
)

// figures is what is printed. bench decodes it.
type figures struct {
	Version      string  `json:"version"`
	LoadSeconds  float64 `json:"load_seconds"`           // CREATE TABLE AS, best
	CountSeconds float64 `json:"count_seconds"`          // one GROUP BY per combination, best
	CPUSeconds   float64 `json:"cpu_seconds"`            // of CountSeconds, over all threads; 0 = not told
	Queries      int     `json:"queries"`                // in CountSeconds
	SetsSeconds  float64 `json:"sets_seconds,omitempty"` // one query with GROUPING SETS
	SetsCPU      float64 `json:"sets_cpu_seconds,omitempty"`
	SetsCells    int64   `json:"sets_cells,omitempty"`
	SetsEqual    bool    `json:"sets_equal,omitempty"` // its cells equal those of the GROUP BYs
}

type settings struct {
	table, out, metric string
	features           []string
	order, threads     int
	repeat             int
	least              int64 // rows of a cell that is listed
	sets               bool
}

func main() {
	var s settings
	var features, script, sums string
	flag.StringVar(&script, "script", "", "file of statements to run instead; prints the rows of the last as JSON")
	flag.StringVar(&sums, "sums", "", "columns, comma-separated: load the table, sum them up, and do no more")
	flag.StringVar(&s.table, "table", "", "Parquet or CSV file")
	flag.StringVar(&s.out, "out", "", "CSV file for the cells")
	flag.StringVar(&s.metric, "metric", "", "column that is summed")
	flag.StringVar(&features, "features", "", "columns that are combined, comma-separated")
	flag.IntVar(&s.order, "order", 3, "longest combination")
	flag.IntVar(&s.threads, "threads", 1, "threads")
	flag.IntVar(&s.repeat, "repeat", 1, "measurements, of which the best counts")
	flag.Int64Var(&s.least, "min-rows", 1, "cells of fewer rows are left out")
	flag.BoolVar(&s.sets, "sets", false, "measure GROUPING SETS as well")
	flag.Parse()
	s.features = strings.Split(features, ",")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	switch {
	case script != "":
		err = runScript(ctx, script, os.Stdout)
	case sums != "":
		err = printed(load(ctx, s, strings.Split(sums, ",")))
	default:
		err = printed(run(ctx, s))
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "duckdb: %s\n", err)
		os.Exit(1)
	}
}

// printed writes figures as JSON unless there is an error.
func printed[T any](found T, err error) error {
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}

func run(ctx context.Context, s settings) (*figures, error) {
	db, err := sql.Open("duckdb", fmt.Sprintf("?threads=%d", s.threads))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	f := &figures{}
	if err := db.QueryRowContext(ctx, "SELECT version()").Scan(&f.Version); err != nil {
		return nil, err
	}
	f.LoadSeconds, _, err = best(s.repeat, func() error {
		_, err := db.ExecContext(ctx, "CREATE OR REPLACE TABLE t AS FROM "+literal(s.table))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	combinations := combine(s.features, s.order)
	f.Queries = len(combinations)
	// Exec leaves the result with DuckDB, complete: handing the cells over
	// to this program is no part of the figure.
	f.CountSeconds, f.CPUSeconds, err = best(s.repeat, func() error {
		for _, c := range combinations {
			if _, err := db.ExecContext(ctx, s.groupBy(c, "sum("+s.metric+")")); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("GROUP BY: %w", err)
	}
	if err := writeCells(ctx, db, s, combinations); err != nil {
		return nil, err
	}
	if s.sets {
		err = groupingSets(ctx, db, s, combinations, f)
	}
	return f, err
}

// best returns the seconds of the fastest call, and those of the call that
// computed least.
func best(repeat int, do func() error) (seconds, cpu float64, err error) {
	for i := range repeat {
		begin, before := time.Now(), cpuSeconds()
		if err := do(); err != nil {
			return 0, 0, err
		}
		took, computed := time.Since(begin).Seconds(), cpuSeconds()-before
		if i == 0 {
			seconds, cpu = took, computed
		}
		seconds, cpu = min(seconds, took), min(cpu, computed)
	}
	return seconds, cpu, nil
}

// combine lists the combinations of 1 to order features, in their order.
func combine(features []string, order int) [][]string {
	var list [][]string
	var extend func(have []string, from int)
	extend = func(have []string, from int) {
		if len(have) > 0 {
			list = append(list, append([]string(nil), have...))
		}
		if len(have) == order {
			return
		}
		for i := from; i < len(features); i++ {
			extend(append(have, features[i]), i+1)
		}
	}
	extend(nil, 0)
	return list
}

func (s *settings) groupBy(features []string, sum string) string {
	by := strings.Join(features, ", ")
	return fmt.Sprintf("SELECT %s, count(*), %s FROM t GROUP BY %s%s", by, sum, by, s.having())
}

func (s *settings) having() string {
	if s.least <= 1 {
		return ""
	}
	return fmt.Sprintf(" HAVING count(*) >= %d", s.least)
}

// literal quotes a path for SQL.
func literal(path string) string { return "'" + strings.ReplaceAll(path, "'", "''") + "'" }

// writeCells runs the GROUP BYs once more and writes their cells, named as
// Headwater names groups: "f01=3 & f02=0".
func writeCells(ctx context.Context, db *sql.DB, s settings, combinations [][]string) (err error) {
	file, err := os.Create(s.out)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := file.Close(); err == nil {
			err = cerr
		}
	}()
	w := bufio.NewWriter(file)
	for _, c := range combinations {
		rows, err := db.QueryContext(ctx, s.groupBy(c, "sum("+s.metric+")::BIGINT"))
		if err != nil {
			return err
		}
		values, n, sum := make([]int64, len(c)), int64(0), int64(0)
		targets := make([]any, 0, len(c)+2)
		for i := range values {
			targets = append(targets, &values[i])
		}
		targets = append(targets, &n, &sum)
		for rows.Next() {
			if err := rows.Scan(targets...); err != nil {
				return err
			}
			for i, v := range values {
				if i > 0 {
					fmt.Fprint(w, " & ")
				}
				fmt.Fprintf(w, "%s=%d", c[i], v)
			}
			fmt.Fprintf(w, ",%d,%d\n", n, sum)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		rows.Close()
	}
	return w.Flush()
}

// groupingSets measures all combinations in one query, and compares its cells
// with those that were written.
func groupingSets(ctx context.Context, db *sql.DB, s settings, combinations [][]string, f *figures) (err error) {
	sets := make([]string, len(combinations))
	for i, c := range combinations {
		sets[i] = "(" + strings.Join(c, ", ") + ")"
	}
	query := fmt.Sprintf("CREATE OR REPLACE TEMP TABLE cells AS SELECT %s, count(*) AS rows, sum(%s) AS total FROM t GROUP BY GROUPING SETS (%s)%s",
		strings.Join(s.features, ", "), s.metric, strings.Join(sets, ", "), s.having())
	f.SetsSeconds, f.SetsCPU, err = best(1, func() error {
		_, err := db.ExecContext(ctx, query)
		return err
	})
	if err != nil {
		return fmt.Errorf("GROUPING SETS: %w", err)
	}
	names := make([]string, len(s.features))
	for i, name := range s.features {
		names[i] = fmt.Sprintf("'%s=' || %s", name, name)
	}
	// No value is missing, so NULL says that a feature is not part of the set.
	compare := fmt.Sprintf(`WITH a AS (SELECT concat_ws(' & ', %s) AS cell, rows, total FROM cells),
		b AS (SELECT column0 AS cell, column1 AS rows, column2 AS total FROM read_csv(%s, header = false, delim = ',', quote = ''))
		SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM a JOIN b USING (cell) WHERE a.rows = b.rows AND a.total = b.total), (SELECT count(*) FROM b)`,
		strings.Join(names, ", "), literal(s.out))
	var equal, want int64
	if err := db.QueryRowContext(ctx, compare).Scan(&f.SetsCells, &equal, &want); err != nil {
		return fmt.Errorf("comparing GROUPING SETS: %w", err)
	}
	f.SetsEqual = equal == f.SetsCells && equal == want
	return nil
}
