package report

import (
	"strings"
	"unicode/utf8"
)

// aside is what context and levers go with.
type aside struct {
	Said  []string
	Table grid
}

// asides shows what is no trait of the customer.
func (p *document) asides() []aside {
	var out []aside
	for _, s := range p.f.asides(page, p.words) {
		a := aside{Said: s.lines, Table: grid{Title: s.title, After: s.after}}
		for _, text := range s.head {
			a.Table.Head = append(a.Table.Head, head{Text: text})
		}
		for _, row := range s.rows {
			var cells []cell
			for _, text := range row {
				cells = append(cells, cell{Text: together(text)})
			}
			a.Table.Rows = append(a.Table.Rows, gridRow{Cells: cells})
		}
		out = append(out, a)
	}
	return out
}

// together keeps a short text, such as a mean with its interval, on one line.
func together(text string) string {
	if utf8.RuneCountInString(text) > 32 {
		return text
	}
	return strings.ReplaceAll(text, " ", "\u00a0")
}
