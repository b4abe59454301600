package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// section is a part of the report: a title, lines of text, and a table. Both
// outputs, terminal and Markdown, are made of the same sections.
type section struct {
	title string
	lines []string
	head  []string
	rows  [][]string
	right []int    // columns (from 0) of numbers
	after []string // lines below the table
}

// add adds a row to the table.
func (s *section) add(cells ...string) { s.rows = append(s.rows, cells) }

// say adds a line above the table.
func (s *section) say(format string, args ...any) {
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
}

// note adds a line below the table.
func (s *section) note(format string, args ...any) {
	s.after = append(s.after, fmt.Sprintf(format, args...))
}

func (s *section) table() table.Writer {
	t := table.NewWriter()
	t.AppendHeader(row(s.head))
	for _, r := range s.rows {
		t.AppendRow(row(r))
	}
	var columns []table.ColumnConfig
	for _, c := range s.right {
		columns = append(columns, table.ColumnConfig{Number: c + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
	return t
}

func row(cells []string) table.Row {
	r := make(table.Row, len(cells))
	for i, c := range cells {
		r[i] = oneLine(c)
	}
	return r
}

// oneLine keeps text of the table from breaking ours.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '·'
		}
		return r
	}, s)
}

// terminal writes the section as plain text.
func (s *section) terminal(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n", strings.ToUpper(s.title))
	for _, l := range s.lines {
		fmt.Fprintf(&b, "  %s\n", wrapped(l))
	}
	if len(s.rows) > 0 {
		t := s.table()
		style := table.StyleLight
		style.Options = table.OptionsNoBordersAndSeparators
		style.Format.Header = text.FormatDefault
		style.Box.PaddingLeft, style.Box.PaddingRight = "  ", ""
		t.SetStyle(style)
		for _, line := range strings.Split(t.Render(), "\n") {
			fmt.Fprintln(&b, strings.TrimRight(line, " "))
		}
	}
	for _, l := range s.after {
		fmt.Fprintf(&b, "  %s\n", wrapped(l))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// lineWidth is how long lines of text get on a terminal.
const lineWidth = 110

// wrapped breaks a long line, and indents what follows the first.
func wrapped(line string) string {
	lines := strings.Split(text.WrapSoft(line, lineWidth), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ") // which the wrapping pads
	}
	return strings.Join(lines, "\n      ")
}

// markdown writes the section as Markdown.
func (s *section) markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s\n\n", s.title)
	list(&b, s.lines)
	if len(s.rows) > 0 {
		fmt.Fprintf(&b, "%s\n\n", s.table().RenderMarkdown())
	}
	list(&b, s.after)
	_, err := io.WriteString(w, b.String())
	return err
}

func list(b *strings.Builder, lines []string) {
	if len(lines) == 0 {
		return
	}
	for _, l := range lines {
		fmt.Fprintf(b, "- %s\n", markdownText.Replace(l))
	}
	b.WriteByte('\n')
}

// markdownText keeps text from being read as markup.
var markdownText = strings.NewReplacer("<", "&lt;", ">", "&gt;", "*", `\*`, "_", `\_`, "|", `\|`)
