package export

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// audienceRows is how many rows are taken from a part at once, and how many an
// audience's Parquet file holds back before it ends a row group.
const (
	audienceRows     = 4096
	audienceRowGroup = 1 << 18
)

// WriteAudiences writes a file per segment with its customers, in the order of
// the source, from the parts of the assignments, which are complete. It returns
// the files' names, in the order of the segments, and how many customers have
// no id and are left out. About 300 ns a row.
//
// Ids stand as they are, also those that a spreadsheet would take for a formula:
// audiences are for programs.
func WriteAudiences(to Out, m *Manifest, form string) (files []string, anonymous int64, err error) {
	a := &audiences{to: to, columns: m.Columns[:slices.Index(m.Columns, "rule")], segment: slices.Index(m.Columns, "segment")}
	defer func() {
		for _, out := range a.out {
			err = errors.Join(err, out.file.Close())
		}
	}()
	for i, s := range m.Segments {
		name := AudienceFile(i+1, len(m.Segments), s.Name, form)
		if err := a.create(name, form); err != nil {
			return nil, 0, err
		}
		files = append(files, path.Base(name))
	}
	for _, part := range m.Parts {
		if err := a.part(part.Name, form); err != nil {
			return nil, 0, fmt.Errorf("audiences: %s: %w", part.Name, err)
		}
	}
	return files, a.anonymous, a.close()
}

// audiences are the files being written.
type audiences struct {
	to        Out
	columns   []string // that name a customer
	segment   int      // index of the segment's column in a part
	out       []*audience
	schema    *parquet.Schema
	anonymous int64
}

// audience is the file of one segment: rows of CSV, or of Parquet, which begin
// with the first part's types.
type audience struct {
	file    io.WriteCloser
	csv     *csv.Writer
	parquet *parquet.GenericWriter[any]
	rows    []parquet.Row
	held    int // rows since the last row group
}

func (a *audiences) create(name, form string) error {
	file, err := a.to.Create(name)
	if err != nil {
		return err
	}
	out := &audience{file: file}
	a.out = append(a.out, out)
	if form == AudienceCSV {
		out.csv = csv.NewWriter(file)
		return out.csv.Write(a.columns)
	}
	return nil
}

// part sends the rows of a part to their audiences.
func (a *audiences) part(name, form string) error {
	file, err := a.to.Staged(AssignmentsDir + "/" + name)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	in, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		return err
	}
	if form == AudienceParquet && a.schema == nil {
		a.begin(in.Schema())
	}
	rows := make([]parquet.Row, audienceRows)
	for _, group := range in.RowGroups() {
		if err := a.group(group, rows); err != nil {
			return err
		}
	}
	return nil
}

// begin starts the Parquet files with the types that the customers' columns
// have in the parts.
func (a *audiences) begin(parts *parquet.Schema) {
	group := parquet.Group{}
	for _, f := range parts.Fields() {
		if slices.Contains(a.columns, f.Name()) {
			group[f.Name()] = f
		}
	}
	a.schema = parquet.NewSchema("audience", group)
	for _, out := range a.out {
		out.parquet = parquet.NewGenericWriter[any](out.file, a.schema, parquet.CreatedBy("headwater", "1", "0"), parquet.Compression(&parquet.Zstd))
	}
}

func (a *audiences) group(group parquet.RowGroup, rows []parquet.Row) error {
	in := group.Rows()
	defer in.Close()
	for {
		n, err := in.ReadRows(rows)
		for _, row := range rows[:n] {
			if err := a.add(row); err != nil {
				return err
			}
		}
		for _, out := range a.out { // before the rows' memory is used again
			if err := out.flush(); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (a *audiences) add(row parquet.Row) error {
	s := int(row[a.segment].Int32()) - 1
	if s < 0 || s >= len(a.out) {
		return fmt.Errorf("a row is in segment %d of %d", s+1, len(a.out))
	}
	if row[0].IsNull() {
		a.anonymous++
		return nil
	}
	out := a.out[s]
	if out.csv == nil {
		out.rows = append(out.rows, row[:len(a.columns)])
		return nil
	}
	cells := make([]string, len(a.columns))
	for i := range cells {
		cells[i] = row[i].String()
	}
	return out.csv.Write(cells)
}

// flush hands the collected rows to the Parquet writer.
func (o *audience) flush() error {
	if len(o.rows) == 0 {
		return nil
	}
	if _, err := o.parquet.WriteRows(o.rows); err != nil {
		return err
	}
	o.held += len(o.rows)
	o.rows = o.rows[:0]
	if o.held < audienceRowGroup {
		return nil
	}
	o.held = 0
	return o.parquet.Flush()
}

// close ends the files' content; the files themselves are closed by the caller.
func (a *audiences) close() error {
	for _, out := range a.out {
		if out.csv != nil {
			out.csv.Flush()
			if err := out.csv.Error(); err != nil {
				return err
			}
		}
		if out.parquet != nil {
			if err := out.parquet.Close(); err != nil {
				return err
			}
		}
	}
	return nil
}
