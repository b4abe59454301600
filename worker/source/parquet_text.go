package source

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"
)

// textChunk reads a Text column. Rows of dictionary pages come as an Arrow
// dictionary array: only indexes are copied, and every batch of the chunk holds
// the same dictionary, so that a consumer can know it by the pointer
// Data().Dictionary(). A batch that meets a page without dictionary, which
// writers fall back to when a dictionary grows too large, is a String array.
type textChunk struct {
	pageCursor
	dict  *array.String // of the chunk, made on the first dictionary page
	index []int32       // of the page, not yet taken; nil on plain pages
	plain plainText     // of the page, not yet taken
}

// take builds indexes for as long as the pages have a dictionary; from the
// first that has none it builds text.
func (c *textChunk) take(n int) (arrow.Array, error) {
	var valid validity
	var text *textBuilder
	codes := make([]int32, 0, n)
	for filled := 0; filled < n; {
		if c.row == c.rows {
			if err := c.turn(); err != nil {
				return nil, err
			}
		}
		if c.index == nil && text == nil {
			text = c.written(codes, valid)
		}
		m := min(n-filled, c.rows-c.row)
		levels := []byte(nil)
		if c.levels != nil {
			levels = c.levels[c.row : c.row+m]
		}
		if text == nil {
			codes = c.takeCodes(codes, levels, m, &valid)
		} else if err := c.takeText(text, levels, m); err != nil {
			return nil, err
		}
		filled += m
		c.row += m
	}
	if text != nil {
		return text.array(), nil
	}
	indexes := fromBuffers(arrow.PrimitiveTypes.Int32, n, valid.nulls, []*memory.Buffer{
		valid.buffer(n), memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(codes)),
	})
	defer indexes.Release()
	return array.NewDictionaryArray(dictionaryType, indexes, c.dict), nil
}

// turn loads the next page.
func (c *textChunk) turn() error {
	v, dict, count, pass, err := c.load()
	if err != nil {
		return err
	}
	c.index = nil
	if dict == nil {
		c.plain = c.leaf.plainText(v)
		if c.plain.n != count {
			return fmt.Errorf("%d values for %d rows that have one", c.plain.n, count)
		}
		c.plain.at = pass
		return nil
	}
	if c.dict == nil {
		values := c.leaf.plainText(dict.Page().Data())
		text := newTextBuilder(values.n)
		for range values.n {
			if err := values.next(text); err != nil {
				return err
			}
		}
		c.dict = text.array().(*array.String)
	}
	index, err := indexes(v, count, c.dict.Len())
	if err != nil {
		return err
	}
	c.index = index[pass:]
	if c.index == nil {
		c.index = []int32{} // a dictionary page of nulls alone
	}
	return nil
}

// written turns the codes of the rows taken so far into text.
func (c *textChunk) written(codes []int32, valid validity) *textBuilder {
	text := newTextBuilder(cap(codes))
	for row, code := range codes {
		if valid.isNull(row) {
			text.addNull()
		} else {
			text.add(bytesOf(c.dict, int(code)))
		}
	}
	return text
}

// bytesOf returns a value of a dictionary without copying it.
func bytesOf(dict *array.String, i int) []byte {
	return dict.ValueBytes()[dict.ValueOffset(i)-dict.ValueOffset(0) : dict.ValueOffset(i+1)-dict.ValueOffset(0)]
}

// takeCodes appends the indexes of the next n rows of a dictionary page.
func (c *textChunk) takeCodes(codes []int32, levels []byte, n int, valid *validity) []int32 {
	used := n
	if levels != nil {
		used = bytes.Count(levels, []byte{1})
	}
	index := c.index[:used]
	c.index = c.index[used:]
	if used == n {
		return append(codes, index...)
	}
	for _, level := range levels {
		code := int32(0)
		if level == 1 {
			code, index = index[0], index[1:]
		} else {
			valid.null(len(codes))
		}
		codes = append(codes, code)
	}
	return codes
}

// takeText appends the values of the next n rows to text.
func (c *textChunk) takeText(text *textBuilder, levels []byte, n int) error {
	for i := range n {
		switch {
		case levels != nil && levels[i] != 1:
			text.addNull()
		case c.index == nil:
			if err := c.plain.next(text); err != nil {
				return err
			}
		default:
			text.add(bytesOf(c.dict, int(c.index[0])))
			c.index = c.index[1:]
			if err := text.fits(); err != nil {
				return err
			}
		}
	}
	return nil
}

// plainText are values written out in a page.
type plainText struct {
	n, at   int
	data    []byte
	offsets []uint32 // nil where all values are size bytes long
	size    int
	uuid    bool
}

func (l parquetLeaf) plainText(v encoding.Values) plainText {
	if l.physical == format.FixedLenByteArray {
		data, size := v.FixedLenByteArray()
		return plainText{n: len(data) / size, data: data, size: size, uuid: l.form == uuid}
	}
	data, offsets := v.ByteArray()
	return plainText{n: max(len(offsets)-1, 0), data: data, offsets: offsets}
}

// next appends the next value to text.
func (p *plainText) next(text *textBuilder) error {
	var value []byte
	if p.offsets != nil {
		value = p.data[p.offsets[p.at]:p.offsets[p.at+1]]
	} else {
		value = p.data[p.at*p.size : (p.at+1)*p.size]
	}
	p.at++
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
