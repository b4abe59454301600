package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"
)

// pageCursor walks the pages of a column chunk.
type pageCursor struct {
	leaf    parquetLeaf
	stream  *pageStream
	levels  []byte // of the page: 1 where a row has a value; nil when all have
	row     int    // of the page, next to take
	rows    int    // in the page
	started bool

	entries int  // of the dictionary; 0 until it was met
	wide    bool // indexes are read as ints however few entries there are

	// Of a page of dictionary indexes those not yet taken, as bytes or ints: see narrow.
	bytes []uint8
	ints  []int32
}

// load moves to the next page with rows, which holds count values. pass tells
// how many of them to pass over first, with their rows. dictionary is called
// with the chunk's dictionary page when it comes. A page of indexes is decoded
// into bytes or ints, and indexed is true.
func (c *pageCursor) load(dictionary func(storedPage) error) (p storedPage, count, pass int, indexed bool, err error) {
	for {
		if p, err = c.stream.next(); err != nil {
			return p, 0, 0, false, err
		}
		if p.dictionary {
			if err := c.meet(p, dictionary); err != nil {
				return p, 0, 0, false, err
			}
		} else if p.rows > 0 {
			break
		}
	}
	c.row, c.rows = 0, p.rows
	if err := c.readLevels(&p); err != nil {
		return p, 0, 0, false, err
	}
	count = c.rows
	if c.levels != nil {
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
	c.bytes, c.ints = nil, nil
	if p.encoding == format.RLEDictionary || p.encoding == plainDictionary {
		return p, count, pass, true, c.readIndexes(p.values, count, pass)
	}
	return p, count, pass, false, nil
}

// plainDictionary is what writers before Parquet 2 call both a page of
// dictionary indexes and a plain dictionary.
const plainDictionary format.Encoding = 2

// meet takes in the chunk's dictionary.
func (c *pageCursor) meet(p storedPage, dictionary func(storedPage) error) error {
	switch {
	case c.entries > 0:
		return errors.New("a second dictionary")
	case c.started:
		return errors.New("a dictionary after values")
	}
	c.entries = p.rows
	if p.encoding == plainDictionary {
		p.encoding = format.Plain
	}
	if p.rows == 0 {
		return nil
	}
	if err := dictionary(p); err != nil {
		return fmt.Errorf("dictionary: %w", err)
	}
	return nil
}

// readLevels tells the page's levels from its values and decodes them.
func (c *pageCursor) readLevels(p *storedPage) error {
	c.levels = nil
	if !c.leaf.optional {
		return nil
	}
	if p.bits != format.RLE {
		return fmt.Errorf("definition levels in %v encoding, which cannot be read; write the file with a newer program", p.bits)
	}
	if p.prefixed {
		if len(p.values) < 4 {
			return errors.New("definition levels cut short")
		}
		n := binary.LittleEndian.Uint32(p.values)
		if uint64(n) > uint64(len(p.values)-4) {
			return fmt.Errorf("definition levels of %d bytes in a page of %d", n, len(p.values))
		}
		p.levels, p.values = p.values[4:4+n], p.values[4+n:]
	}
	if p.complete && len(p.levels) == 0 || allOnes(p.levels, p.rows) {
		return nil
	}
	levels := grown(&c.stream.room.levels, p.rows)
	if err := unpackRuns(levels, p.levels, 1); err != nil {
		return fmt.Errorf("definition levels: %w", err)
	}
	c.levels = levels
	return nil
}

// narrow reports whether the indexes of the chunk are read as bytes.
func (c *pageCursor) narrow() bool { return c.entries <= 256 && !c.wide }

// readIndexes decodes the dictionary indexes of a page, of which it passes over
// the first.
func (c *pageCursor) readIndexes(values []byte, count, pass int) error {
	width := 0
	if len(values) > 0 {
		width, values = int(values[0]), values[1:]
	}
	if count > 0 && c.entries == 0 {
		return errors.New("dictionary indexes without a dictionary")
	}
	if !c.narrow() || width > 8 {
		ints := grown(&c.stream.room.ints, count)
		if err := unpackRuns(ints, values, width); err != nil {
			return fmt.Errorf("dictionary indexes: %w", err)
		}
		for _, i := range ints {
			if uint32(i) >= uint32(c.entries) {
				return fmt.Errorf("dictionary index %d, where the dictionary has %d values", uint32(i), c.entries)
			}
		}
		if !c.narrow() {
			c.ints = ints[pass:]
			return nil
		}
		c.bytes = grown(&c.stream.room.bytes, count)[pass:]
		for i, v := range ints[pass:] {
			c.bytes[i] = uint8(v)
		}
		return nil
	}
	narrow := grown(&c.stream.room.bytes, count)
	if err := unpackRuns(narrow, values, width); err != nil {
		return fmt.Errorf("dictionary indexes: %w", err)
	}
	if err := checkIndexes(narrow, width, c.entries); err != nil {
		return err
	}
	c.bytes = narrow[pass:]
	return nil
}

// written decodes values that are no indexes. There are at least count.
func (c *pageCursor) written(p storedPage, count int) (v encoding.Values, err error) {
	var n int
	e := parquet.LookupEncoding(p.encoding)
	switch c.leaf.physical {
	case format.Boolean:
		var x []byte
		x, err = e.DecodeBoolean(nil, p.values)
		v, n = encoding.BooleanValues(x), 8*len(x)
	case format.Int32:
		var x []int32
		x, err = e.DecodeInt32(nil, p.values)
		v, n = encoding.Int32Values(x[:min(len(x), count)]), len(x)
	case format.Int64:
		var x []int64
		x, err = e.DecodeInt64(nil, p.values)
		v, n = encoding.Int64Values(x[:min(len(x), count)]), len(x)
	case format.Int96:
		x, e := e.DecodeInt96(nil, p.values)
		v, n, err = encoding.Int96Values(x[:min(len(x), count)]), len(x), e
	case format.Float:
		var x []float32
		x, err = e.DecodeFloat(nil, p.values)
		v, n = encoding.FloatValues(x[:min(len(x), count)]), len(x)
	case format.Double:
		var x []float64
		x, err = e.DecodeDouble(nil, p.values)
		v, n = encoding.DoubleValues(x[:min(len(x), count)]), len(x)
	case format.FixedLenByteArray:
		var x []byte
		x, err = e.DecodeFixedLenByteArray(nil, p.values, c.leaf.length)
		n = len(x) / c.leaf.length
		v = encoding.FixedLenByteArrayValues(x[:min(n, count)*c.leaf.length], c.leaf.length)
	default:
		var x []byte
		var offsets []uint32
		x, offsets, err = e.DecodeByteArray(nil, p.values, nil)
		n = max(len(offsets)-1, 0)
		v = encoding.ByteArrayValues(x, offsets[:min(len(offsets), count+1)])
	}
	if err == nil && n < count {
		err = fmt.Errorf("%d values for %d rows that have one", n, count)
	}
	return v, err
}

func (c *pageCursor) close() { c.stream.close() }
