package coordinator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/headwater-dev/headwater/coordinator/drift"
	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/recheck"
	"github.com/headwater-dev/headwater/coordinator/report"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Recheck holds the findings and segments of the finished job in the folder
// from against the table of c. Nothing in that folder is touched; outputs go to
// c.Out where it is given.
func Recheck(ctx context.Context, c *Config, from string) (*report.Recheck, error) {
	e, err := openEarlier(from)
	if err != nil {
		return nil, err
	}
	if err := apartFrom(from, c.Out); err != nil {
		return nil, err
	}
	r := &rechecker{earlier: e}
	err = withJob(ctx, c, func(j *job) error {
		begin := time.Now()
		r.job = j
		for _, s := range []step{{"profile", r.profileTable}, {"load", j.load}, {"recheck", r.recheck}} {
			if err := j.timed(s.name, func() error { return s.do(ctx) }); err != nil {
				return err
			}
		}
		j.findings.Seconds = time.Since(begin).Seconds()
		if j.folder == nil {
			return nil
		}
		return r.commit(ctx)
	})
	if err != nil {
		return nil, err
	}
	return r.report(), nil
}

// earlier is a finished job as its folder holds it.
type earlier struct {
	from     string
	model    *export.Model
	findings []evidence.Finding
	gate     evidence.Config
	segments *segmentsDocument // nil: the job made none
}

func openEarlier(from string) (*earlier, error) {
	var run struct {
		Config struct {
			Evidence *evidence.Config `json:"findings"`
		} `json:"config"`
	}
	if err := readOutput(from, export.RunFile, &run); err != nil {
		return nil, err
	}
	model, err := readModel(filepath.Join(from, export.ModelFile))
	if err != nil {
		return nil, fmt.Errorf("the job in %s cannot be rechecked: %w", from, err)
	}
	e := &earlier{from: from, model: model, gate: evidence.Default()}
	if run.Config.Evidence != nil {
		e.gate = *run.Config.Evidence
	}
	_, err = os.Stat(filepath.Join(from, export.FindingsFile))
	if err == nil {
		err = e.readFindings()
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if model.Clusters != nil {
		return nil, fmt.Errorf("the job in %s made clusters, and recheck holds findings and segments against newer data: headwater assign applies its model and tells the drift", from)
	}
	if !model.Assigns() {
		return e, nil
	}
	e.segments = &segmentsDocument{}
	return e, e.readSegments()
}

// readFindings reads the findings, whose items must be of the model's plan.
func (e *earlier) readFindings() error {
	var found evidence.Result
	if err := readOutput(e.from, export.FindingsFile, &found); err != nil {
		return err
	}
	features := e.model.Plan.Features
	for _, f := range found.Findings {
		for _, item := range f.Items {
			if item.Feature < 0 || item.Feature >= len(features) || int(item.Code) >= features[item.Feature].Codes() {
				return fmt.Errorf("%s: finding %d has an item that %s lacks: they are of two jobs; run the job again",
					filepath.Join(e.from, export.FindingsFile), f.Rank, export.ModelFile)
			}
		}
		if !slices.ContainsFunc(e.model.Metrics, func(m export.ModelMetric) bool { return m.Name == f.Metric }) {
			return fmt.Errorf("%s: finding %d is of the metric %q, which %s lacks: they are of two jobs; run the job again",
				filepath.Join(e.from, export.FindingsFile), f.Rank, f.Metric, export.ModelFile)
		}
	}
	e.findings = found.Findings
	return nil
}

// readSegments reads the segments, which must be those of the model.
func (e *earlier) readSegments() error {
	if err := readOutput(e.from, export.SegmentsFile, e.segments); err != nil {
		return err
	}
	fits := e.segments.Personas != nil && len(e.segments.Personas.Segments) == len(e.model.Segments)
	for i := 0; fits && i < len(e.model.Segments); i++ {
		fits = len(e.segments.Personas.Segments[i].Metrics) == len(e.model.Metrics)
	}
	if !fits {
		return fmt.Errorf("%s does not hold the segments of %s: they are of two jobs; run the job again",
			filepath.Join(e.from, export.SegmentsFile), export.ModelFile)
	}
	return nil
}

// needs says of each feature what needs it: "" = nothing.
func (e *earlier) needs() []string {
	need := make([]string, len(e.model.Plan.Features))
	for _, f := range e.findings {
		for _, item := range f.Items {
			if need[item.Feature] == "" {
				need[item.Feature] = fmt.Sprintf("finding %d", f.Rank)
			}
		}
	}
	for _, f := range testedFeatures(&e.model.Tree) {
		need[f] = strings.TrimPrefix(need[f]+" and "+bySegments, " and ")
	}
	return need
}

// bySegments says what needs the features that a model's tree tests.
const bySegments = "the segments' rules"

// rechecker is the job of one recheck.
type rechecker struct {
	*job
	earlier *earlier
	applied *applied
	result  recheck.Result
}

// profileTable finds out how the table is encoded: features by the earlier
// job's cuts and dictionaries, metrics with the digits that this table needs.
func (r *rechecker) profileTable(ctx context.Context) error {
	model := r.earlier.model
	var specs []metric.Spec
	for _, m := range model.Metrics {
		specs = append(specs, m.Spec)
	}
	if err := r.checkMetrics(specs, model.Weight); err != nil {
		return err
	}
	var err error
	if r.applied, err = applyPlan(model, r.table, r.earlier.needs()); err != nil {
		return err
	}
	if len(r.applied.plan.Features) == 0 {
		return fmt.Errorf("%s has none of the columns that the features of the job in %s are made of", tableName(r.table), r.earlier.from)
	}
	params := wire.ProfileParams{Columns: r.columns(metric.Columns(specs, model.Weight))}
	if r.profile, err = overSplits(ctx, r.job, wire.OpProfile, params, (*partial.Profile).Merge); err != nil {
		return err
	}
	r.readSource(r.rows())
	r.plan = r.applied.plan
	r.plan.Measures, r.metrics, err = metric.Resolve(specs, model.Weight, r.profile)
	if err != nil {
		return err
	}
	for _, m := range r.metrics {
		if m.Rounded != "" {
			r.notice("%s: %s", m.Name, m.Rounded)
		}
	}
	return nil
}

// columns lists what is read: the given ones and those of the plan's features,
// in the table's order.
func (r *rechecker) columns(names []string) []string {
	for _, f := range r.applied.plan.Features {
		names = append(names, f.Column)
	}
	var out []string
	for _, c := range r.table.Columns {
		if slices.Contains(names, c.Name) {
			out = append(out, c.Name)
		}
	}
	return out
}

// checkMetrics reports every column of the metrics that the table lacks.
func (r *rechecker) checkMetrics(specs []metric.Spec, weight string) error {
	var names []string
	for _, c := range r.table.Columns {
		names = append(names, c.Name)
	}
	var errs []error
	for _, column := range metric.Columns(specs, weight) {
		if !slices.Contains(names, column) {
			errs = append(errs, fmt.Errorf("the job's metrics need a column that %s lacks: %w", tableName(r.table),
				&source.UnknownColumnError{Column: column, Nearest: source.Nearest(column, names)}))
		}
	}
	return errors.Join(errs...)
}

// recheck counts what findings, segments and drift need, and judges.
func (r *rechecker) recheck(ctx context.Context) error {
	halves, err := overShards(ctx, r.job, wire.OpLevels, nil, (*partial.Halves).Merge)
	if err != nil {
		return err
	}
	if r.levels, err = halves.All(); err != nil {
		return err
	}
	r.findings.Overall.All = r.levels.Last()
	e, out := r.earlier, &r.result
	*out = recheck.Result{
		From: e.from, Customers: recheck.Then{Then: e.model.Customers, Now: r.rows()},
		Gate:     recheck.Gate{Odds: e.gate.Odds, Lift: e.gate.Lift, Sigma: e.gate.Sigma, FDR: e.gate.FDR},
		Segments: []recheck.Segment{}, Notes: []string{},
	}
	for i, m := range r.metrics {
		x := recheck.Metric{Name: m.Name, Then: e.model.Metrics[i].Mean}
		if mean, ok := m.Mean(m.At(&r.findings.Overall.All, 0)); ok {
			x.Now = &mean
		}
		out.Metrics = append(out.Metrics, x)
	}
	found := slices.Clone(e.findings)
	for i := range found {
		found[i].Items = r.applied.items(found[i].Items)
	}
	if out.Findings, err = evidence.Recheck(ctx, r.engine, &r.plan, r.metrics, found, e.gate); err != nil {
		return err
	}
	if e.segments != nil {
		if err := r.recheckSegments(ctx); err != nil {
			return err
		}
	}
	r.drift()
	out.Notes = append(out.Notes, r.findings.Notes...)
	return nil
}

func (r *rechecker) recheckSegments(ctx context.Context) error {
	e, out := r.earlier, &r.result
	params := wire.SegmentsParams{Tree: r.applied.tree(&e.model.Tree), Segments: len(e.model.Segments)}
	counts, err := overShards(ctx, r.job, wire.OpSegments, params, (*partial.Segments).Merge)
	if err != nil {
		return err
	}
	var then []int64
	for s, segment := range e.model.Segments {
		persona := e.segments.Personas.Segments[s]
		x := recheck.Segment{
			Segment: s + 1, Name: segment.Name,
			Then: size(segment.Rows, e.model.Customers), Now: size(counts.All.N[s], r.rows()),
		}
		for k, m := range r.metrics {
			was := persona.Metrics[k]
			y := recheck.SegmentMetric{
				Name: m.Name,
				Then: recheck.ThenFigures(recheck.Figures{Known: was.Known, Mean: was.Mean, Low: was.Low, High: was.High, Lift: was.Lift},
					m, out.Metrics[k].Then),
				Now: recheck.NowFigures(m, counts, s, m.At(&r.findings.Overall.All, 0)),
			}
			y.Judge(out.Metrics[k].Then, out.Metrics[k].Now)
			x.Metrics = append(x.Metrics, y)
		}
		out.Segments = append(out.Segments, x)
		then = append(then, segment.Rows)
	}
	out.SharesPSI = drift.Index(then, counts.All.N)
	return nil
}

func size(n, of int64) recheck.Size {
	return recheck.Size{N: n, Share: float64(n) / float64(max(1, of))}
}

// drift compares every feature's levels with those of the earlier table.
func (r *rechecker) drift() {
	now := levelCounts(r.plan.Features, r.levels.N)
	for i, at := range r.applied.at {
		if at < 0 {
			continue
		}
		f := &r.earlier.model.Plan.Features[i]
		empty := int64(-1)
		if c := slices.IndexFunc(r.profile.Columns, func(c partial.Column) bool { return c.Name == f.Column }); c >= 0 {
			empty = r.profile.Columns[c].Rows - r.profile.Columns[c].Known()
		}
		r.result.Drift = append(r.result.Drift, drift.Of(f, r.earlier.model.Levels[i], now[at], empty))
	}
	r.result.Drift = append(r.result.Drift, r.applied.gone...)
	drift.Sort(r.result.Drift)
}

// commit writes the outputs and puts them into place.
func (r *rechecker) commit(ctx context.Context) error {
	err := r.write(export.RecheckFile, func(w io.Writer) error { return export.WriteJSON(w, &r.result) })
	if err == nil {
		err = r.write(export.RecheckTableFile, func(w io.Writer) error { return export.WriteRecheck(w, &r.result, r.BOM) })
	}
	if err != nil {
		return err
	}
	return r.commitApplied(ctx, "recheck", appliedConfig{From: r.earlier.from, Checksum: r.earlier.model.Checksum})
}

func (r *rechecker) report() *report.Recheck {
	f := &r.findings
	return &report.Recheck{
		Result: &r.result, Metrics: r.metrics,
		Source: f.Source, Seconds: f.Seconds, Out: f.Out, Outputs: f.Outputs,
	}
}
