package coordinator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/comparison"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/source"
)

// CompareConfig is what two segmentations are compared by.
type CompareConfig struct {
	A, B   string      // out folders, folders of part files, or Parquet files with ids and segments
	Input  source.Spec // the customers' table; no inputs = as A's job names it
	Opener source.Opener
}

// Compare sets the assignments of two finished jobs beside each other.
func Compare(ctx context.Context, c *CompareConfig) (r *comparison.Result, err error) {
	a, err := export.OpenAssigned(c.A)
	if err != nil {
		return nil, err
	}
	b, err := export.OpenAssigned(c.B)
	if err != nil {
		return nil, err
	}
	table, err := c.table(ctx)
	var missing error
	switch {
	case err == nil:
		defer func() { err = errors.Join(err, table.Table.Close()) }()
	case len(c.Input.Inputs) > 0 || ctx.Err() != nil:
		return nil, err
	case errors.Is(err, errNoJob):
		missing = err
	default:
		missing = fmt.Errorf("%w; --input names the table", err)
	}
	if r, err = comparison.Run(ctx, a, b, [2]string{c.A, c.B}, table); err != nil {
		return nil, fmt.Errorf("%s and %s: %w", c.A, c.B, err)
	}
	if missing != nil {
		r.Notes = append(r.Notes, fmt.Sprintf("what they explain is left out: %v", missing))
	}
	return r, nil
}

// errNoJob is a table of segments in the place of A.
var errNoJob = errors.New("is a table of segments and no job: name the out folder of a job first")

// table opens the customers' table with the plan and metrics of A's job.
func (c *CompareConfig) table(ctx context.Context) (*comparison.Table, error) {
	var run struct {
		Config struct {
			Input source.Spec `json:"input"`
		} `json:"config"`
	}
	if info, err := os.Stat(c.A); err == nil && info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s %w", c.A, errNoJob)
	}
	if err := readOutput(c.A, export.RunFile, &run); err != nil {
		return nil, err
	}
	var profile profileDocument
	if err := readOutput(c.A, export.ProfileFile, &profile); err != nil {
		return nil, err
	}
	model, err := readModel(filepath.Join(c.A, export.ModelFile))
	if err != nil {
		return nil, err
	}
	spec := c.Input
	if len(spec.Inputs) == 0 {
		spec = run.Config.Input
		if slices.Contains(spec.Inputs, "-") {
			return nil, errors.New("the table came through a pipe")
		}
	}
	found, err := source.Find(ctx, spec)
	if err != nil {
		return nil, err
	}
	return &comparison.Table{
		Table: found, Opener: c.Opener, Metrics: profile.Metrics,
		Plan: &encoder.Plan{
			Features: model.Plan.Features, Measures: model.Plan.Measures,
			Key: model.Plan.Key, Seed: model.Plan.Seed, Nulls: model.Plan.Nulls,
		},
	}, nil
}
