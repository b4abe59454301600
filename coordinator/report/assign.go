package report

import (
	"fmt"
	"io"

	"github.com/headwater-dev/headwater/coordinator/drift"
	"github.com/headwater-dev/headwater/coordinator/export"
)

// Assignment is what became of a table that a model was applied to.
type Assignment struct {
	Model     string
	Customers int64 // of the table that the model was made from
	Segments  []AssignedSegment
	PSI       *float64        // of the segments' shares
	Drift     []drift.Feature // of the features that the rules test
	Notes     []string
	Source    Source
	Out       string
	Outputs   []export.Output
	Seconds   float64
}

// AssignedSegment is a segment of the table.
type AssignedSegment struct {
	Name     string
	N        int64
	Was, Is  float64 // shares, when the model was made and of this table
	Audience string  // file; "" = none
}

// assignedRows is how many segments, and features, the summary lists.
const assignedRows = 15

// TerminalAssign writes the summary that fits a screen.
func TerminalAssign(w io.Writer, a *Assignment) error {
	for _, s := range []section{a.segments(), a.drift()} {
		if err := s.terminal(w); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, ending(a.Seconds, a.Source, a.Out, a.Outputs))
	return err
}

func (a *Assignment) segments() section {
	s := section{title: "Assigned", head: []string{"", "segment", "customers", "share then", "now", "", ""}, right: []int{0, 2, 3, 4}}
	s.say("%s customers of %s to the %d segments of %s, which was made from %s", whole(a.Source.Rows), a.Source.files(),
		len(a.Segments), a.Model, whole(a.Customers))
	most := 0.0
	for _, x := range a.Segments {
		most = max(most, x.Is)
	}
	for i, x := range a.Segments {
		if i == assignedRows {
			s.note("and %d more: %s has them", len(a.Segments)-i, export.DriftFile)
			break
		}
		s.add(fmt.Sprint(i+1), x.Name, whole(x.N), percent(x.Was), percent(x.Is), bar(x.Is, most, 12), x.Audience)
	}
	for _, n := range a.Notes {
		s.note("! %s", n)
	}
	return s
}

func (a *Assignment) drift() section {
	s := section{title: "Drift", head: []string{"", "PSI", "", "largest change"}, right: []int{1}}
	row := func(name string, psi *float64, change string) {
		if psi == nil {
			s.add(name, "–", string(drift.NoRows), change)
			return
		}
		s.add(name, fmt.Sprintf("%.3f", *psi), string(drift.Read(*psi)), change)
	}
	row("shares of the segments", a.PSI, "")
	for i := range a.Drift {
		if i == assignedRows-5 {
			s.note("and %d more: %s has them", len(a.Drift)-i, export.DriftFile)
			break
		}
		f := &a.Drift[i]
		row(f.Name, f.PSI, largestChange(f))
	}
	return s
}

// largestChange names the level whose share changed most; "" = none did.
func largestChange(f *drift.Feature) string {
	at := 0
	for i, l := range f.Levels {
		if d, most := l.Is-l.Was, f.Levels[at].Is-f.Levels[at].Was; d*d > most*most {
			at = i
		}
	}
	l := f.Levels[at]
	if l.Was == l.Is {
		return ""
	}
	return fmt.Sprintf("%s %s → %s", l.Level, percent(l.Was), percent(l.Is))
}
