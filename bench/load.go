package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// loadFlags say which tables are loaded.
type loadFlags struct {
	rows     string
	features int
	levels   string
	formats  []string
	metrics  []string
	threads  int
	repeat   int
	duckdb   bool
	modules  string
	folder   string
}

func loadCommand(s *show) *cobra.Command {
	var f loadFlags
	cmd := &cobra.Command{
		Use:   "load",
		Short: "From a Parquet or CSV file to resident shards, beside DuckDB's CREATE TABLE AS of the same file",
		Long: `bench load generates a table, as Parquet and as CSV, and has Headwater and DuckDB
read it into memory with the same number of threads, one after the other:

  headwater   "load": the file, once, to resident shards: every feature's codes and
              the metric, in order of the metric. "profile": the pass before it,
              in which a job finds out types, values and where CSV can be cut
  duckdb      CREATE TABLE AS FROM the file, which for CSV includes finding out
              its types from the first rows

Rows and the sums of all columns must agree, else the command fails. "cpu" is
what all threads computed meanwhile. DuckDB is built as for bench peers.`,
		Example: `  bench load
  bench load --rows 10m --features 20 --repeat 3
  bench load --rows 10m --formats csv --metrics y --duckdb=false`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runLoads(cmd, s, f) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.rows, "rows", "1m", "rows of the table")
	flags.IntVar(&f.features, "features", 20, "features")
	flags.StringVar(&f.levels, "levels", "3-12", "levels a feature: a number, or fewest-most")
	flags.StringSliceVar(&f.formats, "formats", []string{string(source.Parquet), string(source.CSV)}, "parquet, csv")
	flags.StringSliceVar(&f.metrics, "metrics", []string{yesNo, amounts}, "y (yes/no), amount (10,000 different values): one load of each")
	flags.IntVar(&f.threads, "threads", 2, "threads of each engine")
	flags.IntVar(&f.repeat, "repeat", 2, "measurements, of which the fastest counts")
	flags.BoolVar(&f.duckdb, "duckdb", true, "measure DuckDB as well")
	flags.StringVar(&f.modules, "modules", "", "folder bench/peers of a checkout (default: found above the working folder)")
	flags.StringVar(&f.folder, "temp-dir", "", "folder for the tables (default: the system's)")
	return cmd
}

// loadFigure is what one engine took to read one file. Of Headwater there is one
// for each metric.
type loadFigure struct {
	Engine     string  `json:"engine"`
	Version    string  `json:"version,omitempty"`
	Format     string  `json:"format"`
	Metric     string  `json:"metric,omitempty"`
	Megabytes  float64 `json:"megabytes"` // of the file
	Rows       int64   `json:"rows"`
	Profile    float64 `json:"profile_seconds,omitempty"` // of the pass before
	ProfileCPU float64 `json:"profile_cpu_seconds,omitempty"`
	Load       float64 `json:"load_seconds"`
	CPU        float64 `json:"load_cpu_seconds,omitempty"`
	Times      float64 `json:"duckdb_times_load,omitempty"` // DuckDB's Load over this one's; 0 without DuckDB
	TimesBoth  float64 `json:"duckdb_times_both,omitempty"` // DuckDB's Load over Profile + Load

	sums []int64 // of the columns, in the order of their names
}

// loadTask is what is loaded.
type loadTask struct {
	loadFlags
	table  generated
	folder string
}

func (f loadFlags) task() (*loadTask, error) {
	table, err := parseTable(f.rows, f.features, f.levels)
	if err != nil {
		return nil, err
	}
	for _, name := range f.formats {
		if name != string(source.Parquet) && name != string(source.CSV) {
			return nil, usage("--formats %q: parquet or csv", name)
		}
	}
	for _, name := range f.metrics {
		if name != yesNo && name != amounts {
			return nil, usage("--metrics %q: y or amount", name)
		}
	}
	if len(f.formats) == 0 || len(f.metrics) == 0 || f.threads < 1 || f.repeat < 1 {
		return nil, usage("--formats, --metrics: at least one; --threads, --repeat: at least 1")
	}
	return &loadTask{loadFlags: f, table: table}, nil
}

func runLoads(cmd *cobra.Command, s *show, f loadFlags) error {
	t, err := f.task()
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	if t.folder, err = os.MkdirTemp(f.folder, "headwater-bench-*"); err != nil {
		return err
	}
	defer os.RemoveAll(t.folder)
	duckdb := ""
	if f.duckdb {
		if duckdb, err = buildDuckDB(ctx, cmd.ErrOrStderr(), f.modules, t.folder); err != nil {
			return err
		}
	}
	var figures []loadFigure
	for _, format := range f.formats {
		path, err := t.table.writeAs(ctx, source.Format(format), t.folder)
		if err != nil {
			return err
		}
		found, err := t.loads(ctx, cmd.ErrOrStderr(), path, format, duckdb)
		if err != nil {
			return err
		}
		figures = append(figures, found...)
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	if s.json {
		return writeJSON(cmd.OutOrStdout(), figures)
	}
	s.header(cmd.OutOrStdout())
	t.show(cmd.OutOrStdout(), s, figures)
	return nil
}

// loads measures all engines on one file.
func (t *loadTask) loads(ctx context.Context, stderr io.Writer, path, format, duckdb string) ([]loadFigure, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	var figures []loadFigure
	for _, metric := range t.metrics {
		f := loadFigure{Engine: "headwater", Metric: metric}
		for range t.repeat {
			if err := t.headwater(ctx, path, &f); err != nil {
				return nil, err
			}
		}
		figures = append(figures, f)
	}
	if duckdb != "" {
		theirs := loadFigure{Engine: "duckdb"}
		if err := t.duckDB(ctx, stderr, duckdb, path, &theirs); err != nil {
			return nil, err
		}
		for i := range figures {
			f := &figures[i]
			at := slices.Index(t.columns(), f.Metric)
			if f.Rows != theirs.Rows || !slices.Equal(f.sums, t.summed(theirs.sums, at)) {
				return nil, fmt.Errorf("%s: Headwater holds %d rows with sums %d, DuckDB %d with %d", filepath.Base(path), f.Rows, f.sums, theirs.Rows, t.summed(theirs.sums, at))
			}
			f.Times, f.TimesBoth = theirs.Load/f.Load, theirs.Load/(f.Profile+f.Load)
		}
		figures = append(figures, theirs)
	}
	for i := range figures {
		figures[i].Format, figures[i].Megabytes = format, float64(info.Size())/1e6
	}
	return figures, nil
}

// columns names the table's columns: amount, features, y.
func (t *loadTask) columns() []string {
	names := []string{amounts}
	for f := range t.table.Features {
		names = append(names, t.table.name(f))
	}
	return append(names, yesNo)
}

// summed picks the sums of the features and of the metric at place at.
func (t *loadTask) summed(all []int64, at int) []int64 {
	return append(slices.Clone(all[1:1+t.table.Features]), all[at])
}

// headwater profiles and loads the file once, and keeps the least of all times.
func (t *loadTask) headwater(ctx context.Context, path string, f *loadFigure) (err error) {
	r, err := startResident(ctx, t.table.plan(f.Metric), path, t.threads)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	least := func(seconds, cpu *float64, do func() error) error {
		begin, before := time.Now(), cpuSeconds()
		if err := do(); err != nil {
			return err
		}
		took, computed := time.Since(begin).Seconds(), cpuSeconds()-before
		if *seconds == 0 {
			*seconds, *cpu = took, computed
		}
		*seconds, *cpu = min(*seconds, took), min(*cpu, computed)
		return nil
	}
	if err := least(&f.Profile, &f.ProfileCPU, func() error { return r.profile(ctx) }); err != nil {
		return err
	}
	if err := least(&f.Load, &f.CPU, func() error { return r.loadShards(ctx, t.threads) }); err != nil {
		return err
	}
	f.Rows, f.sums, err = r.sums(ctx)
	return err
}

// sums returns the rows held, and the sum of every feature's numbers and of
// the metric.
func (r *resident) sums(ctx context.Context) (rows int64, sums []int64, err error) {
	if err := r.countLevels(ctx); err != nil {
		return 0, nil, err
	}
	all, err := r.levels.All()
	if err != nil {
		return 0, nil, err
	}
	offsets := encoder.Offsets(r.plan.Features)
	for i, f := range r.plan.Features {
		sum := int64(0)
		for code, level := range f.Levels {
			value, err := strconv.ParseInt(level.Value, 10, 64)
			if err != nil {
				return 0, nil, err
			}
			sum += value * all.N[offsets[i]+code+1]
		}
		sums = append(sums, sum)
	}
	last := len(all.N) - 1
	return all.N[last], append(sums, all.Measures[0].Sum.Big(last).Int64()), nil
}

// duckDB measures DuckDB.
func (t *loadTask) duckDB(ctx context.Context, stderr io.Writer, binary, path string, f *loadFigure) error {
	var found struct {
		Version string  `json:"version"`
		Load    float64 `json:"load_seconds"`
		CPU     float64 `json:"load_cpu_seconds"`
		Rows    int64   `json:"rows"`
		Sums    []int64 `json:"sums"`
	}
	err := runPeer(ctx, stderr, &found, binary, "--table", path, "--sums", strings.Join(t.columns(), ","),
		"--threads", strconv.Itoa(t.threads), "--repeat", strconv.Itoa(t.repeat))
	if err != nil {
		return fmt.Errorf("DuckDB: %w", err)
	}
	if len(found.Sums) != len(t.columns()) {
		return fmt.Errorf("DuckDB: %d sums of %d columns", len(found.Sums), len(t.columns()))
	}
	f.Version, f.Load, f.CPU, f.Rows, f.sums = found.Version, found.Load, found.CPU, found.Rows, found.Sums
	return nil
}

func (t *loadTask) show(w io.Writer, s *show, figures []loadFigure) {
	fmt.Fprintf(w, "%s rows × %d features of %s levels and a metric, %d threads", count(t.table.Rows), t.features, t.levels, t.threads)
	if t.duckdb {
		fmt.Fprint(w, "; all sums agree")
	}
	fmt.Fprint(w, "\n\n")
	number := func(x float64, show func(float64) string) string {
		if x == 0 {
			return "–"
		}
		return show(x)
	}
	times := func(x float64) string { return fmt.Sprintf("%.1f ×", x) }
	var rows [][]string
	for _, f := range figures {
		rows = append(rows, []string{
			f.Format, f.Metric, f.Engine, f.Version, fmt.Sprintf("%.0f", f.Megabytes),
			number(f.Profile, seconds), number(f.ProfileCPU, seconds), seconds(f.Load), number(f.CPU, seconds),
			number(f.Times, times), number(f.TimesBoth, times),
		})
	}
	s.table(w, 4, []string{"file", "metric", "engine", "version", "MB", "profile s", "cpu s", "load s", "cpu s", "duckdb/load", "duckdb/both"}, rows)
}

// profile is the pass in which a job looks at the table.
func (r *resident) profile(ctx context.Context) error {
	var whole *partial.Profile
	err := r.engine.OverSplits(ctx, wire.OpProfile, nil, r.table.Splits, func(_ []int, answer []byte) error {
		part := new(partial.Profile)
		if err := wire.Decode(answer, part); err != nil {
			return err
		}
		if whole == nil {
			whole = part
			return nil
		}
		return whole.Merge(part)
	})
	if err != nil {
		return err
	}
	for _, u := range whole.Units {
		r.table.Splits[u.Unit].Rows = u.Rows // of CSV, not known before
	}
	return nil
}
