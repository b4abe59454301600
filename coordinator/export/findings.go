package export

import (
	"io"
	"math"
	"strconv"

	"github.com/headwater-dev/headwater/coordinator/evidence"
)

// WriteFindings writes findings as CSV, one row each, in their order. Undefined
// numbers are empty.
func WriteFindings(w io.Writer, findings []evidence.Finding, withBOM bool) error {
	out, err := newCSVWriter(w, withBOM)
	if err != nil {
		return err
	}
	header := []string{"rank", "metric", "group", "order", "direction"}
	for _, part := range []string{"", "discovery_", "confirmation_"} {
		for _, name := range []string{"n", "known", "share", "mean", "low", "high", "lift", "excess", "winsorised_mean", "winsorised_lift", "winsorised_excess"} {
			header = append(header, part+name)
		}
	}
	header = append(header, "p", "q", "parent", "parent_mean", "parent_gain", "parent_p", "parent_q",
		"status", "unexplained", "covered", "largest", "profit", "break_even", "per_arm", "sql")
	if err := out.row(header); err != nil {
		return err
	}
	for i := range findings {
		if err := out.row(findingCells(&findings[i])); err != nil {
			return err
		}
	}
	return out.close()
}

func findingCells(f *evidence.Finding) []string {
	row := []string{strconv.Itoa(f.Rank), f.Metric, f.Group, strconv.Itoa(len(f.Items)), f.Direction}
	for _, g := range []evidence.Figures{f.All, f.Discovery, f.Confirmation} {
		row = append(row, strconv.FormatInt(g.N, 10), strconv.FormatInt(g.Known, 10), number(g.Share),
			maybe(g.Mean), maybe(g.Low), maybe(g.High), maybe(g.Lift), maybe(g.Excess))
		w := g.Winsorised
		if w == nil {
			w = &evidence.Winsorised{}
		}
		row = append(row, maybe(w.Mean), maybe(w.Lift), maybe(w.Excess))
	}
	row = append(row, number(f.P), number(f.Q))
	if p := f.Parent; p != nil {
		row = append(row, p.Group, maybe(p.Mean), maybe(p.Gain), number(p.P), number(p.Q))
	} else {
		row = append(row, "", "", "", "", "")
	}
	row = append(row, f.Status, number(f.Unexplained), number(f.Covered), number(f.Largest))
	if m := f.Money; m != nil {
		row = append(row, number(m.Profit), number(m.BreakEven), strconv.FormatInt(m.PerArm, 10))
	} else {
		row = append(row, "", "", "")
	}
	return append(row, f.SQL)
}

// maybe writes a number, or nothing where it is not defined.
func maybe(x *float64) string {
	if x == nil {
		return number(math.NaN())
	}
	return number(*x)
}
