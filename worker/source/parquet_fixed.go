package source

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/parquet-go/parquet-go/encoding"
)

// fixedChunk reads a column of any type but Text.
type fixedChunk[T any] struct {
	pageCursor
	// decode returns the values of a page, or of a dictionary, in the column's
	// own type. The result may share memory with them.
	decode func(encoding.Values) ([]T, error)
	array  func(values []T, v validity) arrow.Array
	dict   []T         // the chunk's dictionary, decoded once
	words  arrow.Array // dict; made when a batch is first delivered by indexes
	dense  []T         // values of the page that are not yet taken
	coded  bool        // these are indexes into dict instead, in the cursor
	coding bool        // batches are delivered by indexes where possible

	gathered []T // room for a page's values looked up in dict
}

func newChunkReader(leaf parquetLeaf, stream *pageStream) chunkReader {
	cursor := pageCursor{leaf: leaf, stream: stream}
	arrowType := leaf.ArrowType()
	switch leaf.Type {
	case Int:
		return &fixedChunk[int64]{pageCursor: cursor, decode: leaf.decodeInts, array: fixedArray(arrowType, arrow.Int64Traits.CastToBytes)}
	case Timestamp:
		return &fixedChunk[int64]{pageCursor: cursor, decode: leaf.decodeTimes, array: fixedArray(arrowType, arrow.Int64Traits.CastToBytes)}
	case Float:
		return &fixedChunk[float64]{pageCursor: cursor, decode: leaf.decodeFloats, array: fixedArray(arrowType, arrow.Float64Traits.CastToBytes)}
	case Date:
		return &fixedChunk[int32]{pageCursor: cursor, decode: decodeDates, array: fixedArray(arrowType, arrow.Int32Traits.CastToBytes)}
	case Decimal:
		return &fixedChunk[decimal128.Num]{pageCursor: cursor, decode: leaf.decodeDecimals, array: fixedArray(arrowType, arrow.Decimal128Traits.CastToBytes)}
	case Bool:
		return &fixedChunk[bool]{pageCursor: cursor, decode: decodeBools, array: boolArray}
	}
	cursor.wide = true
	return &textChunk{pageCursor: cursor}
}

func fixedArray[T any](t arrow.DataType, bytes func([]T) []byte) func([]T, validity) arrow.Array {
	return func(values []T, v validity) arrow.Array {
		return fromBuffers(t, len(values), v.nulls, []*memory.Buffer{v.buffer(len(values)), memory.NewBufferBytes(bytes(values))})
	}
}

func boolArray(values []bool, v validity) arrow.Array {
	bits := make([]byte, (len(values)+7)/8)
	for i, set := range values {
		if set {
			bitutil.SetBit(bits, i)
		}
	}
	return fromBuffers(arrow.FixedWidthTypes.Boolean, len(values), v.nulls, []*memory.Buffer{v.buffer(len(values)), memory.NewBufferBytes(bits)})
}

func (c *fixedChunk[T]) compact() { c.coding = true }

// take delivers indexes for as long as the pages have a dictionary, where it
// may; from the first page that has none it delivers values.
func (c *fixedChunk[T]) take(n int) (arrow.Array, error) {
	var batch indexBatch
	var out []T
	if !c.coding {
		out = make([]T, n)
	}
	for filled := 0; filled < n; {
		if c.row == c.rows {
			if err := c.turn(); err != nil {
				return nil, err
			}
		}
		m := min(n-filled, c.rows-c.row)
		if out == nil && !c.coded {
			out = make([]T, n)
			for row := range filled {
				if !batch.valid.isNull(row) {
					out[row] = c.dict[batch.at(row)]
				}
			}
		}
		if out == nil {
			batch.take(&c.pageCursor, m, n)
		} else {
			c.takeValues(out[filled:filled+m], filled, &batch.valid)
		}
		filled += m
		c.row += m
	}
	if out != nil {
		return c.array(out, batch.valid), nil
	}
	if c.words == nil {
		c.words = c.array(c.dict, validity{})
	}
	return batch.array(c.words), nil
}

// takeValues writes the values of the next rows, the first of which is row at
// of the batch.
func (c *fixedChunk[T]) takeValues(out []T, at int, valid *validity) {
	if c.coded {
		c.spell()
	}
	if c.levels == nil {
		copy(out, c.dense)
		c.dense = c.dense[len(out):]
		return
	}
	used := 0
	for i, level := range c.levels[c.row : c.row+len(out)] {
		if level == 1 {
			out[i] = c.dense[used]
			used++
		} else {
			valid.null(at + i)
		}
	}
	c.dense = c.dense[used:]
}

// turn loads the next page.
func (c *fixedChunk[T]) turn() error {
	p, count, pass, coded, err := c.load(c.readDictionary)
	if err != nil {
		return err
	}
	if c.coded = coded; coded {
		return nil
	}
	v, err := c.written(p, count)
	if err != nil {
		return err
	}
	if c.dense, err = c.decode(v); err != nil {
		return err
	}
	c.dense = c.dense[pass:count]
	return nil
}

func (c *fixedChunk[T]) readDictionary(p storedPage) error {
	v, err := c.written(p, p.rows)
	if err != nil {
		return err
	}
	c.dict, err = c.decode(v)
	return err
}

// spell looks the rest of the page's indexes up in the dictionary.
func (c *fixedChunk[T]) spell() {
	c.dense, c.coded = grown(&c.gathered, len(c.bytes)+len(c.ints)), false
	for k, i := range c.bytes {
		c.dense[k] = c.dict[i]
	}
	for k, i := range c.ints {
		c.dense[k] = c.dict[i]
	}
}
