package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

// kernelFlags are the settings of bench kernels.
type kernelFlags struct {
	paths       []string
	match       string
	repetitions int
	each        time.Duration
	tiny        bool
	benchstat   bool
}

func kernelsCommand(s *show) *cobra.Command {
	var f kernelFlags
	cmd := &cobra.Command{
		Use:   "kernels",
		Short: "Every kernel × path × size, as a share of the machine's limit",
		Long: `bench kernels measures every kernel on every path that this processor supports,
each path in a process of its own, and probes the machine in the same run:
AND + popcount + add, byte compares and multiply-adds out of registers, reads of
memory of several sizes, increments of tables.

The limit of a kernel is the slowest of what its work needs of the machine:
popcounts, compares and multiply-adds at the rate of the fastest path, its bytes
at the rate at which memory of the size that it touches can be read, its
increments. "of path" is the same with the instructions of the kernel's own path.

Times are those of the measuring thread alone on Linux, so that other programs
disturb them little; elsewhere they are what has passed.

All paths must give the same output; where one does not, the command fails.`,
		Example: `  bench kernels
  bench kernels --match AndCounts --path avx2,avx512
  bench kernels --benchstat > new.txt`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runKernels(cmd, s, f) },
	}
	f.add(cmd)
	cmd.Flags().StringSliceVar(&f.paths, "path", nil, "paths to measure: purego, avx2, avx512 (default: all that the processor supports)")
	cmd.Flags().BoolVar(&f.benchstat, "benchstat", false, "every repetition in the format of Go benchmarks, which benchstat compares")
	return cmd
}

// add binds what both the command and its children take.
func (f *kernelFlags) add(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&f.match, "match", "", "only kernels whose name holds this text")
	cmd.Flags().IntVar(&f.repetitions, "repetitions", 15, "measurements of each kernel, of which the best counts")
	cmd.Flags().DurationVar(&f.each, "each", 5*time.Millisecond, "how long each lasts")
	cmd.Flags().BoolVar(&f.tiny, "tiny", false, "sizes so small that the figures mean nothing: a quick check")
}

func (f *kernelFlags) effort() effort { return effort{f.repetitions, f.each} }

func (f *kernelFlags) validate() error {
	if f.repetitions < 1 || f.each <= 0 {
		return usage("--repetitions %d of %v: must be positive", f.repetitions, f.each)
	}
	return nil
}

// kernelResult is a case as one path ran it.
type kernelResult struct {
	kernelCase
	sample
	Digest uint64 `json:"digest"`
}

// kernelsPathCommand is a child of bench kernels: it measures the path of its
// environment and prints the results as JSON.
func kernelsPathCommand() *cobra.Command {
	var f kernelFlags
	cmd := &cobra.Command{
		Use: "kernels-of-path", Hidden: true, Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var results []kernelResult
			for _, make := range kernelCases(f.tiny) {
				k := make()
				if !strings.Contains(strings.ToLower(k.Kernel), strings.ToLower(f.match)) {
					continue
				}
				digest, err := k.digest()
				if err != nil {
					return err
				}
				results = append(results, kernelResult{*k, f.effort().measure(k.run), digest})
				if err := cmd.Context().Err(); err != nil {
					return err
				}
			}
			return json.NewEncoder(cmd.OutOrStdout()).Encode(results)
		},
	}
	f.add(cmd)
	return cmd
}

// measurePath has a child measure one path: a process takes one path for good.
func (f *kernelFlags) measurePath(ctx context.Context, stderr io.Writer, path cpu.Path) ([]kernelResult, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("this program, to run it once for each path: %w", err)
	}
	var out bytes.Buffer
	child := exec.CommandContext(ctx, self, "kernels-of-path", "--match", f.match,
		fmt.Sprintf("--repetitions=%d", f.repetitions), "--each", f.each.String(), fmt.Sprintf("--tiny=%t", f.tiny))
	child.Env = append(os.Environ(), cpu.Variable+"="+path.String())
	child.Stdout, child.Stderr = &out, stderr
	if err := child.Run(); err != nil {
		return nil, fmt.Errorf("path %s: %w", path, err)
	}
	var results []kernelResult
	if err := json.Unmarshal(out.Bytes(), &results); err != nil {
		return nil, fmt.Errorf("path %s: its figures: %w", path, err)
	}
	return results, nil
}

// chosenPaths returns the paths asked for.
func (f *kernelFlags) chosenPaths() ([]cpu.Path, error) {
	supported := cpu.Supported()
	if len(f.paths) == 0 {
		return supported, nil
	}
	var paths []cpu.Path
names:
	for _, name := range f.paths {
		for _, p := range supported {
			if p.String() == name {
				paths = append(paths, p)
				continue names
			}
		}
		return nil, usage("--path %s: this machine supports %v", name, supported)
	}
	return paths, nil
}

func runKernels(cmd *cobra.Command, s *show, f kernelFlags) error {
	paths, err := f.chosenPaths()
	if err != nil {
		return err
	}
	if err := f.validate(); err != nil {
		return err
	}
	if f.benchstat && s.json {
		return usage("--json and --benchstat: give one of them")
	}
	l := newLimits(f.effort(), f.tiny)
	byPath := make([][]kernelResult, len(paths))
	for i, p := range paths {
		if byPath[i], err = f.measurePath(cmd.Context(), cmd.ErrOrStderr(), p); err != nil {
			return err
		}
	}
	if len(byPath[0]) == 0 {
		return usage("--match %q: no kernel is called so", f.match)
	}
	l.probe() // a second time: the better of two moments counts
	var figures []kernelFigure
	for k, first := range byPath[0] {
		for i, p := range paths {
			r := byPath[i][k]
			if r.Digest != first.Digest {
				return fmt.Errorf("%s %s, %d rows: path %s and path %s give different outputs: do not use %s=%s, and report it",
					r.Kernel, r.Shape, r.Rows, paths[0], p, cpu.Variable, p)
			}
			figures = append(figures, l.figure(p, r))
		}
	}
	w := cmd.OutOrStdout()
	switch {
	case s.json:
		return writeJSON(w, figures)
	case f.benchstat:
		return writeBenchstat(w, paths, byPath)
	default:
		s.header(w)
		l.show(w, s)
		showKernels(w, s, figures)
		return nil
	}
}
