package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// loadFigures is what is printed where a table is loaded and no more.
type loadFigures struct {
	Version     string  `json:"version"`
	LoadSeconds float64 `json:"load_seconds"`     // CREATE TABLE AS, best
	CPUSeconds  float64 `json:"load_cpu_seconds"` // over all threads; 0 = not told
	Rows        int64   `json:"rows"`
	Sums        []int64 `json:"sums"` // of the columns asked for
}

// load measures CREATE TABLE AS of a file, and sums columns up.
func load(ctx context.Context, s settings, columns []string) (*loadFigures, error) {
	db, err := sql.Open("duckdb", fmt.Sprintf("?threads=%d", s.threads))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	f := &loadFigures{Sums: make([]int64, len(columns))}
	if err := db.QueryRowContext(ctx, "SELECT version()").Scan(&f.Version); err != nil {
		return nil, err
	}
	f.LoadSeconds, f.CPUSeconds, err = best(s.repeat, func() error {
		_, err := db.ExecContext(ctx, "CREATE OR REPLACE TABLE t AS FROM "+literal(s.table))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	sums, targets := make([]string, len(columns)), []any{&f.Rows}
	for i, c := range columns {
		sums[i] = "sum(" + c + ")::BIGINT"
		targets = append(targets, &f.Sums[i])
	}
	err = db.QueryRowContext(ctx, "SELECT count(*), "+strings.Join(sums, ", ")+" FROM t").Scan(targets...)
	return f, err
}
