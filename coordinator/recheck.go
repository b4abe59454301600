package coordinator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/headwater-dev/headwater/coordinator/drift"
	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/persona"
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
		if j.out == nil {
			return nil
		}
		return r.commit(ctx)
	})
	if err != nil {
		return nil, err
	}
	return r.report(), nil
}

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
	if e.personas != nil {
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
	counts, err := r.countSegments(ctx)
	if err != nil {
		return err
	}
	var then []int64
	for s, segment := range e.model.Segments {
		personas := e.personas.Segments[s]
		x := recheck.Segment{
			Segment: s + 1, Name: segment.Name,
			Then: size(segment.Rows, e.model.Customers), Now: size(counts.All.N[s], r.rows()),
		}
		for k, m := range r.metrics {
			was := personas.Metrics[k]
			y := recheck.SegmentMetric{
				Name: m.Name,
				Then: recheck.ThenFigures(thenFigures(&was), m, out.Metrics[k].Then),
				Now:  recheck.NowFigures(m, counts, s, m.At(&r.findings.Overall.All, 0)),
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

// thenFigures are those of the finished job on customers that did not form the
// segment; where there were none, without an interval on all.
func thenFigures(was *persona.Metric) recheck.Figures {
	if u := was.Unseen; u != nil {
		return recheck.Figures{Known: u.Known, Mean: u.Mean, Low: u.Low, High: u.High, Lift: u.Lift}
	}
	return recheck.Figures{Known: was.Known, Mean: was.Mean, Lift: was.Lift}
}

// countSegments counts the segments by the rules, or the nearest centres, of the
// model.
func (r *rechecker) countSegments(ctx context.Context) (*partial.Segments, error) {
	model := r.earlier.model
	if by := clustersOf(model); by != nil {
		for i := range by.OneHot {
			by.OneHot[i].Feature = r.applied.at[by.OneHot[i].Feature]
		}
		params := wire.ClustersParams{OneHot: by.OneHot, Centres: by.Centres}
		return overShards(ctx, r.job, wire.OpClusters, params, (*partial.Segments).Merge)
	}
	params := wire.SegmentsParams{Tree: r.applied.tree(&model.Tree), Segments: len(model.Segments)}
	return overShards(ctx, r.job, wire.OpSegments, params, (*partial.Segments).Merge)
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
