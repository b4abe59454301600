package export

import (
	"io"
	"strconv"

	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/partial"
)

// Ranking is a list of groups, the best first, under one measure of one metric.
type Ranking struct {
	Metric  string            // the metric's name
	Measure string            // such as "excess" or "lift down"
	Groups  []int             // indexes into search.Groups
	Squares []partial.Squares // measure → Σx² of each of Groups, for intervals
}

// WriteTop writes rankings one after the other as CSV: rank (from 1 in each),
// metric, measure, order, group, n, share, and the metrics' columns as in
// WriteGroups, with the 95 % interval of each mean (low_, high_). Undefined
// numbers are empty. withBOM begins the file with a
// byte order mark, which some spreadsheets need to read UTF-8.
func WriteTop(w io.Writer, o *Overall, g *search.Groups, rankings []Ranking, withBOM bool) error {
	all, err := o.values(g)
	if err != nil {
		return err
	}
	out, err := newCSVWriter(w, withBOM)
	if err != nil {
		return err
	}
	header := []string{"rank", "metric", "measure", "order", "group", "n", "share"}
	for _, m := range o.Metrics {
		header = append(header, "n_"+m.Name, "sum_"+m.Name)
		if m.Den >= 0 {
			header = append(header, "den_"+m.Name)
		}
		header = append(header, "mean_"+m.Name, "low_"+m.Name, "high_"+m.Name, "lift_"+m.Name, "excess_"+m.Name)
	}
	if err := out.row(header); err != nil {
		return err
	}
	for _, r := range rankings {
		for rank, i := range r.Groups {
			items, n := g.At(i), g.Counts.N[i]
			row := []string{
				strconv.Itoa(rank + 1), r.Metric, r.Measure, strconv.Itoa(len(items)),
				search.Name(o.Features, items), strconv.FormatInt(n, 10), number(o.share(n)),
			}
			for k, m := range o.Metrics {
				v := m.At(&g.Counts, i)
				f := measure(m, v, all[k])
				low, high, _ := m.Interval(v, r.Squares[m.Num].Big(rank))
				row = append(row, strconv.FormatInt(f.known, 10), decimal(f.value.Num, m.Digits))
				if m.Den >= 0 {
					row = append(row, decimal(f.value.Den, m.DenDigits))
				}
				row = append(row, number(f.mean), number(low), number(high), number(f.lift), number(f.excess))
			}
			if err := out.row(row); err != nil {
				return err
			}
		}
	}
	return out.close()
}
