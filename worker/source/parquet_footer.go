package source

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const truncated = "the file is cut short or is not Parquet; write it again"

// readFooter returns the metadata of a Parquet file.
func readFooter(file *File, r io.ReaderAt) (m *format.FileMetaData, err error) {
	defer recoverAs(&err, "%s: corrupt Parquet metadata", file.Name)
	var head [4]byte
	var tail [8]byte
	if file.Size < int64(len(head)+len(tail)) {
		return nil, fmt.Errorf("%s: %d bytes: %s", file.Name, file.Size, truncated)
	}
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil, fmt.Errorf("%s: %w", file.Name, err)
	}
	if _, err := r.ReadAt(tail[:], file.Size-8); err != nil {
		return nil, fmt.Errorf("%s: %w", file.Name, err)
	}
	if bytes.Equal(tail[4:], magicEncrypted) {
		return nil, fmt.Errorf("%s: the file is encrypted; write it without", file.Name)
	}
	if !bytes.Equal(head[:], magicParquet) || !bytes.Equal(tail[4:], magicParquet) {
		return nil, fmt.Errorf("%s: %s", file.Name, truncated)
	}
	size := int64(binary.LittleEndian.Uint32(tail[:4]))
	if size > file.Size-12 {
		return nil, fmt.Errorf("%s: metadata of %d bytes in a file of %d: %s", file.Name, size, file.Size, truncated)
	}
	footer := make([]byte, size)
	if _, err := r.ReadAt(footer, file.Size-8-size); err != nil {
		return nil, fmt.Errorf("%s: %w", file.Name, err)
	}
	m = new(format.FileMetaData)
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), footer, m); err != nil {
		return nil, fmt.Errorf("%s: corrupt Parquet metadata: %w", file.Name, err)
	}
	if m.EncryptionAlgorithm.Value != nil {
		return nil, fmt.Errorf("%s: columns are encrypted; write the file without", file.Name)
	}
	return m, nil
}

// findParquet reads the columns and row groups of a Parquet file.
func findParquet(file *File, r io.ReaderAt) (found shape, err error) {
	m, err := readFooter(file, r)
	if err != nil {
		return found, err
	}
	defer recoverAs(&err, "%s: corrupt Parquet metadata", file.Name)
	leaves, skipped, err := parquetLeaves(m.Schema)
	if err != nil {
		return found, fmt.Errorf("%s: %w", file.Name, err)
	}
	found.skipped = skipped
	for _, l := range leaves {
		found.columns = append(found.columns, l.Column)
	}
	for i := range m.RowGroups {
		g := &m.RowGroups[i]
		for _, l := range leaves {
			if err := checkChunk(g, l, file.Size); err != nil {
				return found, fmt.Errorf("%s: row group %d: column %q: %w", file.Name, i, l.Name, err)
			}
		}
		if g.NumRows > 0 {
			found.splits = append(found.splits, Split{Unit: i, Rows: g.NumRows})
		}
	}
	return found, nil
}

// checkChunk returns an error unless the column chunk of a leaf can be where
// and what the metadata says.
func checkChunk(g *format.RowGroup, l parquetLeaf, size int64) error {
	if l.index >= len(g.Columns) {
		return fmt.Errorf("missing among the %d column chunks", len(g.Columns))
	}
	c := &g.Columns[l.index]
	start, length := chunkRange(&c.MetaData)
	switch {
	case c.FilePath != "":
		return fmt.Errorf("its data is in another file, %q; write it as one file", c.FilePath)
	case start < 4 || length < 0 || start > size || length > size-start:
		return fmt.Errorf("bytes %d to %d of a file of %d: %s", start, start+length, size, truncated)
	case g.NumRows < 0 || c.MetaData.NumValues != g.NumRows:
		return fmt.Errorf("%d values for %d rows: %s", c.MetaData.NumValues, g.NumRows, truncated)
	}
	return nil
}

// chunkRange returns where the pages of a column chunk lie in the file.
func chunkRange(m *format.ColumnMetaData) (start, length int64) {
	start = m.DataPageOffset
	if d := m.DictionaryPageOffset; d > 0 && d < start {
		start = d
	}
	return start, m.TotalCompressedSize
}
