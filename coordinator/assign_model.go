package coordinator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/headwater-dev/headwater/coordinator/drift"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/report"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// AssignConfig says how a model is applied.
type AssignConfig struct {
	Model     string  // path of the model file
	ID        *string // id column; "" = file and row; nil = the model's
	Audiences string  // form of a file per segment with its customers: export.AudienceCSV or …Parquet; "" = none
}

// Validate reports every problem at once.
func (a *AssignConfig) Validate() error {
	var errs []error
	if a.Model == "" {
		errs = append(errs, errors.New("no model: name the model.json of a finished job with --model"))
	}
	if !slices.Contains([]string{"", export.AudienceCSV, export.AudienceParquet}, a.Audiences) {
		errs = append(errs, fmt.Errorf("--audiences %q is not csv or parquet", a.Audiences))
	}
	return errors.Join(errs...)
}

// Assign sends every row of c's table to its segment of a model. Only columns
// that the model's tree tests, and the id, are read.
func Assign(ctx context.Context, c *Config, config AssignConfig) (*report.Assignment, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if c.Out == "" {
		return nil, errors.New("no out folder: name one with --out")
	}
	model, err := readModel(config.Model)
	if err != nil {
		return nil, err
	}
	if !model.Assigns() {
		return nil, fmt.Errorf("%s holds no segments, as search makes none: use the model of a run, segment or kmeans", config.Model)
	}
	if err := apartFrom(filepath.Dir(config.Model), c.Out); err != nil {
		return nil, err
	}
	a := &assigner{config: config, model: model}
	err = withJob(ctx, c, func(j *job) error {
		begin := time.Now()
		a.job = j
		if err := a.prepare(); err != nil {
			return err
		}
		for _, s := range a.steps() {
			if err := j.timed(s.name, func() error { return s.do(ctx) }); err != nil {
				return err
			}
		}
		j.readSource(a.assigned.manifest.Rows)
		j.findings.Seconds = time.Since(begin).Seconds()
		return a.commit(ctx)
	})
	if err != nil {
		return nil, err
	}
	return a.report(), nil
}

// assigner is the job of one assignment by a model.
type assigner struct {
	*job
	config    AssignConfig
	model     *export.Model
	plan      encoder.Plan // the model's, with this table's spellings of missing
	id        string
	rows      []int64 // of the splits; −1 = not known
	assigned  *assigned
	document  driftDocument
	audiences []string // files, in the order of the segments
}

// prepare finds out what is read, before any work is done.
func (a *assigner) prepare() error {
	need := make([]string, len(a.model.Plan.Features))
	needSegments(a.model, need)
	if _, err := applyPlan(a.model, a.table, need); err != nil {
		return err
	}
	a.plan = a.model.Plan
	a.plan.Nulls = nulls(a.model, a.table)
	if a.id = a.model.Plan.Key; a.config.ID != nil {
		a.id = *a.config.ID
	}
	if a.id != "" {
		if err := a.checkID(); err != nil {
			return err
		}
	}
	for _, s := range a.table.Splits {
		a.rows = append(a.rows, s.Rows)
	}
	return nil
}

func (a *assigner) checkID() error {
	c, ok := a.table.Column(a.id)
	switch {
	case !ok:
		var names []string
		for _, c := range a.table.Columns {
			names = append(names, c.Name)
		}
		return fmt.Errorf("the id of the customers: %s: %w; name another with --id, or know rows by file and number with --id ''", tableName(a.table),
			&source.UnknownColumnError{Column: a.id, Nearest: source.Nearest(a.id, names)})
	case c.Type != source.Int && c.Type != source.Text:
		return fmt.Errorf("the id column %q holds %s: an id must be whole numbers or text; name another with --id, or know rows by file and number with --id ''", a.id, c.Type)
	}
	return nil
}

func (a *assigner) steps() []step {
	var steps []step
	if a.id == "" && slices.Contains(a.rows, -1) {
		steps = append(steps, step{"count", a.count})
	}
	steps = append(steps, step{"assign", a.assign})
	if a.config.Audiences != "" {
		steps = append(steps, step{"audiences", a.writeAudiences})
	}
	return steps
}

// count counts the rows of every split, by which rows are numbered.
func (a *assigner) count(ctx context.Context) error {
	params := wire.ProfileParams{Columns: []string{a.table.Columns[0].Name}}
	p, err := overSplits(ctx, a.job, wire.OpProfile, params, (*partial.Profile).Merge)
	if err != nil {
		return err
	}
	for _, u := range p.Units {
		a.rows[u.Unit] = u.Rows
	}
	return nil
}

func (a *assigner) assign(ctx context.Context) error {
	params := wire.AssignParams{Plan: a.plan, Tree: a.model.Tree, By: clustersOf(a.model), ID: a.id}
	for _, s := range a.model.Segments {
		params.Names = append(params.Names, s.Name)
	}
	var err error
	a.assigned, err = a.assignBy(ctx, params, a.rows)
	return err
}

func (a *assigner) writeAudiences(context.Context) error {
	files, anonymous, err := export.WriteAudiences(a.out, a.assigned.manifest, a.config.Audiences)
	if err != nil {
		return err
	}
	if a.audiences = files; anonymous > 0 {
		a.notice("%d customers have no id: they are in no audience", anonymous)
	}
	return nil
}

// driftDocument is drift.json: the table against that of the model.
type driftDocument struct {
	Model     string          `json:"model"` // its checksum
	Customers counts          `json:"customers"`
	Segments  []segmentDrift  `json:"segments"`
	PSI       *float64        `json:"segments_psi"`
	Features  []drift.Feature `json:"features"` // that the rules test, most first
}

type counts struct {
	Then int64 `json:"then"`
	Now  int64 `json:"now"`
}

type segmentDrift struct {
	Segment int     `json:"segment"` // from 1
	Name    string  `json:"name"`
	Then    int64   `json:"then"` // customers
	Now     int64   `json:"now"`
	Was     float64 `json:"share_then"`
	Is      float64 `json:"share_now"`
}

// compare sets the table beside that of the model.
func (a *assigner) compare() {
	d, manifest := &a.document, a.assigned.manifest
	*d = driftDocument{
		Model: a.model.Checksum, Customers: counts{a.model.Customers, manifest.Rows}, Features: []drift.Feature{},
	}
	var then, now []int64
	for i, s := range a.model.Segments {
		n := manifest.Segments[i].Rows
		was, is := size(s.Rows, a.model.Customers), size(n, manifest.Rows)
		d.Segments = append(d.Segments, segmentDrift{i + 1, s.Name, was.N, is.N, was.Share, is.Share})
		then, now = append(then, s.Rows), append(now, n)
	}
	d.PSI = drift.Index(then, now)
	for k, f := range a.assigned.features {
		d.Features = append(d.Features, drift.Of(&a.model.Plan.Features[f], a.model.Levels[f], a.assigned.levels[k], -1))
	}
	drift.Sort(d.Features)
}

func (a *assigner) commit(ctx context.Context) error {
	a.compare()
	err := a.write(export.DriftFile, func(w io.Writer) error { return export.WriteJSON(w, &a.document) })
	if err != nil {
		return err
	}
	return a.commitApplied(ctx, "assign", appliedConfig{
		Model: a.config.Model, Checksum: a.model.Checksum, ID: a.id, Audiences: a.config.Audiences,
	})
}

func (a *assigner) report() *report.Assignment {
	f := &a.findings
	r := &report.Assignment{
		Model: a.config.Model, Customers: a.model.Customers, PSI: a.document.PSI, Drift: a.document.Features,
		Notes: f.Notes, Source: f.Source, Seconds: f.Seconds, Out: f.Out, Outputs: f.Outputs,
	}
	for i, s := range a.document.Segments {
		x := report.AssignedSegment{Name: s.Name, N: s.Now, Was: s.Was, Is: s.Is}
		if a.audiences != nil {
			x.Audience = a.audiences[i]
		}
		r.Segments = append(r.Segments, x)
	}
	return r
}
