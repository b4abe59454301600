package coordinator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/persona"
	"github.com/headwater-dev/headwater/coordinator/report"
	"github.com/headwater-dev/headwater/coordinator/roles"
)

// RecutConfig says how many segments to make of the cells that an earlier job
// left in the folder From.
type RecutConfig struct {
	From          string
	KMin, KMax, K int

	Out     string // "" = nothing is written
	Force   bool
	Lang    string // of report.html: en or zh; "" = en
	Version string
}

// Recut makes other segments from the dendrogram and the cells of an earlier
// job, without its table, and writes all that a job of segments leaves but the
// assignments.
func Recut(ctx context.Context, c *RecutConfig) (found *report.Findings, err error) {
	begin := time.Now()
	j := &job{Config: &Config{Lang: c.Lang, Version: c.Version, Out: c.Out}}
	var earlier runDocument
	if err := j.openJob(c.From, &earlier); err != nil {
		return nil, err
	}
	f := &j.findings
	config := merge.Config{KMin: c.KMin, KMax: c.KMax, K: c.K}
	if f.Segments, err = merge.Recut(ctx, &j.plan, j.metrics, f.Segments, config); err != nil {
		return nil, err
	}
	if f.Personas, err = persona.Describe(&j.plan, j.metrics, f.Segments, j.levels, j.style()); err != nil {
		return nil, err
	}
	if err = j.besideSegments(context.Background()); err != nil {
		return nil, err
	}
	j.warnOfArtefacts()
	f.Seconds = time.Since(begin).Seconds()
	if c.Out == "" {
		return f, nil
	}
	if j.out, err = export.Open(c.Out, c.Force); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.out.Abort()) }()
	earlier.Version, earlier.Segments, earlier.Seconds, earlier.From = c.Version, f.Segments.K, f.Seconds, c.From
	earlier.Config.K, earlier.Config.KMin, earlier.Config.KMax = c.K, c.KMin, c.KMax
	earlier.Groups, earlier.Stages, earlier.Workers, earlier.Shards = 0, nil, 0, 0
	return f, j.writeRecut(&earlier)
}

// writeRecut writes the outputs of Recut.
func (j *job) writeRecut(run *runDocument) error {
	if err := j.writeSegments(); err != nil {
		return err
	}
	if err := j.writeReports(); err != nil {
		return err
	}
	run.Outputs = j.out.Outputs()
	if err := j.write(export.RunFile, func(w io.Writer) error { return export.WriteJSON(w, run) }); err != nil {
		return err
	}
	if err := j.out.Commit(); err != nil {
		return err
	}
	j.findings.Out, j.findings.Outputs = j.out.Path(), j.out.Outputs()
	return nil
}

// openJob takes up a finished job that made segments.
func (j *job) openJob(from string, run *runDocument) error {
	var segments segmentsDocument
	var profile profileDocument
	if err := readOutput(from, export.SegmentsFile, &segments); err != nil {
		return err
	}
	if err := readOutput(from, export.ProfileFile, &profile); err != nil {
		return err
	}
	if err := readOutput(from, export.RunFile, run); err != nil {
		return err
	}
	if segments.Merging == nil {
		return fmt.Errorf("%s: it holds no segments; run the job again", filepath.Join(from, export.SegmentsFile))
	}
	if err := j.openModel(from); err != nil {
		return err
	}
	if err := j.openCells(from, segments.Merging); err != nil {
		return err
	}
	var err error
	if j.levels, err = merge.AllLevels(&j.plan, segments.Merging.Kept); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(from, export.CellsFile), err)
	}
	j.metrics = profile.Metrics
	for _, m := range j.metrics {
		if m.Num < 0 || m.Num >= len(j.plan.Measures) || m.Den >= len(j.plan.Measures) || len(segments.Merging.Kept.Squares) != len(j.plan.Measures) {
			return fmt.Errorf("%s: metric %s is not among the measures of the model; run the job again", filepath.Join(from, export.ProfileFile), m.Name)
		}
	}
	f := &j.findings
	f.Segments, f.Columns, f.Ranking, f.Minimum, f.Notes = segments.Merging, profile.Columns, profile.Ranking, profile.Minimum, profile.Notes
	j.openRoles(&profile)
	f.Overall = export.Overall{Features: j.plan.Features, Metrics: j.metrics, All: j.levels.Last()}
	f.Source = report.Source{Rows: segments.Customers, Columns: run.Columns}
	for _, file := range run.Input {
		f.Source.Names = append(f.Source.Names, file.Name)
	}
	return nil
}

// openRoles takes up the roles of the features.
func (j *job) openRoles(profile *profileDocument) {
	j.artefacts = roles.Artefacts(j.plan.Features, profile.Columns, j.levels)
	j.roles = make([]feature.Role, len(j.plan.Features))
	for i := range j.roles {
		j.roles[i] = feature.Feature
	}
	if len(profile.Context)+len(profile.Levers) == 0 {
		return
	}
	j.findings.Roles = &roles.Result{Context: profile.Context, Levers: profile.Levers}
	for role, list := range map[feature.Role][]roles.Aside{feature.Context: profile.Context, feature.Lever: profile.Levers} {
		for _, a := range list {
			if a.Feature >= 0 && a.Feature < len(j.roles) {
				j.roles[a.Feature] = role
			}
		}
	}
}

func (j *job) openModel(from string) error {
	path := filepath.Join(from, export.ModelFile)
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("the job in %s: %w", from, err)
	}
	defer file.Close()
	model, err := export.ReadModel(file)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	j.plan, j.Weight = model.Plan, model.Weight
	for _, m := range model.Metrics {
		j.specified = append(j.specified, m.Spec)
	}
	return nil
}

func (j *job) openCells(from string, r *merge.Result) error {
	path := filepath.Join(from, export.CellsFile)
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the job in %s kept no cells (an earlier version made it): run segment on the table with --k", from)
	}
	if err != nil {
		return fmt.Errorf("the job in %s: %w", from, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err == nil {
		r.Kept, r.Unseen, err = export.ReadCells(file, info.Size())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
