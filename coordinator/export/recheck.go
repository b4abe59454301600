package export

import (
	"io"
	"strconv"

	"github.com/headwater-dev/headwater/coordinator/recheck"
)

// WriteRecheck writes what became of findings and segments as CSV: a row per
// finding, then a row per segment and metric. Undefined numbers are empty.
func WriteRecheck(w io.Writer, r *recheck.Result, withBOM bool) error {
	out, err := newCSVWriter(w, withBOM)
	if err != nil {
		return err
	}
	header := []string{"kind", "rank", "metric", "group", "direction", "verdict"}
	for _, when := range []string{"then_", "now_"} {
		for _, name := range []string{"n", "known", "share", "mean", "low", "high", "lift", "excess"} {
			header = append(header, when+name)
		}
	}
	if err := out.row(append(header, "p", "q")); err != nil {
		return err
	}
	for i := range r.Findings {
		x := &r.Findings[i]
		row := []string{"finding", strconv.Itoa(x.Rank), x.Metric, x.Group, x.Direction, string(x.Verdict)}
		// The mean then is that of customers that the finding was not found on.
		row = append(row, strconv.FormatInt(x.Then.N, 10), strconv.FormatInt(x.Then.Known, 10), number(x.Then.Share),
			maybe(x.Unseen.Mean), maybe(x.Unseen.Low), maybe(x.Unseen.High), maybe(x.Unseen.Lift), maybe(x.Then.Excess))
		row = append(row, strconv.FormatInt(x.Now.N, 10), strconv.FormatInt(x.Now.Known, 10), number(x.Now.Share),
			maybe(x.Now.Mean), maybe(x.Now.Low), maybe(x.Now.High), maybe(x.Now.Lift), maybe(x.Now.Excess))
		if err := out.row(append(row, number(x.P), number(x.Q))); err != nil {
			return err
		}
	}
	for i := range r.Segments {
		for _, row := range segmentRows(&r.Segments[i]) {
			if err := out.row(row); err != nil {
				return err
			}
		}
	}
	return out.close()
}

func segmentRows(x *recheck.Segment) [][]string {
	var rows [][]string
	for _, m := range x.Metrics {
		row := []string{"segment", strconv.Itoa(x.Segment), m.Name, x.Name, m.Direction, string(m.Verdict)}
		for _, side := range []struct {
			size recheck.Size
			f    recheck.Figures
		}{{x.Then, m.Then}, {x.Now, m.Now}} {
			f := side.f
			row = append(row, strconv.FormatInt(side.size.N, 10), strconv.FormatInt(f.Known, 10), number(side.size.Share),
				maybe(f.Mean), maybe(f.Low), maybe(f.High), maybe(f.Lift), maybe(f.Excess))
		}
		rows = append(rows, append(row, "", ""))
	}
	return rows
}
