package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/headwater-dev/headwater/coordinator"
	"github.com/headwater-dev/headwater/worker/source"
)

// TestInterruptInEveryStage stops a job at the beginning of each stage: nothing
// is left in the out folder, in the folder of temporary files, or running.
func TestInterruptInEveryStage(t *testing.T) {
	table := shared(t, "data/bank-full.csv")
	for _, stage := range []string{"profile", "load", "rank", "search", "segment", "crossing features", "merging cells", "assign"} {
		t.Run(stage, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			temp, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
			j := newJob(t, table, out)
			j.config.Input.TempDir = temp
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			reached := false
			j.config.Stage = func(name string) {
				if name == stage {
					reached = true
					cancel()
				}
			}
			if _, err := coordinator.Run(ctx, &j.config); !errors.Is(err, context.Canceled) {
				t.Errorf("the job ended with: %v", err)
			}
			if !reached {
				t.Error("the stage was not reached")
			}
			for _, dir := range []string{temp, out} {
				if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
				if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
			}
		})
	}
}

// TestSourceChangesDuringJob rewrites the table between its two passes.
func TestSourceChangesDuringJob(t *testing.T) {
	data, err := os.ReadFile(shared(t, "data/bank-full.csv"))
	if err != nil {
		t.Fatal(err)
	}
	table := filepath.Join(t.TempDir(), "bank.csv")
	for _, stage := range []string{"load", "assign"} {
		t.Run(stage, func(t *testing.T) {
			if err := os.WriteFile(table, data, 0o600); err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(t.TempDir(), "out")
			j := newJob(t, table, out)
			j.config.Stage = func(name string) {
				if name == stage {
					more := append(bytes.Clone(data), data[bytes.LastIndexByte(data[:len(data)-1], '\n')+1:]...)
					if err := os.WriteFile(table, more, 0o600); err != nil {
						t.Error(err)
					}
				}
			}
			_, err := coordinator.Run(context.Background(), &j.config)
			if err == nil || !errors.Is(err, source.ErrChanged) && !bytes.Contains([]byte(err.Error()), []byte("changed")) {
				t.Errorf("a table that changed was read as if it had not: %v", err)
			}
			if left, _ := filepath.Glob(filepath.Join(out, "*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// newJob is a whole job on a table with one yes/no metric.
func newJob(t *testing.T, table, out string) *jobFlags {
	t.Helper()
	j := &jobFlags{}
	j.defaults()
	c := &j.config
	c.Input.Inputs, c.Metrics, c.Exclude, c.Out = []string{table}, []string{"y=yes"}, []string{"duration"}, out
	c.Search, c.Segment, c.All = true, true, true
	j.connect(os.Stderr)
	return j
}
