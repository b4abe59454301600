package export

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// maxTableSegments bounds the segments that a table may name.
const maxTableSegments = 10_000

// group is what a table calls a segment: a whole number or a text.
type group struct {
	number int64
	text   string
}

// openTable takes a Parquet file with an id column and a column "segment", of
// whole numbers or text, for assignments; with a column "segment_name" as well
// segments are called by it. Parts are its row groups. Segments stand in the
// order of their numbers, or of their texts. The column of segments is read
// once; memory is for a segment each.
func openTable(path string) (a *Assigned, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
	}()
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	table, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		return nil, fmt.Errorf("is no Parquet file: %w; name an out folder of run, segment, kmeans or assign, or a Parquet file with an id and a segment", err)
	}
	a = &Assigned{file: path, groups: map[group]int32{}}
	if a.id, err = idColumn(table); err != nil {
		return nil, err
	}
	counts, names, err := segmentsOf(table)
	if err != nil {
		return nil, err
	}
	m := &a.Manifest
	m.Format, m.Version, m.Rows = ManifestFormat, ManifestVersion, table.NumRows()
	m.Columns = []string{"id", "segment", "segment_name"}
	order := slices.SortedFunc(maps.Keys(counts), func(x, y group) int {
		return cmp.Or(cmp.Compare(x.number, y.number), cmp.Compare(x.text, y.text))
	})
	for i, g := range order {
		a.groups[g] = int32(i)
		m.Segments = append(m.Segments, ManifestSegment{Segment: i + 1, Name: names[g], Rows: counts[g]})
	}
	for _, rows := range table.RowGroups() {
		m.Parts = append(m.Parts, ManifestPart{Name: path, Rows: rows.NumRows(), Bytes: info.Size()})
	}
	return a, nil
}

// idColumn returns the column that names the customers: "id", or else the only
// one beside those of the segments.
func idColumn(table *parquet.File) (string, error) {
	if _, ok := table.Schema().Lookup("segment"); !ok {
		return "", errors.New(`there is no column "segment" that says who is in which`)
	}
	var others []string
	for _, column := range table.Schema().Columns() {
		switch name := column[0]; name {
		case "id":
			return name, nil
		case "segment", "segment_name", "rule":
		default:
			others = append(others, name)
		}
	}
	if len(others) != 1 {
		return "", fmt.Errorf("which of the columns %q is the id? Call it \"id\", or leave only it beside \"segment\"", others)
	}
	return others[0], nil
}

// segmentsOf counts the rows of every segment and finds their names.
func segmentsOf(table *parquet.File) (counts map[group]int64, names map[group]string, err error) {
	counts, names = map[group]int64{}, map[group]string{}
	first := map[group]int{} // row
	err = eachValue(table.RowGroups(), table.Schema(), "segment", func(row int, v parquet.Value) error {
		g, err := groupOf(row, v)
		if err != nil {
			return err
		}
		if _, known := counts[g]; !known {
			if len(counts) == maxTableSegments {
				return fmt.Errorf("there are more than %d segments", maxTableSegments)
			}
			first[g], names[g] = row, v.String()
		}
		counts[g]++
		return nil
	})
	if _, named := table.Schema().Lookup("segment_name"); err != nil || !named {
		return counts, names, err
	}
	at := map[int]group{} // row → segment that takes its name from there
	for g, row := range first {
		at[row] = g
	}
	err = eachValue(table.RowGroups(), table.Schema(), "segment_name", func(row int, v parquet.Value) error {
		if g, ok := at[row]; ok && !v.IsNull() {
			names[g] = v.String()
		}
		return nil
	})
	return counts, names, err
}

// groupOf reads the segment of a row, from 0 within its part.
func groupOf(row int, v parquet.Value) (group, error) {
	switch {
	case v.IsNull():
		return group{}, fmt.Errorf("row %d has no segment: give one to everybody", row+1)
	case v.Kind() == parquet.Int32:
		return group{number: int64(v.Int32())}, nil
	case v.Kind() == parquet.Int64:
		return group{number: v.Int64()}, nil
	case v.Kind() == parquet.ByteArray:
		return group{text: string(v.ByteArray())}, nil
	}
	return group{}, errors.New(`the column "segment" holds neither whole numbers nor text`)
}
