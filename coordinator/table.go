package coordinator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/report"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// sampledRows is the size from which tables have a sample of one row in eight,
// 250,000 and more, for choices that need no more: which features are
// near-duplicates, and which to cross for segments.
const sampledRows = 2_000_000

// profileTable reads the table once and decides the plan: what each column is,
// how it is binned, and how the metrics are held.
func (j *job) profileTable(ctx context.Context) error {
	specs, err := j.specs()
	if err != nil {
		return err
	}
	if err := errors.Join(j.checkNames(specs), j.checkSides(specs)); err != nil {
		return err
	}
	if j.given, err = j.declared(specs); err != nil {
		return err
	}
	bins, err := j.binnings()
	if err != nil {
		return err
	}
	if j.profile, err = overSplits(ctx, j, wire.OpProfile, nil, (*partial.Profile).Merge); err != nil {
		return err
	}
	if j.plan.Measures, j.metrics, err = metric.Resolve(specs, j.Weight, j.profile); err != nil {
		return err
	}
	j.specified = metric.Pinned(specs, j.metrics)
	if j.sides != nil {
		if err := j.takeSides(); err != nil {
			return err
		}
	}
	options := j.featureOptions(metric.Columns(specs, j.Weight), bins)
	if err := j.decide(ctx, options); err != nil {
		return err
	}
	if len(j.decided.Features) == 0 && (j.Search || j.Segment || j.KMeans != nil || j.sides != nil) {
		return fmt.Errorf("no column can be a feature with a minimum of %d customers (--min-share, --min-count): %s",
			options.MinCount, reasons(j.decided.Columns))
	}
	j.plan.Features, j.plan.Key, j.plan.Seed = j.decided.Features, j.decided.Key, j.Seed
	if err := j.assignRoles(); err != nil {
		return err
	}
	if j.cross, err = j.crossed(); err != nil {
		return err
	}
	j.plan.Sampled = j.rows() >= sampledRows
	if j.table.Dialect != nil {
		j.plan.Nulls = j.table.Dialect.Nulls
	}
	f := &j.findings
	f.Source = report.Source{Rows: j.rows(), Columns: len(j.table.Columns), Workers: j.engine.Slots()}
	for _, file := range j.table.Files {
		f.Source.Names = append(f.Source.Names, file.Name)
	}
	f.Columns = j.decided.Columns
	f.Overall.Features, f.Overall.Metrics = j.plan.Features, j.metrics
	f.Minimum = j.searchConfig().Minimum(j.rows())
	for _, line := range j.table.Skipped {
		j.notice("left out: %s", line)
	}
	for _, m := range j.metrics {
		if m.Rounded != "" {
			j.notice("%s: %s", m.Name, m.Rounded)
		}
	}
	return nil
}

func (j *job) specs() ([]metric.Spec, error) {
	var specs []metric.Spec
	var errs []error
	for _, text := range j.Metrics {
		spec, err := metric.Parse(text)
		specs, errs = append(specs, spec), append(errs, err)
	}
	return specs, errors.Join(errs...)
}

// decide decides the features, with as many further passes over the source as
// exact cuts need.
func (j *job) decide(ctx context.Context, options feature.Options) error {
	var answers []partial.Refinement
	for {
		decided, ask, err := feature.Decide(j.profile, answers, options)
		if err != nil || ask == nil {
			j.decided = decided
			return err
		}
		answer, err := j.refine(ctx, ask)
		if err != nil {
			return err
		}
		answers = append(answers, *answer)
	}
}

// refine answers a question from the profile, or by a pass over the source
// where columns are asked about whose values it does not keep.
func (j *job) refine(ctx context.Context, ask *partial.RefineParams) (*partial.Refinement, error) {
	known, open := j.profile.Refine(ask)
	if open == nil {
		return &known, nil
	}
	answer, err := overSplits(ctx, j, wire.OpRefine, open, (*partial.Refinement).Merge)
	if err != nil {
		return nil, err
	}
	answer.Columns = append(answer.Columns, known.Columns...)
	return answer, nil
}

func (j *job) featureOptions(metricColumns []string, bins map[string]feature.Binning) feature.Options {
	o := feature.Options{
		MinCount: j.searchConfig().Minimum(j.rows()), AsOf: j.AsOf,
		Only: j.Features, Exclude: j.Exclude, Metrics: metricColumns,
		Roles: map[string]feature.Role{}, Bins: bins,
	}
	if j.sides != nil && j.sides.Column != "" {
		o.Exclude = append(slices.Clone(o.Exclude), j.sides.Column)
	}
	for _, c := range j.table.Columns { // features of dates are not columns
		if role, ok := j.given[c.Name]; ok {
			o.Roles[c.Name] = role
		}
	}
	return o
}

func (j *job) searchConfig() *search.Config {
	return &search.Config{Order: j.Order, MinCount: j.MinCount, MinShare: j.MinShare, Features: j.allowed}
}

func (j *job) rows() int64 {
	var rows int64
	for _, u := range j.profile.Units {
		rows += u.Rows
	}
	return rows
}

// reasons says why each column is no feature.
func reasons(columns []feature.Column) string {
	var parts []string
	for _, c := range columns {
		parts = append(parts, fmt.Sprintf("%s (%s: %s)", c.Name, c.Role, c.Reason))
	}
	return strings.Join(parts, ", ")
}

// load makes the shards resident.
func (j *job) load(ctx context.Context) error {
	rows := make([]int64, len(j.table.Splits))
	marks := make([][]source.Mark, len(j.table.Splits))
	for _, u := range j.profile.Units {
		rows[u.Unit], marks[u.Unit] = u.Rows, u.Marks
	}
	size := j.ShardRows
	if size == 0 {
		size = shardRows(j.rows(), j.engine.Slots())
	}
	shards := planShards(j.table, rows, marks, min(size, MaxShardRows))
	j.shards, j.findings.Source.Shards = len(shards), len(shards)
	return j.engine.Load(ctx, &j.plan, shards)
}
