package coordinator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/headwater-dev/headwater/coordinator/contrast"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/report"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Sides says which two sides a table has: two inputs, or a split by a column.
type Sides struct {
	contrast.Split
	Files int       `json:"files_of_a,omitempty"` // how many of the table's files, from the first, are A; 0 = by Split
	Names [2]string `json:"-"`                    // of A and B, where they are files
}

// FileSides returns the sides of two inputs, each a file, glob or folder, and
// what to read: the files of a, then those of b.
func FileSides(a, b string) (s Sides, inputs []string, err error) {
	if filepath.Clean(a) == filepath.Clean(b) {
		return s, nil, fmt.Errorf("there is nothing to compare: A and B are both %s", a)
	}
	paths, err := source.Expand([]string{a})
	if err != nil {
		return s, nil, err
	}
	s.Files, s.Names = len(paths), [2]string{a, b}
	if filepath.Base(a) != filepath.Base(b) {
		s.Names = [2]string{filepath.Base(a), filepath.Base(b)}
	}
	return s, []string{a, b}, nil
}

// Validate reports every problem at once, in terms of the flags.
func (s *Sides) Validate() error {
	var errs []error
	if s.Files == 0 && s.Column == "" {
		errs = append(errs, errors.New("nothing to compare: name two files, or --input and --split-by"))
	}
	if s.Files > 0 && s.Column != "" {
		errs = append(errs, errors.New("two files are two sides already: give them, or --split-by"))
	}
	if s.Column == "" && (s.A != "" || s.B != "" || s.At != "") {
		errs = append(errs, errors.New("--a, --b and --at are about the column of --split-by"))
	}
	if s.At != "" && (s.A != "" || s.B != "") {
		errs = append(errs, errors.New("--at cuts a column, and --a and --b name two of its values: give one or the others"))
	}
	if (s.A == "") != (s.B == "") {
		errs = append(errs, errors.New("--a and --b go together"))
	}
	return errors.Join(errs...)
}

// Diff finds out which groups differ most between two sides of a table. The
// out folder is optional; it is filled when everything is done, or not at all.
func Diff(ctx context.Context, c *Config, s Sides) (found *report.Findings, err error) {
	if err := errors.Join(s.Validate(), c.Evidence.Validate()); err != nil {
		return nil, err
	}
	err = withJob(ctx, c, func(j *job) error {
		begin := time.Now()
		j.sides = &s
		for _, step := range []step{{"profile", j.profileTable}, {"load", j.load}, {"rank", j.rankSides}, {"compare", j.compare}} {
			if err := j.timed(step.name, func() error { return step.do(ctx) }); err != nil {
				return err
			}
		}
		j.findings.Seconds = time.Since(begin).Seconds()
		found = &j.findings
		if j.out == nil {
			return nil
		}
		return j.commit(ctx, j.writeDifferences)
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// checkSides refuses a metric that reads what tells the sides apart: it would
// say that A is not B.
func (j *job) checkSides(specs []metric.Spec) error {
	if j.sides != nil && j.sides.Column != "" && slices.Contains(metric.Columns(specs, j.Weight), j.sides.Column) {
		return fmt.Errorf("--metric: column %q is what tells the sides apart, so that it says nothing about them", j.sides.Column)
	}
	return nil
}

// takeSides plans the two sides, and the measures that are known on one each.
func (j *job) takeSides() error {
	s, complete := j.sides, false
	switch {
	case s.Files > 0:
		var rows int64
		for _, u := range j.profile.Units {
			if j.table.Splits[u.Unit].File < s.Files {
				rows += u.Rows
			}
		}
		j.plan.Sides, complete = contrast.SplitFiles(rows, s.Names[0], s.Names[1]), true
	default:
		for i := range j.profile.Columns {
			if c := &j.profile.Columns[i]; c.Name == s.Column {
				var note string
				var err error
				if j.plan.Sides, note, err = s.Sides(c); err != nil {
					return err
				}
				if note != "" {
					j.notice("%s", note)
				}
			}
		}
	}
	j.plan.Measures, j.side, j.pairs = contrast.Measures(j.plan.Measures, j.metrics, complete)
	j.metrics = nil
	for _, p := range j.pairs {
		j.metrics = append(j.metrics, p.A, p.B)
	}
	return nil
}

// tellsSides is from which AUC on a feature is another form of the split.
const tellsSides = 0.95

// rankSides counts every level of every feature and leaves out those that give
// the side away, or a metric.
func (j *job) rankSides(ctx context.Context) error {
	var err error
	if j.halves, err = overShards(ctx, j, wire.OpLevels, nil, (*partial.Halves).Merge); err != nil {
		return err
	}
	if j.levels, err = j.halves.All(); err != nil {
		return err
	}
	ranking := feature.Rank(j.plan.Features, j.metrics, j.levels, nil, j.Keep)
	for i, r := range feature.Rank(j.plan.Features, []metric.Metric{j.side}, j.levels, nil, j.Keep) {
		auc := r.Metrics[0].AUC
		switch {
		case j.roles[i] != feature.Feature:
		case auc != nil && *auc >= tellsSides:
			j.notice("LEFT OUT: %s gives the side away (AUC %.2f), so that it cannot be compared", r.Name, *auc)
		case ranking[i].LeftOut != "":
			j.notice("LEFT OUT: %s", ranking[i].LeftOut)
		default:
			j.allowed = append(j.allowed, i)
		}
	}
	if len(j.allowed) == 0 {
		return errors.New("no feature is left by which groups could be compared: each gives the side or the metric away")
	}
	return nil
}

// compare counts the groups and finds those that differ.
func (j *job) compare(ctx context.Context) error {
	all := j.levels.Last()
	onSides := j.side.At(&all, 0).Known
	config := search.Config{
		Order: j.Order, MinCount: (&search.Config{MinCount: j.MinCount, MinShare: j.MinShare}).Minimum(onSides), Features: j.allowed,
	}
	groups, err := search.Run(ctx, j.engine, &j.plan, j.halves, config, j.tellLevel)
	if err != nil {
		return err
	}
	if groups.Len() == 0 {
		return fmt.Errorf("no group reaches the minimum of %d customers: lower it with --min-count or --min-share", config.MinCount)
	}
	table := contrast.Table{Plan: &j.plan, Side: j.side, Pairs: j.pairs, Groups: groups, Levels: j.halves}
	j.findings.Contrast, err = contrast.Run(ctx, j.engine, table, contrast.Config{Evidence: j.Evidence, Top: j.Top})
	j.findings.Overall.Metrics = nil
	for _, p := range j.pairs {
		m := p.A
		m.Name = p.Name
		j.findings.Overall.Metrics = append(j.findings.Overall.Metrics, m)
	}
	return err
}

// writeDifferences writes the outputs of Diff.
func (j *job) writeDifferences() error {
	err := j.write(export.DiffFile, func(w io.Writer) error { return export.WriteJSON(w, j.findings.Contrast) })
	if err != nil {
		return err
	}
	return j.write(export.DiffTableFile, func(w io.Writer) error {
		return export.WriteDifferences(w, j.findings.Contrast, j.BOM)
	})
}
