package coordinator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/headwater-dev/headwater/coordinator/contrast"
	"github.com/headwater-dev/headwater/coordinator/engine"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/kmeans"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/report"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// job is one run of a Config, stage by stage; each stage fills in its part.
type job struct {
	*Config
	out    export.Out // nil when nothing is written
	table  *source.Table
	engine *engine.Engine

	profile *partial.Profile
	decided *feature.Result
	plan    encoder.Plan
	metrics []metric.Metric
	shards  int

	specified []metric.Spec // what the metrics are, for any other table

	halves  *partial.Halves // levels on either part of the customers
	cross   []int           // features to cross, as the config asks; nil = chosen
	levels  *partial.Counts // every feature × code, then all rows
	allowed []int           // features that take part in groups and segments

	given map[string]feature.Role // by column, or feature of a date column, as the config says
	roles []feature.Role          // feature → its role
	axes  []kmeans.Axis           // of the plan's coordinates

	artefacts map[wire.Item]string // levels that look like recording artefacts, and why

	sides *Sides // of a comparison; nil = none
	side  metric.Metric
	pairs []contrast.Pair

	stages   []stage
	findings report.Findings
}

// stage is what one stage took.
type stage struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
	Bytes   int64   `json:"bytes"` // of answers and rows over NATS
}

// Run does what the config asks for and returns what was found. Outputs appear
// in the out folder when everything is done, or not at all.
func Run(ctx context.Context, c *Config) (found *report.Findings, err error) {
	err = withJob(ctx, c, func(j *job) error {
		begin := time.Now()
		for _, s := range j.todo() {
			if j.profile != nil && len(j.plan.Features) == 0 {
				break // a profile of a table without features: there is nothing to count
			}
			if err := j.timed(s.name, func() error { return s.do(ctx) }); err != nil {
				return err
			}
		}
		j.warnOfArtefacts()
		j.findings.Seconds = time.Since(begin).Seconds()
		found = &j.findings
		if j.out == nil {
			return nil
		}
		return j.commit(ctx, j.writeReports)
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// withJob opens what a job needs (out folder, table, engine), lets do work
// with it, and closes everything again.
func withJob(ctx context.Context, c *Config, do func(*job) error) (err error) {
	if err := c.Validate(); err != nil {
		return err
	}
	j := &job{Config: c}
	if c.Out != "" {
		if j.out, err = export.OpenOut(ctx, c.Out, c.Force); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, j.out.Abort()) }()
	}
	if j.table, err = source.Find(ctx, c.Input); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.table.Close()) }()
	if err := j.keepInputs(); err != nil {
		return err
	}
	if j.engine, err = engine.Start(ctx, j.engineConfig(), j.table, c.Opener); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.engine.Close()) }()
	return do(j)
}

// keepInputs refuses a job that would replace a file that it reads.
func (j *job) keepInputs() error {
	if j.out == nil {
		return nil
	}
	for _, file := range j.table.Files {
		if j.out.Replaces(file.Path) {
			return fmt.Errorf("%s is read by this job and would be replaced by it: choose another --out", file.Name)
		}
	}
	return nil
}

// step is one stage of a job.
type step struct {
	name string
	do   func(context.Context) error
}

// todo lists the stages that the config asks for, in order.
func (j *job) todo() []step {
	steps := []step{{"profile", j.profileTable}}
	if j.KMeans != nil {
		steps = append(steps, step{"scale", j.layAxes})
	}
	steps = append(steps, step{"load", j.load}, step{"rank", j.rank})
	if j.Search {
		steps = append(steps, step{"search", j.search})
	}
	if j.Segment {
		steps = append(steps, step{"segment", j.segment}, step{"assign", j.assign})
	}
	if j.KMeans != nil {
		steps = append(steps, step{"cluster", j.cluster}, step{"assign", j.assignClusters})
	}
	return steps
}

func (j *job) engineConfig() engine.Config {
	c := engine.Config{
		URL: j.NATS, Workers: j.Workers, Local: j.Local, Wait: j.Wait, Ship: j.Ship,
		Log: j.Log, Progress: j.Progress,
	}
	if c.URL != "" {
		c.Workers, c.MinWorkers = 0, j.Workers
	}
	return c
}

// timed does one stage and records what it took.
func (j *job) timed(name string, do func() error) error {
	if j.Stage != nil {
		j.Stage(name)
	}
	begin, before := time.Now(), j.engine.Stats()
	if err := do(); err != nil {
		return err
	}
	after := j.engine.Stats()
	j.stages = append(j.stages, stage{
		Name:    name,
		Seconds: time.Since(begin).Seconds(),
		Bytes:   after.Shipped + after.Pulled - before.Shipped - before.Pulled,
	})
	return nil
}

// notice tells the user something now, and keeps it for the report.
func (j *job) notice(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	j.findings.Notes = append(j.findings.Notes, line)
	if j.Notice != nil {
		j.Notice(line)
	}
}
