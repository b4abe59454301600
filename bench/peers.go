package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headwater-dev/headwater/coordinator/search"
)

// peerFlags say what is searched beside Headwater.
type peerFlags struct {
	rows     string
	features int
	levels   string
	order    int
	threads  int
	metric   string
	minShare float64
	repeat   int
	sets     bool
	spark    bool
	modules  string
	folder   string
}

func peersCommand(s *show) *cobra.Command {
	var f peerFlags
	cmd := &cobra.Command{
		Use:   "peers",
		Short: "The same exhaustive search in DuckDB and Spark, compared cell by cell, then times side by side",
		Long: `bench peers generates a table and has every engine count all combinations of up
to --order features with the sum of a metric, from its own memory, with the
same number of threads, one after the other:

  headwater      resident shards, workers behind the embedded server
  duckdb         one GROUP BY for each combination of features; with
                 --min-share HAVING count(*) >= the rows that this is
  duckdb, sets   one query with GROUPING SETS
  spark          one GROUP BY for each combination, local mode; where python3
                 has pyspark

Every cell must agree with those of Headwater's groups.parquet, else the
command fails. "cpu" is what all threads of an engine computed meanwhile, which
other programs on the machine disturb less than the time. "load" is Parquet → memory: resident shards, CREATE TABLE AS, a
cached DataFrame.

DuckDB is built on demand from a module of its own, which needs Go, a C compiler
and, the first time, a module proxy; run this from a checkout of Headwater.`,
		Example: `  bench peers
  bench peers --rows 10m --features 20 --sets=false
  bench peers --metric amount
  bench peers kmeans`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runPeers(cmd, s, f) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.rows, "rows", "1m", "rows of the table")
	flags.IntVar(&f.features, "features", 12, "features")
	flags.StringVar(&f.levels, "levels", "3-12", "levels a feature: a number, or fewest-most")
	flags.IntVar(&f.order, "order", 3, "longest combination of features")
	flags.IntVar(&f.threads, "threads", 2, "threads of each engine")
	flags.StringVar(&f.metric, "metric", yesNo, "y (yes/no) or amount (10,000 different values)")
	flags.Float64Var(&f.minShare, "min-share", 0, "count only cells of at least this share of the rows")
	flags.IntVar(&f.repeat, "repeat", 2, "measurements, of which the fastest counts")
	flags.BoolVar(&f.sets, "sets", true, "measure GROUPING SETS as well, once; takes much memory with many combinations")
	flags.BoolVar(&f.spark, "spark", true, "measure Spark as well, where python3 has pyspark")
	flags.StringVar(&f.modules, "modules", "", "folder bench/peers of a checkout (default: found above the working folder)")
	flags.StringVar(&f.folder, "temp-dir", "", "folder for the table (default: the system's)")
	cmd.AddCommand(peersKMeansCommand(s))
	return cmd
}

// peerFigure is what one engine took.
type peerFigure struct {
	Engine  string  `json:"engine"`
	Version string  `json:"version,omitempty"`
	Load    float64 `json:"load_seconds,omitempty"`
	Count   float64 `json:"count_seconds"`
	CPU     float64 `json:"cpu_seconds,omitempty"` // of Count, over all threads
	Cells   int64   `json:"cells"`
	Memory  float64 `json:"bytes_per_cell,omitempty"` // resident after loading, less before, by rows and features
	Times   float64 `json:"times_headwater"`          // Count over Headwater's
}

// peerTask is what each engine is given.
type peerTask struct {
	peerFlags
	table  generated
	folder string
	path   string // of the Parquet file
}

func (f peerFlags) task() (*peerTask, error) {
	table, err := parseTable(f.rows, f.features, f.levels)
	if err != nil {
		return nil, err
	}
	switch {
	case f.metric != yesNo && f.metric != amounts:
		return nil, usage("--metric %q: y or amount", f.metric)
	case f.order < 1 || f.order > 6:
		return nil, usage("--order %d: from 1 to 6", f.order)
	case !(f.minShare >= 0 && f.minShare <= 1):
		return nil, usage("--min-share %v: from 0 to 1", f.minShare)
	case f.threads < 1 || f.repeat < 1:
		return nil, usage("--threads %d --repeat %d: at least 1", f.threads, f.repeat)
	}
	return &peerTask{peerFlags: f, table: table}, nil
}

func runPeers(cmd *cobra.Command, s *show, f peerFlags) error {
	t, err := f.task()
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	if t.folder, err = os.MkdirTemp(f.folder, "headwater-bench-*"); err != nil {
		return err
	}
	defer os.RemoveAll(t.folder)
	duckdb, err := buildDuckDB(ctx, cmd.ErrOrStderr(), f.modules, t.folder)
	if err != nil {
		return err
	}
	if t.path, err = t.table.write(ctx, t.folder); err != nil {
		return err
	}
	ours, cells, err := t.headwater(ctx)
	if err != nil {
		return err
	}
	figures := []peerFigure{*ours}
	theirs, err := t.duckDB(ctx, cmd.ErrOrStderr(), duckdb, cells)
	if err != nil {
		return err
	}
	figures = append(figures, theirs...)
	if f.spark {
		theirs, err := t.sparkFigure(ctx, cmd.ErrOrStderr(), cells)
		if err != nil {
			return err
		}
		figures = append(figures, theirs...)
	}
	for i := range figures {
		figures[i].Times = figures[i].Count / ours.Count
	}
	if s.json {
		return writeJSON(cmd.OutOrStdout(), figures)
	}
	s.header(cmd.OutOrStdout())
	t.show(cmd.OutOrStdout(), s, figures)
	return nil
}

// headwater measures Headwater and returns its cells, read from groups.parquet.
func (t *peerTask) headwater(ctx context.Context) (*peerFigure, cells, error) {
	f := &peerFigure{Engine: "headwater"}
	for i := range t.repeat {
		r, err := loadResident(ctx, t.table, t.path, t.metric, t.threads)
		if err != nil {
			return nil, nil, err
		}
		if i == 0 || r.load < f.Load {
			f.Load = r.load
		}
		if i == 0 {
			f.Memory = float64(r.bytes) / float64(t.table.Rows) / float64(t.table.Features)
		}
		for range t.repeat {
			before := cpuSeconds()
			groups, took, err := r.search(ctx, search.Config{Order: t.order, MinCount: 1, MinShare: t.minShare})
			computed := cpuSeconds() - before
			if err != nil {
				return nil, nil, errors.Join(err, r.close())
			}
			if f.Cells > 0 {
				f.Count, f.CPU = min(f.Count, took), min(f.CPU, computed)
			} else {
				f.Count, f.CPU = took, computed
				f.Cells = int64(groups.Len())
				if err := t.writeGroups(r, groups); err != nil {
					return nil, nil, errors.Join(err, r.close())
				}
			}
		}
		if err := r.close(); err != nil {
			return nil, nil, err
		}
	}
	c, err := readGroups(t.groupsPath(), t.metric)
	return f, c, err
}

func (t *peerTask) groupsPath() string { return filepath.Join(t.folder, "groups.parquet") }

// buildDuckDB builds the program that runs DuckDB in a folder, and returns its
// path. modules is bench/peers of a checkout, or "" to look for it.
func buildDuckDB(ctx context.Context, stderr io.Writer, modules, folder string) (string, error) {
	modules, err := findModules(modules)
	if err != nil {
		return "", err
	}
	binary := filepath.Join(folder, "duckdb")
	build := exec.CommandContext(ctx, "go", "build", "-C", filepath.Join(modules, "duckdb"), "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=1", "GOWORK=off")
	build.Stderr = stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("building the DuckDB peer in %s: %w", modules, err)
	}
	return binary, nil
}

// findModules looks for bench/peers in the working folder and above.
func findModules(given string) (string, error) {
	if given != "" {
		return filepath.Abs(given)
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		peers := filepath.Join(dir, "bench", "peers")
		if _, err := os.Stat(filepath.Join(peers, "duckdb", "go.mod")); err == nil {
			return peers, nil
		}
		if dir == filepath.Dir(dir) {
			return "", usage("bench/peers is in no folder above the working one: run this from a checkout of Headwater, or name it with --modules")
		}
		dir = filepath.Dir(dir)
	}
}

// duckDB measures DuckDB and compares its cells.
func (t *peerTask) duckDB(ctx context.Context, stderr io.Writer, binary string, ours cells) ([]peerFigure, error) {
	out := filepath.Join(t.folder, "duckdb.csv")
	var found struct {
		Version string  `json:"version"`
		Load    float64 `json:"load_seconds"`
		Count   float64 `json:"count_seconds"`
		CPU     float64 `json:"cpu_seconds"`
		Sets    float64 `json:"sets_seconds"`
		SetsCPU float64 `json:"sets_cpu_seconds"`
		Cells   int64   `json:"sets_cells"`
		Equal   bool    `json:"sets_equal"`
	}
	err := runPeer(ctx, stderr, &found, binary, append(t.arguments(out), fmt.Sprintf("--sets=%t", t.sets))...)
	if err != nil {
		return nil, fmt.Errorf("DuckDB: %w", err)
	}
	n, err := ours.compareCSV(out)
	if err != nil {
		return nil, fmt.Errorf("DuckDB and Headwater disagree: %w", err)
	}
	figures := []peerFigure{{Engine: "duckdb", Version: found.Version, Load: found.Load, Count: found.Count, CPU: found.CPU, Cells: n}}
	if t.sets {
		if !found.Equal {
			return nil, fmt.Errorf("DuckDB's GROUPING SETS (%d cells) and its GROUP BYs (%d) disagree", found.Cells, n)
		}
		figures = append(figures, peerFigure{Engine: "duckdb, sets", Version: found.Version, Count: found.Sets, CPU: found.SetsCPU, Cells: found.Cells})
	}
	return figures, nil
}

// spark.py counts in Spark what the DuckDB peer counts in DuckDB.
//
//go:embed peers/spark.py
var sparkProgram string

// sparkFigure measures Spark, or says why it does not.
func (t *peerTask) sparkFigure(ctx context.Context, stderr io.Writer, ours cells) ([]peerFigure, error) {
	if err := exec.CommandContext(ctx, "python3", "-c", "import pyspark").Run(); err != nil {
		fmt.Fprintln(stderr, "spark: left out: python3 has no pyspark (python3 -m pip install pyspark; it needs Java)")
		return nil, ctx.Err()
	}
	out := filepath.Join(t.folder, "spark.csv")
	var found struct {
		Version string  `json:"version"`
		Load    float64 `json:"load_seconds"`
		Count   float64 `json:"count_seconds"`
	}
	if err := runPeer(ctx, stderr, &found, "python3", append([]string{"-c", sparkProgram}, t.arguments(out)...)...); err != nil {
		return nil, fmt.Errorf("spark: %w", err)
	}
	n, err := ours.compareCSV(out)
	if err != nil {
		return nil, fmt.Errorf("spark and Headwater disagree: %w", err)
	}
	return []peerFigure{{Engine: "spark", Version: found.Version, Load: found.Load, Count: found.Count, Cells: n}}, nil
}

// arguments are those that every peer takes.
func (t *peerTask) arguments(out string) []string {
	names := make([]string, t.table.Features)
	for f := range names {
		names[f] = t.table.name(f)
	}
	return []string{
		"--table", t.path, "--out", out, "--metric", t.metric, "--features", strings.Join(names, ","),
		"--order", strconv.Itoa(t.order), "--threads", strconv.Itoa(t.threads), "--repeat", strconv.Itoa(t.repeat),
		"--min-rows", strconv.FormatInt(t.minRows(), 10),
	}
}

// minRows returns how many rows a cell that counts has at least.
func (t *peerTask) minRows() int64 {
	c := search.Config{MinShare: t.minShare}
	return c.Minimum(t.table.Rows)
}

// runPeer runs a peer and decodes the JSON that it prints.
func runPeer(ctx context.Context, stderr io.Writer, figures any, program string, args ...string) error {
	var out bytes.Buffer
	peer := exec.CommandContext(ctx, program, args...)
	peer.Stdout, peer.Stderr = &out, stderr
	if err := peer.Run(); err != nil {
		return err
	}
	return json.Unmarshal(out.Bytes(), figures)
}

func (t *peerTask) show(w io.Writer, s *show, figures []peerFigure) {
	share := ""
	if t.minShare > 0 {
		share = fmt.Sprintf(", share ≥ %v", t.minShare)
	}
	fmt.Fprintf(w, "%s rows × %d features of %s levels, order up to %d%s, sum of %s, %d threads; all cells agree\n",
		count(t.table.Rows), t.features, t.levels, t.order, share, t.metric, t.threads)
	if ours := figures[0].Memory; ours > 0 {
		fmt.Fprintf(w, "loaded, Headwater holds %.2f bytes a row and feature more than before\n", ours)
	}
	fmt.Fprintln(w)
	var rows [][]string
	for _, f := range figures {
		load, times := "–", "–"
		if f.Load > 0 {
			load, times = seconds(f.Load), fmt.Sprintf("%.1f ×", f.Load/figures[0].Load)
		}
		cpu, ofCPU := "–", "–"
		if f.CPU > 0 && figures[0].CPU > 0 {
			cpu, ofCPU = seconds(f.CPU), fmt.Sprintf("%.1f ×", f.CPU/figures[0].CPU)
		}
		rows = append(rows, []string{
			f.Engine, f.Version, count(f.Cells), load, times, seconds(f.Count), fmt.Sprintf("%.1f ×", f.Times), cpu, ofCPU,
		})
	}
	s.table(w, 2, []string{"engine", "version", "cells", "load s", "of headwater", "count s", "of headwater", "cpu s", "of headwater"}, rows)
}
