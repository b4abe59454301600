package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headwater-dev/headwater/worker/source/synthetic"
)

// kmeansFlags say which k-means is run beside Headwater.
type kmeansFlags struct {
	cases      []string
	iterations int
	fit        int
	threads    int
	repeat     int
	folder     string
	python     string
}

func peersKMeansCommand(s *show) *cobra.Command {
	var f kmeansFlags
	cmd := &cobra.Command{
		Use:   "kmeans",
		Short: "The same k-means in scikit-learn and FAISS, from the same rows and centres, times side by side",
		Long: `bench peers kmeans draws rows around planted centres and runs Lloyd's iterations
from the first k rows as centres in every engine, from its own memory, with the
same number of threads, one after the other:

  headwater  resident shards, workers behind the embedded server
  sklearn    KMeans, algorithm lloyd, float32; where --python has scikit-learn
  faiss      Kmeans; where --python has faiss

"iteration" is the mean of the iterations after the first two. "fit" is a whole
fit from rows in memory to the iteration in which nothing changes, with what an
engine does before and after. After the same iterations the
inertias must agree to 1e-4, else the command fails.`,
		Example: `  bench peers kmeans
  bench peers kmeans --case 1m,32,10 --fit 0
  bench peers kmeans --python old/bin/python    # an environment with another scikit-learn`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runPeersKMeans(cmd, s, f) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&f.cases, "case", []string{"1m,32,10", "1m,32,64", "500k,64,256"}, "rows,features,k; may be repeated")
	flags.IntVar(&f.iterations, "iterations", 10, "iterations that are measured")
	flags.IntVar(&f.fit, "fit", 1000, "most iterations of a whole fit; 0 leaves it out")
	flags.IntVar(&f.threads, "threads", 2, "threads of each engine")
	flags.IntVar(&f.repeat, "repeat", 2, "measurements, of which the fastest counts")
	flags.StringVar(&f.python, "python", "python3", "interpreter of the peers")
	flags.StringVar(&f.folder, "temp-dir", "", "folder for the rows (default: the system's)")
	return cmd
}

// kmeansFigure is what one engine took for one case.
type kmeansFigure struct {
	Engine        string  `json:"engine"`
	Version       string  `json:"version,omitempty"`
	Rows          int     `json:"rows"`
	Dense         int     `json:"features"`
	K             int     `json:"k"`
	Iteration     float64 `json:"iteration_seconds"`
	CPU           float64 `json:"cpu_seconds,omitempty"` // of an iteration, over all threads
	Inertia       float64 `json:"inertia,omitempty"`     // after the iterations
	Fit           float64 `json:"fit_seconds,omitempty"`
	FitIterations int     `json:"fit_iterations,omitempty"`
	FitInertia    float64 `json:"fit_inertia,omitempty"`
	Times         float64 `json:"times_headwater"` // Iteration over Headwater's
	FitTimes      float64 `json:"fit_times_headwater,omitempty"`
	Load          float64 `json:"load_seconds,omitempty"` // Parquet → resident shards
}

// kmeansCase is what each engine is given.
type kmeansCase struct {
	kmeansFlags
	rows, dense, k int
	path           string // of the rows as float32
}

// skipped is how many iterations go before those that are measured.
const skipped = 2

func (f kmeansFlags) parse(text string) (*kmeansCase, error) {
	c := &kmeansCase{kmeansFlags: f}
	parts := strings.Split(text, ",")
	if len(parts) != 3 {
		return nil, usage("--case %s: give rows,features,k, as 1m,32,10", text)
	}
	rows, err := synthetic.ParseRows(parts[0])
	if err != nil {
		return nil, &usageError{err}
	}
	c.rows = int(rows)
	c.dense, err = strconv.Atoi(parts[1])
	if err != nil || c.dense < 1 || c.dense > 4096 {
		return nil, usage("--case %s: %q features: from 1 to 4096", text, parts[1])
	}
	c.k, err = strconv.Atoi(parts[2])
	if err != nil || c.k < 1 || c.k > min(c.rows, 4096) {
		return nil, usage("--case %s: k %q: from 1 to 4096, and to the rows", text, parts[2])
	}
	return c, nil
}

func runPeersKMeans(cmd *cobra.Command, s *show, f kmeansFlags) error {
	if f.iterations < 1 || f.threads < 1 || f.repeat < 1 || f.fit < 0 {
		return usage("--iterations %d --threads %d --repeat %d: at least 1; --fit %d: at least 0", f.iterations, f.threads, f.repeat, f.fit)
	}
	var cases []*kmeansCase
	for _, text := range f.cases {
		c, err := f.parse(text)
		if err != nil {
			return err
		}
		cases = append(cases, c)
	}
	folder, err := os.MkdirTemp(f.folder, "headwater-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	engines := f.presentEngines(ctx, stderr)
	var figures []kmeansFigure
	for _, c := range cases {
		c.path = filepath.Join(folder, "rows.f32")
		values := c.draw()
		if err := writeFloats(c.path, values); err != nil {
			return err
		}
		ours, err := c.headwater(ctx, values)
		if err != nil {
			return err
		}
		figures = append(figures, *ours)
		for _, engine := range engines {
			theirs, err := c.peer(ctx, stderr, engine, ours)
			if err != nil {
				return err
			}
			figures = append(figures, *theirs)
		}
	}
	if s.json {
		return writeJSON(cmd.OutOrStdout(), figures)
	}
	s.header(cmd.OutOrStdout())
	showKMeans(cmd.OutOrStdout(), s, f, figures)
	return nil
}

// presentEngines says which peers the interpreter has, and how the others are had.
func (f kmeansFlags) presentEngines(ctx context.Context, stderr io.Writer) (engines []string) {
	for _, e := range []struct{ engine, module, pip string }{{"sklearn", "sklearn, threadpoolctl", "scikit-learn"}, {"faiss", "faiss", "faiss-cpu"}} {
		if err := exec.CommandContext(ctx, f.python, "-c", "import numpy, "+e.module).Run(); err != nil {
			fmt.Fprintf(stderr, "%s: left out: %s has none (%[2]s -m pip install %[3]s)\n", e.engine, f.python, e.pip)
			continue
		}
		engines = append(engines, e.engine)
	}
	return engines
}

// headwater measures the passes of a job.
func (c *kmeansCase) headwater(ctx context.Context, values []float32) (f *kmeansFigure, err error) {
	path := c.path + ".parquet"
	if err := writeAxes(path, values, c.dense); err != nil {
		return nil, err
	}
	l, err := startLloyd(ctx, path, values, c.dense, c.k, c.threads)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	f = &kmeansFigure{Engine: "headwater", Rows: c.rows, Dense: c.dense, K: c.k, Load: l.load, Times: 1}
	for i := range c.repeat {
		l.begin(values, c.k)
		var begin time.Time
		var before float64
		for n := range skipped + c.iterations {
			if n == skipped {
				begin, before = time.Now(), cpuSeconds()
			}
			if _, err := l.step(ctx); err != nil {
				return nil, err
			}
		}
		took, computed := time.Since(begin).Seconds()/float64(c.iterations), (cpuSeconds()-before)/float64(c.iterations)
		if i == 0 || took < f.Iteration {
			f.Iteration, f.CPU = took, computed
		}
		last, err := l.step(ctx)
		if err != nil {
			return nil, err
		}
		f.Inertia = last.inertia
	}
	if c.fit == 0 {
		return f, nil
	}
	l.begin(values, c.k)
	begin := time.Now()
	for fixed := false; !fixed && f.FitIterations < c.fit; f.FitIterations++ {
		s, err := l.step(ctx)
		if err != nil {
			return nil, err
		}
		fixed, f.FitInertia = s.fixed, s.inertia
	}
	f.Fit, f.FitTimes = time.Since(begin).Seconds(), 1
	return f, nil
}

// kmeans.py runs k-means in scikit-learn and in FAISS.
//
//go:embed peers/kmeans.py
var kmeansProgram string

// peer measures another engine and compares its inertia.
func (c *kmeansCase) peer(ctx context.Context, stderr io.Writer, engine string, ours *kmeansFigure) (*kmeansFigure, error) {
	f := &kmeansFigure{Engine: engine, Rows: c.rows, Dense: c.dense, K: c.k}
	args := []string{"-c", kmeansProgram, "--engine", engine, "--data", c.path}
	for _, a := range []struct {
		name  string
		value int
	}{
		{"dense", c.dense},
		{"k", c.k},
		{"threads", c.threads},
		{"skip", skipped},
		{"iterations", c.iterations},
		{"fit", c.fit},
		{"repeat", c.repeat},
	} {
		args = append(args, "--"+a.name, strconv.Itoa(a.value))
	}
	if err := runPeer(ctx, stderr, f, c.python, args...); err != nil {
		return nil, fmt.Errorf("%s: %w", engine, err)
	}
	f.Times = f.Iteration / ours.Iteration
	if f.Fit > 0 && ours.Fit > 0 {
		f.FitTimes = f.Fit / ours.Fit
	}
	if f.Inertia > 0 && math.Abs(f.Inertia/ours.Inertia-1) > 1e-4 {
		return nil, fmt.Errorf("%s and headwater disagree: %d rows, k %d, inertia %v and %v after %d iterations",
			engine, c.rows, c.k, f.Inertia, ours.Inertia, skipped+c.iterations)
	}
	return f, nil
}

func showKMeans(w io.Writer, s *show, f kmeansFlags, figures []kmeansFigure) {
	fmt.Fprintf(w, "Lloyd from the same rows and centres, %d threads; inertias after %d iterations agree\n\n", f.threads, skipped+f.iterations)
	times := func(x float64) string {
		if x == 0 {
			return "–"
		}
		return fmt.Sprintf("%.1f ×", x)
	}
	var rows [][]string
	for _, f := range figures {
		fit, iterations, inertia := "–", "–", "–"
		if f.Fit > 0 {
			fit, iterations, inertia = seconds(f.Fit), count(f.FitIterations), fmt.Sprintf("%.8g", f.FitInertia)
		}
		rows = append(rows, []string{
			f.Engine, f.Version, fmt.Sprintf("%s × %d, k %d", count(f.Rows), f.Dense, f.K),
			figure(1e3 * f.Iteration), times(f.Times), figure(1e3 * f.CPU), fit, times(f.FitTimes), iterations, inertia,
		})
	}
	s.table(w, 3, []string{
		"engine", "version", "rows × features", "iteration ms", "of headwater", "cpu ms",
		"fit s", "of headwater", "iterations", "inertia",
	}, rows)
}
