package export

import (
	"io"
	"strconv"

	"github.com/headwater-dev/headwater/coordinator/contrast"
)

// WriteDifferences writes what differs between two sides as CSV, one row each:
// the changes of every metric, then the shifts of the mix. Undefined numbers are
// empty.
func WriteDifferences(w io.Writer, r *contrast.Result, withBOM bool) error {
	out, err := newCSVWriter(w, withBOM)
	if err != nil {
		return err
	}
	header := []string{"of", "rank", "group", "order", "direction"}
	for _, part := range []string{"", "discovery_", "confirmation_"} {
		for _, name := range []string{"n_a", "n_b", "a", "b", "change", "low", "high", "beyond", "ratio", "excess"} {
			header = append(header, part+name)
		}
	}
	header = append(header, "p", "q", "parent", "parent_change", "parent_q", "covered", "sql")
	if err := out.row(header); err != nil {
		return err
	}
	for _, m := range r.Metrics {
		for i := range m.Changes {
			if err := out.row(changeCells(m.Metric, &m.Changes[i])); err != nil {
				return err
			}
		}
	}
	for i := range r.Mix.Shifts {
		if err := out.row(shiftCells(&r.Mix.Shifts[i])); err != nil {
			return err
		}
	}
	return out.close()
}

func changeCells(metric string, c *contrast.Change) []string {
	row := []string{metric, strconv.Itoa(c.Rank), c.Group, strconv.Itoa(len(c.Items)), c.Direction}
	for _, m := range []contrast.Means{c.All, c.Discovery, c.Confirmation} {
		row = append(row, strconv.FormatInt(m.A, 10), strconv.FormatInt(m.B, 10), maybe(m.MeanA), maybe(m.MeanB),
			maybe(m.Change), maybe(m.Low), maybe(m.High), maybe(m.Beyond), "", maybe(m.Excess))
	}
	row = append(row, number(c.P), number(c.Q))
	if p := c.Parent; p != nil {
		row = append(row, p.Group, maybe(p.Change), number(p.Q))
	} else {
		row = append(row, "", "", "")
	}
	return append(row, number(c.Covered), c.SQL)
}

func shiftCells(s *contrast.Shift) []string {
	row := []string{"share of customers", strconv.Itoa(s.Rank), s.Group, strconv.Itoa(len(s.Items)), s.Direction}
	for _, x := range []contrast.Shares{s.All, s.Discovery, s.Confirmation} {
		row = append(row, strconv.FormatInt(x.A, 10), strconv.FormatInt(x.B, 10), number(x.ShareA), number(x.ShareB),
			number(x.Change), number(x.Low), number(x.High), "", maybe(x.Ratio), number(x.Excess))
	}
	row = append(row, number(s.P), number(s.Q), s.Parent, "")
	if s.Parent != "" {
		row = append(row, number(s.ParentQ))
	} else {
		row = append(row, "")
	}
	return append(row, number(s.Covered), s.SQL)
}
