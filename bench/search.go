package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"
)

// searchFlags say which searches are measured: every combination of the lists.
type searchFlags struct {
	rows      []string
	features  []int
	levels    []string
	orders    []int
	workers   []int
	processes []int
	minShare  float64
	metric    string
	repeat    int
	svg       string
	folder    string
}

func searchCommand(s *show) *cobra.Command {
	var f searchFlags
	cmd := &cobra.Command{
		Use:   "search",
		Short: "Whole search jobs on generated tables: time of each stage, rate, memory",
		Long: `bench search generates tables and runs the whole job "search --all" on each
(profile, load, rank, search, outputs), every job in a process of its own. The
lists of --rows, --features, --levels, --order, --workers and --processes are combined.

cell-rows are candidates × rows: what counting every candidate on every row
would look at. Generating the table is not part of any figure. With --svg a picture
shows the time a row over the rows: level where a job's time grows with the
rows alone.

With --processes the workers are spread evenly over processes of their own and reach
the job through a NATS server, as on a cluster; peak RSS is then the coordinator's
alone.`,
		Example: `  bench search
  bench search --rows 100k,1m,10m --features 20 --workers 1,2 --svg scaling.svg
  bench search --rows 1m --order 2,3,4 --metric amount --min-share 0.01
  bench search --rows 10m --features 20 --workers 2 --processes 1,2`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSearches(cmd, s, f) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringSliceVar(&f.rows, "rows", []string{"100k", "300k", "1m"}, "rows of the tables")
	flags.IntSliceVar(&f.features, "features", []int{12}, "features")
	flags.StringSliceVar(&f.levels, "levels", []string{"3-12"}, "levels a feature: a number, or fewest-most")
	flags.IntSliceVar(&f.orders, "order", []int{3}, "longest combination of features")
	flags.IntSliceVar(&f.workers, "workers", []int{1, 2}, "local workers")
	flags.IntSliceVar(&f.processes, "processes", []int{0}, "worker processes; 0 = workers in the job's own process")
	flags.Float64Var(&f.minShare, "min-share", 0, "smallest group, as a share of the rows; 0 = every group that exists")
	flags.StringVar(&f.metric, "metric", yesNo, "y (yes/no) or amount (10,000 different values)")
	flags.IntVar(&f.repeat, "repeat", 2, "runs of each job, of which the fastest counts")
	flags.StringVar(&f.svg, "svg", "", "draw the time a row over the rows, a line for each combination of the others, to this file")
	flags.StringVar(&f.folder, "temp-dir", "", "folder for the tables (default: the system's)")
	return cmd
}

// searchJob is one job to be measured.
type searchJob struct {
	Table     generated
	Input     string
	Order     int
	Workers   int
	Processes int
	MinShare  float64
	Metric    string
}

// searchFigure is a job and what it took.
type searchFigure struct {
	Rows       int64   `json:"rows"`
	Features   int     `json:"features"`
	Levels     string  `json:"levels"`
	Order      int     `json:"order"`
	Workers    int     `json:"workers"`
	Processes  int     `json:"processes"` // of the workers; 0 = the job's own
	Metric     string  `json:"metric"`
	MinShare   float64 `json:"min_share"`
	Candidates int64   `json:"candidates"`
	Groups     int64   `json:"groups"`
	Seconds    float64 `json:"seconds"` // of the whole job
	RowsPerS   float64 `json:"rows_per_s"`
	CellRows   float64 `json:"g_cell_rows_per_s"`        // of the stage search
	PeakBytes  int64   `json:"peak_rss_bytes,omitempty"` // of the job's process
	Stages     []stage `json:"stages"`
}

// stage is a stage of a job, or its outputs.
type stage struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

func (f *searchFigure) stage(name string) float64 {
	for _, s := range f.Stages {
		if s.Name == name {
			return s.Seconds
		}
	}
	return 0
}

// jobs lists the jobs; Input is still to be made.
func (f *searchFlags) jobs() ([]searchJob, error) {
	var jobs []searchJob
	for _, rows := range f.rows {
		for _, features := range f.features {
			for _, levels := range f.levels {
				table, err := parseTable(rows, features, levels)
				if err != nil {
					return nil, err
				}
				for _, order := range f.orders {
					for _, workers := range f.workers {
						for _, processes := range f.processes {
							if processes < 0 || processes > 0 && workers%processes != 0 {
								return nil, usage("--processes %d: %d workers cannot be spread evenly", processes, workers)
							}
							jobs = append(jobs, searchJob{Table: table, Order: order, Workers: workers, Processes: processes, MinShare: f.minShare, Metric: f.metric})
						}
					}
				}
			}
		}
	}
	if f.metric != yesNo && f.metric != amounts {
		return nil, usage("--metric %q: y or amount", f.metric)
	}
	if f.repeat < 1 {
		return nil, usage("--repeat %d: at least 1", f.repeat)
	}
	return jobs, nil
}

func runSearches(cmd *cobra.Command, s *show, f searchFlags) error {
	jobs, err := f.jobs()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp(f.folder, "headwater-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	var figures []searchFigure
	var made generated
	var input string
	for _, job := range jobs {
		if job.Table != made {
			if input != "" {
				_ = os.Remove(input) // the folder goes in the end
			}
			if input, err = job.Table.write(cmd.Context(), folder); err != nil {
				return err
			}
			made = job.Table
		}
		job.Input = input
		best, err := measureSearch(cmd, job, f.repeat)
		if err != nil {
			return err
		}
		figures = append(figures, *best)
	}
	if f.svg != "" {
		if err := drawScaling(f.svg, s, figures); err != nil {
			return err
		}
	}
	if s.json {
		return writeJSON(cmd.OutOrStdout(), figures)
	}
	s.header(cmd.OutOrStdout())
	showSearches(cmd.OutOrStdout(), s, figures)
	return nil
}

// measureSearch runs a job several times and returns the fastest.
func measureSearch(cmd *cobra.Command, job searchJob, repeat int) (best *searchFigure, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("this program, to run each job in a process of its own: %w", err)
	}
	args := []string{
		"search-job", "--input", job.Input, "--order", strconv.Itoa(job.Order), "--workers", strconv.Itoa(job.Workers),
		"--min-share", strconv.FormatFloat(job.MinShare, 'g', -1, 64), "--metric", job.Metric,
	}
	if job.Processes > 0 {
		workers, err := startFleet(cmd.Context(), self, job.Processes, job.Workers)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, workers.close()) }()
		args = append(args, "--nats", workers.server.URL())
	}
	for i := range repeat {
		var out bytes.Buffer
		child := exec.CommandContext(cmd.Context(), self, append(args, "--out", filepath.Join(filepath.Dir(job.Input), "out-"+strconv.Itoa(i)))...)
		child.Stdout, child.Stderr = &out, cmd.ErrOrStderr()
		if err := child.Run(); err != nil {
			return nil, fmt.Errorf("search of %d rows × %d features: %w", job.Table.Rows, job.Table.Features, err)
		}
		figure := new(searchFigure)
		if err := json.Unmarshal(out.Bytes(), figure); err != nil {
			return nil, fmt.Errorf("figures of a search: %w", err)
		}
		if best == nil || figure.Seconds < best.Seconds {
			best = figure
		}
	}
	best.Rows, best.Features = job.Table.Rows, job.Table.Features
	best.Levels = strconv.Itoa(job.Table.Least)
	if job.Table.Most != job.Table.Least {
		best.Levels += "-" + strconv.Itoa(job.Table.Most)
	}
	best.Order, best.Workers, best.Processes, best.Metric, best.MinShare = job.Order, job.Workers, job.Processes, job.Metric, job.MinShare
	best.RowsPerS = float64(best.Rows) / best.Seconds
	best.CellRows = float64(best.Candidates) * float64(best.Rows) / best.stage("search") / 1e9
	return best, nil
}

func showSearches(w io.Writer, s *show, figures []searchFigure) {
	head := []string{"rows", "features", "levels", "order", "workers", "processes", "candidates", "groups", "rows/s", "G cell-rows/s", "peak RSS"}
	for _, st := range figures[0].Stages {
		head = append(head, st.Name+" s")
	}
	head = append(head, "all s")
	var rows [][]string
	for _, f := range figures {
		row := []string{
			count(f.Rows), count(f.Features), f.Levels, count(f.Order), count(f.Workers), count(f.Processes), count(f.Candidates), count(f.Groups),
			count(int64(f.RowsPerS)), figure(f.CellRows), megabytes(f.PeakBytes),
		}
		for _, st := range f.Stages {
			row = append(row, seconds(st.Seconds))
		}
		rows = append(rows, append(row, seconds(f.Seconds)))
	}
	s.table(w, 0, head, rows)
}

// seconds prints a time in seconds.
func seconds(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) }

func megabytes(n int64) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f MB", float64(n)/1e6)
}
