package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"
)

// Assigned reads the assignments of a finished job, or of a table.
type Assigned struct {
	Manifest Manifest
	folder   string
	id       string // column

	file   string          // the table; "" = part files in the folder
	groups map[group]int32 // what the table calls segments → segment, from 0
}

// Key is what a customer is known by: the id, or file and row. Keys can be
// compared with ==.
type Key struct {
	Text    string // id as text, or the file
	Number  int64  // id as a whole number, or the row
	Missing bool   // the id is null
}

// OpenAssigned reads the manifest of an out folder, or of the folder of its
// part files; or a Parquet file that says who is in which segment.
func OpenAssigned(path string) (*Assigned, error) {
	if err := Readable(path); err != nil {
		return nil, err
	}
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		return openTable(path)
	}
	a := &Assigned{folder: filepath.Join(path, AssignmentsDir), id: "id"}
	name := filepath.Join(a.folder, filepath.Base(ManifestFile))
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		a.folder, name = path, filepath.Join(path, filepath.Base(ManifestFile))
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no finished assignments: name the out folder of run, segment, kmeans or assign, or a Parquet file with an id and a segment", path)
	}
	if err != nil {
		return nil, err
	}
	m := &a.Manifest
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if m.Format != ManifestFormat || m.Version != ManifestVersion {
		return nil, fmt.Errorf("%s: %q of version %d is not %q of version %d, which this program reads", name, m.Format, m.Version, ManifestFormat, ManifestVersion)
	}
	return a, nil
}

// ByID says whether customers are known by an id and not by file and row.
func (a *Assigned) ByID() bool { return slices.Contains(a.Manifest.Columns, "id") }

// Part reads the i-th part: the key and the segment, from 0, of every row in
// the order of the source. Memory: some 40 bytes a row, beside texts.
func (a *Assigned) Part(i int) (keys []Key, segments []int32, err error) {
	part := a.Manifest.Parts[i]
	name := filepath.Join(a.folder, part.Name)
	if a.file != "" {
		name = a.file
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
	}()
	if a.file == "" && !filepath.IsLocal(part.Name) {
		return nil, nil, errors.New("the manifest names a file outside of its folder")
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	if info.Size() != part.Bytes {
		return nil, nil, fmt.Errorf("%d bytes where the manifest says %d: the file was damaged or replaced", info.Size(), part.Bytes)
	}
	table, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		return nil, nil, err
	}
	groups := table.RowGroups()
	if a.file != "" {
		groups = groups[i : i+1]
	} else if table.NumRows() != part.Rows {
		return nil, nil, fmt.Errorf("%d rows where the manifest says %d", table.NumRows(), part.Rows)
	}
	keys, segments = make([]Key, part.Rows), make([]int32, part.Rows)
	texts := map[string]string{} // a file name once
	fill := func(name string, set func(row int, v parquet.Value) error) {
		if err == nil {
			err = eachValue(groups, table.Schema(), name, set)
		}
	}
	if a.ByID() {
		fill(a.id, func(row int, v parquet.Value) error {
			switch {
			case v.IsNull():
				keys[row].Missing = true
			case v.Kind() == parquet.Int32:
				keys[row].Number = int64(v.Int32())
			case v.Kind() == parquet.Int64:
				keys[row].Number = v.Int64()
			case v.Kind() == parquet.ByteArray:
				keys[row].Text = string(v.ByteArray())
			default:
				return fmt.Errorf("the id column %q holds neither whole numbers nor text", a.id)
			}
			return nil
		})
	} else {
		fill("file", func(row int, v parquet.Value) error {
			text, ok := texts[string(v.ByteArray())]
			if !ok {
				text = string(v.ByteArray())
				texts[text] = text
			}
			keys[row].Text = text
			return nil
		})
		fill("row", func(row int, v parquet.Value) error { keys[row].Number = v.Int64(); return nil })
	}
	fill("segment", func(row int, v parquet.Value) error {
		if a.file != "" {
			g, err := groupOf(row, v)
			segments[row] = a.groups[g]
			return err
		}
		if v.Int32() < 1 || int(v.Int32()) > len(a.Manifest.Segments) {
			return fmt.Errorf("row %d: segment %d is not among the %d of the manifest", row+1, v.Int32(), len(a.Manifest.Segments))
		}
		segments[row] = v.Int32() - 1
		return nil
	})
	return keys, segments, err
}

// AsText turns a number into its text, for ids that are whole numbers in one
// table and text in another.
func (k Key) AsText() Key {
	if k.Text == "" && !k.Missing {
		k.Text, k.Number = strconv.FormatInt(k.Number, 10), 0
	}
	return k
}

// eachValue calls set with every value that a column of no repetition has in
// some row groups.
func eachValue(groups []parquet.RowGroup, schema *parquet.Schema, name string, set func(row int, v parquet.Value) error) error {
	leaf, ok := schema.Lookup(name)
	if !ok {
		return fmt.Errorf("there is no column %q", name)
	}
	rows := 0
	for _, group := range groups {
		rows += int(group.NumRows())
	}
	buffer, row := make([]parquet.Value, 4096), 0
	for _, group := range groups {
		pages := group.ColumnChunks()[leaf.ColumnIndex].Pages()
		err := func() error {
			for {
				page, err := pages.ReadPage()
				if errors.Is(err, io.EOF) {
					return nil
				}
				if err != nil {
					return err
				}
				for values := page.Values(); ; {
					n, err := values.ReadValues(buffer)
					for _, v := range buffer[:n] {
						if row >= rows {
							return fmt.Errorf("column %q has more values than rows", name)
						}
						if err := set(row, v); err != nil {
							return err
						}
						row++
					}
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						return err
					}
				}
				parquet.Release(page)
			}
		}()
		if err := errors.Join(err, pages.Close()); err != nil {
			return err
		}
	}
	if row != rows {
		return fmt.Errorf("column %q has %d values for %d rows", name, row, rows)
	}
	return nil
}
