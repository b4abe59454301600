package report

import (
	"fmt"
	"io"

	"github.com/headwater-dev/headwater/coordinator/comparison"
)

// Compare writes two segmentations beside each other.
func Compare(w io.Writer, r *comparison.Result) error {
	for _, s := range []section{sidesOf(r), crossOf(r)} {
		if err := s.terminal(w); err != nil {
			return err
		}
	}
	return nil
}

// sidesOf says how far the two agree and what each explains.
func sidesOf(r *comparison.Result) section {
	s := section{title: "Two segmentations", head: []string{"", "", "segments"}, right: []int{2}}
	s.say("%s customers; adjusted Rand index %.4f (1: the same, 0: nothing to do with each other)", whole(r.Customers), r.AdjustedRand)
	explained := func(x comparison.R2) string { return fmt.Sprintf("%s ± %s", percent(x.Mean), percent(x.Error)) }
	for _, m := range r.A.Metrics {
		s.head = append(s.head, m.Name)
	}
	if r.A.Profile != nil {
		s.head = append(s.head, "profile")
	}
	for i, side := range []comparison.Side{r.A, r.B} {
		cells := []string{string(rune('A' + i)), side.Name, whole(len(side.Segments))}
		for _, m := range side.Metrics {
			cells = append(cells, explained(m.R2))
		}
		if side.Profile != nil {
			cells = append(cells, explained(*side.Profile))
		}
		s.add(cells...)
	}
	for c := 3; c < len(s.head); c++ {
		s.right = append(s.right, c)
	}
	if len(s.head) > 3 {
		s.note("share of variance explained on customers that the means were not taken from, ± standard error over five splits")
	}
	for _, n := range r.Notes {
		s.note("! %s", n)
	}
	return s
}

// crossOf shows where the customers of each segment of A are in B.
func crossOf(r *comparison.Result) section {
	s := section{title: "Where the segments of A are in B", head: []string{"A", "customers"}, right: []int{1}}
	for i := range r.B.Segments {
		s.head = append(s.head, fmt.Sprintf("B%d", i+1))
		s.right = append(s.right, i+2)
	}
	for i, a := range r.A.Segments {
		cells := []string{fmt.Sprintf("A%d %s", i+1, a.Name), whole(a.Rows)}
		for _, n := range r.Counts[i] {
			cell := "·"
			if n > 0 {
				cell = percent(float64(n) / float64(max(a.Rows, 1)))
			}
			cells = append(cells, cell)
		}
		s.add(cells...)
	}
	for i, b := range r.B.Segments {
		s.note("B%d: %s, %s customers", i+1, b.Name, whole(b.Rows))
	}
	return s
}
