package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/headwater-dev/headwater/coordinator/export"
)

// A whole job is told in a screen of so many lines; report.md has the rest.
const (
	glanceLines   = 30
	glanceRemarks = 2 // lines of warnings
)

// glance writes the summary of a whole job: what was read and what to know of
// it, the findings that fit, the segments, and what to do next.
func (f *Findings) glance(w io.Writer) error {
	above, segments, below := f.readAndRemarks(), f.segmentsAtAGlance(), f.nextCommands()
	trusts := len(f.Evidence.Trust)
	left := glanceLines - above.height() - segments.height() - len(below) - 1
	rows := min(max(left/max(trusts, 1)-5, 1), 8) // 5: blank, title, one line of text, head, "and … more"
	if len(f.Evidence.Findings) == 0 {
		rows = 0
	}
	sections := []section{above}
	for i := range trusts {
		sections = append(sections, f.standing(length{groups: rows, glance: true}, i))
	}
	for _, s := range append(sections, segments) {
		if err := s.terminal(w); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n%s\n", strings.Join(below, "\n"))
	return err
}

// height is how many lines the section takes on a terminal.
func (s *section) height() int {
	var b strings.Builder
	_ = s.terminal(&b) // a builder takes everything
	return strings.Count(b.String(), "\n")
}

func (f *Findings) readAndRemarks() section {
	s := section{title: "Customers"}
	s.say("%s", clipped(fmt.Sprintf("%s × %d columns from %s; %s", whole(f.Source.Rows), f.Source.Columns, f.Source.files(), f.rolesInWords())))
	for _, m := range f.Overall.Metrics {
		v := m.At(&f.Overall.All, 0)
		x, _ := m.Mean(v)
		s.say("%s: %s of %s, %s in all", m.Name, mean(m, x), whole(v.Known), amount(m.Sum(v)))
	}
	remarks := f.warnings()
	for i, n := range remarks {
		if i == glanceRemarks-1 && len(remarks) > glanceRemarks {
			s.note("! and %d more remarks in %s", len(remarks)-i, export.ReportFile)
			break
		}
		s.note("%s", clipped("! "+n))
	}
	return s
}

// clipped cuts a line off where the terminal would break it.
func clipped(line string) string { return text.Snip(line, lineWidth, "…") }

func (f *Findings) segmentsAtAGlance() section {
	s, r := f.segments(), f.Segments
	s.after = nil
	line := "made of " + strings.Join(r.Names, " × ")
	if len(r.R2.Splits) > 0 {
		line += fmt.Sprintf("; R² on customers held out %s, a tree of as many rules %s", percent(r.R2.HeldOut), percent(r.R2.Tree.SameRules))
	}
	s.note("%s", clipped(line))
	if f.Roles != nil && f.Roles.ContextAdds != nil {
		s.note("%s", clipped((&asideTable{Findings: f, say: func(t string) string { return t }}).
			adds("cells of traits alone explain %s (± %s), with context %s (± %s): %s points (± %s)", f.Roles.ContextAdds)))
	}
	return s
}

// nextInBucket is what to do with outputs in a bucket.
const nextInBucket = "\n  next: copy it to a folder, and open " + export.ReportHTMLFile + " there in a browser"

// nextCommands says where everything is and what to do with it.
func (f *Findings) nextCommands() []string {
	end := fmt.Sprintf("  %.1f s", f.Seconds)
	if f.Source.Workers > 0 {
		end += fmt.Sprintf(", %d workers, %d shards", f.Source.Workers, f.Source.Shards)
	}
	if f.Out == "" {
		return []string{end}
	}
	end += fmt.Sprintf("; %d outputs in %s", len(names(f.Outputs)), f.Out)
	if export.Readable(f.Out) != nil {
		return []string{end + nextInBucket}
	}
	next := "  next: open " + filepath.Join(f.Out, export.ReportHTMLFile)
	if len(f.Evidence.Findings) > 0 {
		next += "; on what grounds: headwater why 1 --from " + f.Out
	}
	return []string{end, next}
}
