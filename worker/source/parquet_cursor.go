package source

import (
	"bytes"
	"fmt"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// pageCursor walks the pages of a column chunk.
type pageCursor struct {
	leaf    parquetLeaf
	stream  *pageStream
	pages   *parquet.FilePages
	page    parquet.Page
	levels  []byte // of the page: 1 where a row has a value; nil when all have
	row     int    // of the page, next to take
	rows    int    // in the page
	started bool
}

// load moves to the next page with rows. It returns the page's values, or the
// indexes of its values in dict; there are exactly count of them. pass tells
// how many to pass over first, with their rows.
func (c *pageCursor) load() (v encoding.Values, dict parquet.Dictionary, count, pass int, err error) {
	c.release()
	for {
		if c.page, err = c.pages.ReadPage(); err != nil {
			return v, nil, 0, 0, err
		}
		if c.page.NumRows() > 0 {
			break
		}
		c.release()
	}
	c.row, c.rows, c.levels = 0, int(c.page.NumRows()), nil
	count = c.rows
	if c.leaf.optional {
		c.levels = c.page.DefinitionLevels()
		if len(c.levels) != c.rows {
			return v, nil, 0, 0, fmt.Errorf("%d definition levels for %d rows", len(c.levels), c.rows)
		}
		count = bytes.Count(c.levels, []byte{1})
	}
	if !c.started {
		c.started = true
		c.row = int(c.stream.inside)
		pass = c.row
		if c.levels != nil {
			pass = bytes.Count(c.levels[:c.row], []byte{1})
		}
	}
	return c.page.Data(), c.page.Dictionary(), count, pass, nil
}

func (c *pageCursor) release() {
	if c.page != nil {
		parquet.Release(c.page)
		c.page = nil
	}
}

func (c *pageCursor) close() {
	c.release()
	c.pages.Close()
}

// indexes returns the dictionary indexes of a page, checked against the length
// of the dictionary.
func indexes(v encoding.Values, count, length int) ([]int32, error) {
	index := v.Int32()
	if len(index) != count {
		return nil, fmt.Errorf("%d dictionary indexes for %d values", len(index), count)
	}
	for _, i := range index {
		if uint32(i) >= uint32(length) {
			return nil, fmt.Errorf("dictionary index %d, where the dictionary has %d values", i, length)
		}
	}
	return index, nil
}
