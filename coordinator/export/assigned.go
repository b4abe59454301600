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

// Assigned reads the assignments of a finished job.
type Assigned struct {
	Manifest Manifest
	folder   string
}

// Key is what a customer is known by: the id, or file and row. Keys can be
// compared with ==.
type Key struct {
	Text    string // id as text, or the file
	Number  int64  // id as a whole number, or the row
	Missing bool   // the id is null
}

// OpenAssigned reads the manifest of an out folder, or of the folder of its
// part files.
func OpenAssigned(path string) (*Assigned, error) {
	a := &Assigned{folder: filepath.Join(path, AssignmentsDir)}
	name := filepath.Join(a.folder, filepath.Base(ManifestFile))
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		a.folder, name = path, filepath.Join(path, filepath.Base(ManifestFile))
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no finished assignments: name the out folder of run, segment, kmeans or assign", path)
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
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
	}()
	if !filepath.IsLocal(part.Name) {
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
	if table.NumRows() != part.Rows {
		return nil, nil, fmt.Errorf("%d rows where the manifest says %d", table.NumRows(), part.Rows)
	}
	keys, segments = make([]Key, part.Rows), make([]int32, part.Rows)
	texts := map[string]string{} // a file name once
	fill := func(name string, set func(row int, v parquet.Value) error) {
		if err == nil {
			err = eachValue(table, name, set)
		}
	}
	if a.ByID() {
		fill("id", func(row int, v parquet.Value) error {
			switch {
			case v.IsNull():
				keys[row].Missing = true
			case v.Kind() == parquet.Int64:
				keys[row].Number = v.Int64()
			default:
				keys[row].Text = string(v.ByteArray())
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

// eachValue calls set with every value of a column of no repetition.
func eachValue(table *parquet.File, name string, set func(row int, v parquet.Value) error) error {
	leaf, ok := table.Schema().Lookup(name)
	if !ok {
		return fmt.Errorf("there is no column %q", name)
	}
	buffer, row := make([]parquet.Value, 4096), 0
	for _, group := range table.RowGroups() {
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
						if row >= int(table.NumRows()) {
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
	if row != int(table.NumRows()) {
		return fmt.Errorf("column %q has %d values for %d rows", name, row, table.NumRows())
	}
	return nil
}
