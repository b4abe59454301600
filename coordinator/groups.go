package coordinator

import (
	"context"
	"fmt"
	"io"
	"slices"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/wire"
)

// search finds the groups, ranks them and writes them.
func (j *job) search(ctx context.Context) error {
	if j.Best {
		return j.searchBest(ctx)
	}
	f := &j.findings
	if err := evidence.Check(&j.plan, j.Evidence.Known); err != nil {
		return err
	}
	groups, err := search.Run(ctx, j.engine, &j.plan, j.halves, *j.searchConfig(), j.tellLevel)
	if err != nil {
		return err
	}
	if groups.Len() == 0 {
		return j.noGroups()
	}
	if f.Tops, err = j.tops(groups); err != nil {
		return err
	}
	table := evidence.Table{Plan: &j.plan, Metrics: j.metrics, Groups: groups, Levels: j.halves}
	if f.Evidence, err = evidence.Run(ctx, j.engine, table, j.Evidence); err != nil {
		return err
	}
	if err = f.Evidence.Describe(ctx, j.engine, table, j.telling()); err != nil {
		return err
	}
	if err = j.leversOfFindings(ctx); err != nil {
		return err
	}
	if !j.All {
		groups, f.Tops = onlyTops(&j.plan, groups, f.Tops)
	}
	if err := j.listGroups(ctx, groups); err != nil {
		return err
	}
	if j.Segment {
		return nil // findings are written when it is known which segments they lie in
	}
	return j.writeFindings()
}

// writeFindings writes the groups that stand up.
func (j *job) writeFindings() error {
	err := j.write(export.FindingsFile, func(w io.Writer) error { return export.WriteJSON(w, j.findingsDocument()) })
	if err != nil {
		return err
	}
	return j.write(export.FindingsTableFile, func(w io.Writer) error {
		return export.WriteFindings(w, j.findings.Evidence.Findings, j.BOM)
	})
}

// telling lists the features that say something of customers: those that do not
// give a metric away.
func (j *job) telling() []int {
	var out []int
	for i, r := range j.findings.Ranking {
		if r.LeftOut == "" {
			out = append(out, i)
		}
	}
	return out
}

// searchBest finds the best groups of each metric and nothing else, which spares
// counting most of the others. Findings would need these.
func (j *job) searchBest(ctx context.Context) error {
	f := &j.findings
	var targets []search.Target
	for _, m := range j.metrics {
		targets = append(targets, search.Target{
			Metric: m, All: m.At(&f.Overall.All, 0), Rank: j.rankBy(), Most: j.MaxShare * float64(j.rows()),
		})
	}
	groups, rankings, err := search.Best(ctx, j.engine, &j.plan, j.halves, *j.searchConfig(), targets, j.tellLevel)
	if err != nil {
		return err
	}
	if groups.Len() == 0 {
		return j.noGroups()
	}
	for k, ranking := range rankings {
		top := export.Ranking{Metric: j.metrics[k].Name, Measure: j.By}
		for _, e := range ranking.Entries {
			top.Groups = append(top.Groups, e.Group)
		}
		f.Tops = append(f.Tops, top)
	}
	j.notice("only the top groups were sought; leave out --top to learn which groups hold on unseen customers")
	return j.listGroups(ctx, groups)
}

// listGroups writes the groups, and the rankings of them.
func (j *job) listGroups(ctx context.Context, groups *search.Groups) error {
	f := &j.findings
	f.Groups, f.MaxShare = groups, j.MaxShare
	for i := range f.Tops {
		if err := j.addSquares(ctx, &f.Tops[i]); err != nil {
			return err
		}
	}
	err := j.write(export.GroupsFile, func(w io.Writer) error { return export.WriteGroups(w, &f.Overall, groups) })
	if err != nil {
		return err
	}
	return j.write(export.TopFile, func(w io.Writer) error { return export.WriteTop(w, &f.Overall, groups, f.Tops, j.BOM) })
}

// tellLevel says what is about to be counted, and keeps what was.
func (j *job) tellLevel(l search.Level) {
	if l.Done {
		j.findings.Levels = append(j.findings.Levels, l)
	} else if j.Notice != nil {
		j.Notice(message.NewPrinter(language.English).Sprintf("order %d: %d candidates", l.Order, l.Candidates))
	}
}

func (j *job) noGroups() error {
	return fmt.Errorf("no group reaches the minimum of %d customers: lower it with --min-count or --min-share", j.searchConfig().Minimum(j.rows()))
}

// rankBy says how top groups are ranked.
func (j *job) rankBy() search.Rank {
	rank := search.Rank{By: search.By(j.By), Direction: search.Direction(j.Direction), K: j.Top, Alpha: j.Alpha}
	if j.Direction == "both" {
		rank.Direction = search.Both
	}
	return rank
}

// tops ranks the groups of at most MaxShare of the customers by each metric.
func (j *job) tops(groups *search.Groups) ([]export.Ranking, error) {
	most := j.MaxShare * float64(j.rows())
	var small []int
	for i := range groups.Len() {
		if float64(groups.Counts.N[i]) <= most {
			small = append(small, i)
		}
	}
	candidates := groups.Pick(&j.plan, small)
	var tops []export.Ranking
	for _, m := range j.metrics {
		all := m.At(&j.findings.Overall.All, 0)
		ranking, err := search.Top(candidates, m, all, j.rankBy())
		if err != nil {
			return nil, err
		}
		top := export.Ranking{Metric: m.Name, Measure: j.By}
		for _, e := range ranking.Entries {
			top.Groups = append(top.Groups, small[e.Group])
		}
		tops = append(tops, top)
	}
	return tops, nil
}

// onlyTops keeps the ranked groups alone, in the order of the search.
func onlyTops(plan *encoder.Plan, groups *search.Groups, tops []export.Ranking) (*search.Groups, []export.Ranking) {
	var kept []int
	for _, t := range tops {
		kept = append(kept, t.Groups...)
	}
	slices.Sort(kept)
	kept = slices.Compact(kept)
	for _, t := range tops {
		for i, g := range t.Groups {
			t.Groups[i], _ = slices.BinarySearch(kept, g)
		}
	}
	return groups.Pick(plan, kept), tops
}

// addSquares counts the exact Σx² of the ranked groups.
func (j *job) addSquares(ctx context.Context, top *export.Ranking) (err error) {
	items := make([][]wire.Item, len(top.Groups))
	for i, g := range top.Groups {
		items[i] = j.findings.Groups.At(g)
	}
	top.Squares, err = j.squaresOf(ctx, items)
	return err
}
