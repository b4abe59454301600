package coordinator

import (
	"context"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/roles"
	"github.com/headwater-dev/headwater/coordinator/sample"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// ofRole lists the features of a role, the strongest for the first metric first.
func (j *job) ofRole(role feature.Role) []int {
	var found []int
	for _, i := range feature.ByStrength(j.findings.Ranking, 0) {
		if j.roles[i] == role {
			found = append(found, i)
		}
	}
	return found
}

// besideTraits describes the features that are no traits, over all customers.
func (j *job) besideTraits(ctx context.Context) error {
	outside, levers := j.ofRole(feature.Context), j.ofRole(feature.Lever)
	if len(outside)+len(levers) == 0 {
		return nil
	}
	var items [][]wire.Item
	at := map[int]int{} // feature → its first item
	for _, f := range slices.Concat(outside, levers) {
		at[f] = len(items)
		for code := range j.plan.Features[f].Codes() {
			items = append(items, []wire.Item{{Feature: f, Code: uint8(code)}})
		}
	}
	var squares []partial.Squares
	if needSquares(j.metrics) {
		var err error
		if squares, err = j.squaresOf(ctx, items); err != nil {
			return err
		}
	}
	describe := func(features []int) (found []roles.Aside) {
		for _, f := range features {
			first := encoder.Offsets(j.plan.Features)[f]
			a := roles.Aside{Feature: f, Name: j.plan.Features[f].Name, LeftOut: j.findings.Ranking[f].LeftOut, Metrics: []roles.Levels{}}
			for k, m := range j.metrics {
				levels := j.tabulate(m, f, func(code int) roles.Sums {
					s := roles.Sums{N: j.levels.N[first+code], Value: m.At(j.levels, first+code)}
					if squares != nil {
						s.Squares = squares[m.Num].Big(at[f] + code)
					}
					return s
				})
				a.Metrics = append(a.Metrics, roles.Levels{Association: j.findings.Ranking[f].Metrics[k], Levels: levels})
			}
			found = append(found, a)
		}
		return found
	}
	j.findings.Roles = &roles.Result{Context: describe(outside), Levers: describe(levers)}
	return nil
}

// tabulate lists the levels of a feature against all customers.
func (j *job) tabulate(m metric.Metric, f int, at func(code int) roles.Sums) []roles.Level {
	return roles.Table(m, &j.plan.Features[f], m.At(&j.findings.Overall.All, 0), at)
}

// beside lists the sets of features that the traits are compared with: traits
// and context, traits and levers, as far as there are any.
func (j *job) beside() [][]int {
	var sets [][]int
	for _, role := range []feature.Role{feature.Context, feature.Lever} {
		set := slices.Clone(j.allowed)
		for i, r := range j.roles {
			if r == role && j.findings.Ranking[i].LeftOut == "" {
				set = append(set, i)
			}
		}
		if len(set) > len(j.allowed) {
			slices.Sort(set)
			sets = append(sets, set)
		}
	}
	return sets
}

// besideSegments finds what context and levers add to the segments.
func (j *job) besideSegments(ctx context.Context) error {
	r := j.findings.Roles
	if r == nil {
		return nil
	}
	explained := &j.findings.Segments.R2
	sets := explained.Beside
	if explained.Cells == nil || len(sets) != len(j.beside()) {
		return nil // the segments of an earlier version
	}
	for _, part := range []struct {
		role feature.Role
		into **roles.Adds
	}{{feature.Context, &r.ContextAdds}, {feature.Lever, &r.LeversAdd}} {
		features := slices.DeleteFunc(j.ofRole(part.role), func(f int) bool { return j.findings.Ranking[f].LeftOut != "" })
		if len(features) == 0 {
			continue
		}
		both := sets[0]
		sets = sets[1:]
		a := &roles.Adds{Traits: explained.Cells.R2, TraitsError: explained.Cells.Error, Both: both.R2, BothError: both.Error, Within: []roles.Within{}}
		a.Gain, a.GainError = both.Beyond(explained.Cells)
		*part.into = a
		for _, f := range features {
			metrics := j.metrics
			if part.role == feature.Context { // of which the strongest for a metric is enough
				metrics = slices.DeleteFunc(slices.Clone(metrics), func(m metric.Metric) bool { return f != j.strongest(features, m) })
			}
			if err := j.within(ctx, a, f, metrics); err != nil {
				return err
			}
		}
	}
	return nil
}

// strongest returns the feature that tells most of a metric.
func (j *job) strongest(features []int, m metric.Metric) int {
	k := slices.IndexFunc(j.metrics, func(x metric.Metric) bool { return x.Name == m.Name })
	order := feature.ByStrength(j.findings.Ranking, k)
	return order[slices.IndexFunc(order, func(f int) bool { return slices.Contains(features, f) })]
}

// mostWithin bounds the cells that segments and a feature have together.
const mostWithin = 1 << 20

// within adds metrics on the levels of a feature inside each segment, by one
// pass over the rows. Where there is no table at hand, or there are too many
// cells, nothing is added.
func (j *job) within(ctx context.Context, a *roles.Adds, f int, metrics []metric.Metric) error {
	s := j.findings.Segments
	crossed := append(slices.Clone(s.Crossed), f)
	if j.engine == nil || len(metrics) == 0 {
		return nil
	}
	p := wire.CellsParams{Crossings: [][]int{crossed}, Squares: needSquares(metrics), Limit: mostWithin}
	cells, err := overShards(ctx, j, wire.OpCells, p,
		func(into, part *[]partial.Cells) error { return (*into)[0].Merge(&(*part)[0], mostWithin, 0) })
	if err != nil {
		return err
	}
	if (*cells)[0].Overflown() {
		j.notice("%s has too many levels to be shown inside the segments: fewer with --bins, for example", j.plan.Features[f].Name)
		return nil
	}
	counts, squares := s.Within(&j.plan, f, &(*cells)[0])
	codes := j.plan.Features[f].Codes()
	for _, m := range metrics {
		w := roles.Within{Feature: f, Name: j.plan.Features[f].Name, Metric: m.Name}
		for segment := range s.Segments {
			w.Segments = append(w.Segments, j.tabulate(m, f, func(code int) roles.Sums {
				return sumsAt(m, &counts, squares, segment*codes+code)
			}))
		}
		a.Within = append(a.Within, w)
	}
	return nil
}

// sumsAt reads entry i of counts; squares may be nil.
func sumsAt(m metric.Metric, counts *partial.Counts, squares []partial.Squares, i int) roles.Sums {
	s := roles.Sums{N: counts.N[i], Value: m.At(counts, i)}
	if squares != nil {
		s.Squares = squares[m.Num].Big(i)
	}
	return s
}

// needSquares reports whether the interval of any metric takes Σx².
func needSquares(metrics []metric.Metric) bool {
	return slices.ContainsFunc(metrics, func(m metric.Metric) bool { return m.Den < 0 && !m.Binary })
}

// leversOfFindings looks up the metric of every finding on the levels of levers.
func (j *job) leversOfFindings(ctx context.Context) error {
	r := j.findings.Roles
	if r == nil || len(r.Levers) == 0 {
		return nil
	}
	for _, m := range j.metrics {
		var found []*evidence.Finding
		for i := range j.findings.Evidence.Findings {
			if x := &j.findings.Evidence.Findings[i]; x.Metric == m.Name {
				found = append(found, x)
			}
		}
		var groups [][]wire.Item
		for _, x := range found {
			for _, lever := range r.Levers {
				for code := range j.plan.Features[lever.Feature].Codes() {
					items := append(slices.Clone(x.Items), wire.Item{Feature: lever.Feature, Code: uint8(code)})
					slices.SortFunc(items, func(a, b wire.Item) int { return a.Feature - b.Feature })
					groups = append(groups, items)
				}
			}
		}
		if len(groups) == 0 {
			continue
		}
		meter := sample.Plain(m)
		probed, err := sample.Probe(ctx, j.engine, groups, wire.ProbeParams{Columns: meter.Columns})
		if err != nil {
			return err
		}
		at := 0
		for _, x := range found {
			for _, lever := range r.Levers {
				first := at
				at += j.plan.Features[lever.Feature].Codes()
				levels := j.tabulate(m, lever.Feature, func(code int) roles.Sums {
					sums := probed.All(meter, first+code)
					a, b := probed.N(first + code)
					return roles.Sums{N: a + b, Value: meter.ValueOf(sums), Squares: sums.Squares}
				})
				r.Findings = append(r.Findings, roles.AtFinding{
					Metric: m.Name, Rank: x.Rank, Group: x.Group, Feature: lever.Feature, Name: lever.Name, Levels: levels,
				})
			}
		}
	}
	return nil
}
