package source

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/parquet-go/parquet-go/format"
)

// textChunk reads a Text column. Rows of dictionary pages come as an Arrow
// dictionary array: only indexes are copied, and every batch of the chunk holds
// the same dictionary, so that a consumer can know it by the pointer
// Data().Dictionary(). A batch that meets a page without dictionary, which
// writers fall back to when a dictionary grows too large, is a String array.
type textChunk struct {
	pageCursor
	dict  *array.String // of the chunk
	coded bool          // the page holds indexes, in the cursor, else
	plain plainText
}

// compact lets indexes be bytes.
func (c *textChunk) compact() { c.wide = false }

// take delivers indexes for as long as the pages have a dictionary; from the
// first that has none it delivers text.
func (c *textChunk) take(n int) (arrow.Array, error) {
	var batch indexBatch
	var text *textBuilder
	for filled := 0; filled < n; {
		if c.row == c.rows {
			if err := c.turn(); err != nil {
				return nil, err
			}
		}
		if !c.coded && text == nil {
			text = c.spelled(&batch, n)
		}
		m := min(n-filled, c.rows-c.row)
		if text == nil {
			batch.take(&c.pageCursor, m, n)
		} else if err := c.takeText(text, m); err != nil {
			return nil, err
		}
		filled += m
		c.row += m
	}
	if text != nil {
		return text.array(), nil
	}
	return batch.array(c.dictionary()), nil
}

// turn loads the next page.
func (c *textChunk) turn() error {
	p, count, pass, coded, err := c.load(c.readDictionary)
	if err != nil {
		return err
	}
	if c.coded = coded; coded {
		return nil
	}
	if c.plain, err = c.texts(p, count); err != nil {
		return err
	}
	return c.plain.pass(pass)
}

func (c *textChunk) readDictionary(p storedPage) error {
	values, err := c.texts(p, p.rows)
	if err != nil {
		return err
	}
	text := newTextBuilder(values.n)
	for range values.n {
		if err := values.next(text); err != nil {
			return err
		}
	}
	c.dict = text.array().(*array.String)
	return nil
}

// dictionary returns the chunk's dictionary, an empty one where there is none: a
// chunk without a value may do without.
func (c *textChunk) dictionary() *array.String {
	if c.dict == nil {
		c.dict = newTextBuilder(0).array().(*array.String)
	}
	return c.dict
}

// spelled turns the rows taken so far, of a batch of n, into text.
func (c *textChunk) spelled(batch *indexBatch, n int) *textBuilder {
	text := newTextBuilder(n)
	for row := range batch.rows() {
		if batch.valid.isNull(row) {
			text.addNull()
		} else {
			text.add(bytesOf(c.dict, batch.at(row)))
		}
	}
	return text
}

// bytesOf returns a value of a dictionary without copying it.
func bytesOf(dict *array.String, i int) []byte {
	return dict.ValueBytes()[dict.ValueOffset(i)-dict.ValueOffset(0) : dict.ValueOffset(i+1)-dict.ValueOffset(0)]
}

// takeText appends the values of the next n rows to text.
func (c *textChunk) takeText(text *textBuilder, n int) error {
	for i := range n {
		switch {
		case c.levels != nil && c.levels[c.row+i] != 1:
			text.addNull()
		case !c.coded:
			if err := c.plain.next(text); err != nil {
				return err
			}
		default:
			text.add(bytesOf(c.dict, c.nextIndex()))
			if err := text.fits(); err != nil {
				return err
			}
		}
	}
	return nil
}

// plainText are the values written out in a page, n of them not yet taken.
type plainText struct {
	n       int
	data    []byte   // from the next value on, or, with offsets, all
	offsets []uint32 // of the values in data, from the next on; nil where they are
	size    int      // all of this length, or, 0, each stands after its length
	uuid    bool
}

// texts prepares the reading of the count values of a page.
func (c *textChunk) texts(p storedPage, count int) (plainText, error) {
	fixed := c.leaf.physical == format.FixedLenByteArray
	if p.encoding == format.Plain && !fixed {
		return plainText{n: count, data: p.values}, nil
	}
	v, err := c.written(p, count)
	if err != nil {
		return plainText{}, err
	}
	if fixed {
		data, size := v.FixedLenByteArray()
		return plainText{n: count, data: data, size: size, uuid: c.leaf.form == uuid}, nil
	}
	data, offsets := v.ByteArray()
	return plainText{n: count, data: data, offsets: offsets}, nil
}

// value takes the next value. It stays valid as long as the page does.
func (p *plainText) value() (value []byte, err error) {
	switch {
	case p.n == 0:
		return nil, errors.New("fewer texts than rows that have one")
	case p.offsets != nil:
		value, p.offsets = p.data[p.offsets[0]:p.offsets[1]], p.offsets[1:]
	case p.size > 0:
		value, p.data = p.data[:p.size], p.data[p.size:]
	default:
		if len(p.data) < 4 {
			return nil, fmt.Errorf("texts cut short: %d more expected", p.n)
		}
		n := binary.LittleEndian.Uint32(p.data)
		if uint64(n) > uint64(len(p.data)-4) {
			return nil, fmt.Errorf("a text of %d bytes where %d are left", n, len(p.data)-4)
		}
		value, p.data = p.data[4:4+n], p.data[4+n:]
	}
	p.n--
	return value, nil
}

// pass passes over values.
func (p *plainText) pass(n int) error {
	for range n {
		if _, err := p.value(); err != nil {
			return err
		}
	}
	return nil
}

// next appends the next value to text.
func (p *plainText) next(text *textBuilder) error {
	value, err := p.value()
	if err != nil {
		return err
	}
	if p.uuid {
		value = appendUUID(nil, value)
	}
	text.add(value)
	return text.fits()
}

func appendUUID(dst, b []byte) []byte {
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return dst
}
