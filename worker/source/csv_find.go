package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

// findCSV reads the columns of a CSV file and cuts it into splits. The first
// file of the table settles the dialect.
func findCSV(ctx context.Context, t *Table, spec *Spec, i int, f *os.File) (shape, error) {
	file := &t.Files[i]
	start := bomLength(f)
	if i == 0 {
		d, err := csvDialect(spec, f, file.Size, start)
		if err != nil {
			return shape{}, fmt.Errorf("%s: %w", file.Name, err)
		}
		t.Dialect = d
	}
	scan := newScanner(f, file.Size, start, t.Dialect)
	err := scan.next()
	if err == io.EOF {
		return shape{}, fmt.Errorf("%s: the file is empty: %w", file.Name, ErrNoRows)
	}
	if err == nil {
		err = scan.check(len(scan.fields))
	}
	if err != nil {
		return shape{}, locate(ctx, f, file, t.Dialect, -1, err)
	}
	found := shape{columns: csvColumns(scan, t.Dialect.Header)}
	if t.Dialect.Header {
		start = scan.after()
		if err := scan.next(); err == io.EOF {
			return found, nil
		} else if f := (*fault)(nil); err != nil && !errors.As(err, &f) {
			return shape{}, fmt.Errorf("%s: %w", file.Name, err)
		}
		start = max(start, scan.offset())
	}
	size := spec.SplitSize
	if size <= 0 {
		size = defaultSplitSize
	}
	starts, err := recordStarts(ctx, f, start, file.Size, size, t.Dialect)
	if err != nil {
		return shape{}, fmt.Errorf("%s: %w", file.Name, err)
	}
	for k, s := range starts {
		end := file.Size
		if k+1 < len(starts) {
			end = starts[k+1]
		}
		found.splits = append(found.splits, Split{Start: s, End: end, Rows: -1})
	}
	return found, nil
}

// csvColumns names the columns by the record last read, or c1, c2, …; a name
// left empty becomes that of its place.
func csvColumns(scan *scanner, header bool) []Column {
	columns := make([]Column, len(scan.fields))
	for i := range columns {
		name := ""
		if header {
			name = scan.text(i)
		}
		if name == "" {
			name = "c" + strconv.Itoa(i+1)
		}
		columns[i] = Column{Name: name, Type: Text}
	}
	return columns
}
