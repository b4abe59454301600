package source

import "os"

// Column returns the column of a name.
func (t *Table) Column(name string) (Column, bool) {
	for _, c := range t.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return Column{}, false
}

// Slice returns the part of split number split that holds its rows
// [from, from+rows); rows < 0 means to its end. Marks, of a reader of the whole
// split, let CSV be read from the nearest place before; without any the rows
// before are passed over from the beginning.
func (t *Table) Slice(split int, from, rows int64, marks []Mark) Split {
	s := t.Splits[split]
	if rows < 0 && s.Rows >= 0 {
		rows = s.Rows - from
	}
	s.Skip, s.Rows = s.Skip+from, rows
	if t.Format != CSV {
		return s
	}
	best := Mark{Row: 0, Offset: s.Start}
	for _, m := range marks {
		if m.Row <= s.Skip && m.Row >= best.Row {
			best = m
		}
	}
	s.Start, s.Skip = best.Offset, s.Skip-best.Row
	return s
}

// Close removes the files that were spooled for the table. A table that came
// as JSON has none.
func (t *Table) Close() error {
	if t.spoolDir == "" {
		return nil
	}
	dir := t.spoolDir
	t.spoolDir = ""
	return os.RemoveAll(dir)
}

// positions returns the indexes into t.Columns of the named columns.
func (t *Table) positions(names []string) ([]int, error) {
	index := make(map[string]int, len(t.Columns))
	all := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		index[c.Name], all[i] = i, c.Name
	}
	at := make([]int, len(names))
	for i, name := range names {
		p, ok := index[name]
		if !ok {
			return nil, &UnknownColumnError{Column: name, Nearest: Nearest(name, all)}
		}
		at[i] = p
	}
	return at, nil
}
