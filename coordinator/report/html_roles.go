package report

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
				cells = append(cells, cell{Text: text})
			}
			a.Table.Rows = append(a.Table.Rows, gridRow{Cells: cells})
		}
		out = append(out, a)
	}
	return out
}
