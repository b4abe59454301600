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
	config := j.searchConfig()
	f := &j.findings
	if err := evidence.Check(&j.plan, j.Evidence.Known); err != nil {
		return err
	}
	groups, err := search.Run(ctx, j.engine, &j.plan, j.halves, *config, func(l search.Level) {
		if l.Done {
			f.Levels = append(f.Levels, l)
		} else if j.Notice != nil {
			j.Notice(message.NewPrinter(language.English).Sprintf("order %d: %d candidates", l.Order, l.Candidates))
		}
	})
	if err != nil {
		return err
	}
	if groups.Len() == 0 {
		return fmt.Errorf("no group reaches the minimum of %d customers: lower it with --min-count or --min-share", config.Minimum(j.rows()))
	}
	if f.Tops, err = j.tops(groups); err != nil {
		return err
	}
	table := evidence.Table{Plan: &j.plan, Metrics: j.metrics, Groups: groups, Levels: j.halves}
	if f.Evidence, err = evidence.Run(ctx, j.engine, table, j.Evidence); err != nil {
		return err
	}
	f.MaxShare = j.MaxShare
	if !j.All {
		groups, f.Tops = onlyTops(&j.plan, groups, f.Tops)
	}
	f.Groups = groups
	for i := range f.Tops {
		if err := j.addSquares(ctx, &f.Tops[i]); err != nil {
			return err
		}
	}
	err = j.write(export.GroupsFile, func(w io.Writer) error { return export.WriteGroups(w, &f.Overall, groups) })
	if err != nil {
		return err
	}
	err = j.write(export.TopFile, func(w io.Writer) error { return export.WriteTop(w, &f.Overall, groups, f.Tops, j.BOM) })
	if err != nil {
		return err
	}
	err = j.write(export.FindingsFile, func(w io.Writer) error { return export.WriteJSON(w, f.Evidence) })
	if err != nil {
		return err
	}
	return j.write(export.FindingsTableFile, func(w io.Writer) error {
		return export.WriteFindings(w, f.Evidence.Findings, j.BOM)
	})
}

// tops ranks the groups of at most MaxShare of the customers by each metric.
func (j *job) tops(groups *search.Groups) ([]export.Ranking, error) {
	direction := search.Direction(j.Direction)
	if j.Direction == "both" {
		direction = search.Both
	}
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
		ranking, err := search.Top(candidates, m, all, search.By(j.By), direction, j.Top)
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
