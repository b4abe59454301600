package source

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"
)

// fixedChunk reads a column of any type but Text.
type fixedChunk[T any] struct {
	pageCursor
	// decode returns the values of a page, or of a dictionary, in the column's
	// own type. The result may share memory with them.
	decode func(encoding.Values) ([]T, error)
	array  func(values []T, v validity) arrow.Array
	dict   []T // the chunk's dictionary, decoded once
	dense  []T // values of the page that are not yet taken

	gathered []T // room for a page's values looked up in dict
}

func newChunkReader(leaf parquetLeaf, stream *pageStream, pages *parquet.FilePages) chunkReader {
	cursor := pageCursor{leaf: leaf, stream: stream, pages: pages}
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

func (c *fixedChunk[T]) take(n int) (arrow.Array, error) {
	out := make([]T, n)
	var valid validity
	for filled := 0; filled < n; {
		if c.row == c.rows {
			if err := c.turn(); err != nil {
				return nil, err
			}
		}
		m := min(n-filled, c.rows-c.row)
		if c.levels == nil {
			copy(out[filled:filled+m], c.dense)
			c.dense = c.dense[m:]
		} else {
			used := 0
			for i, level := range c.levels[c.row : c.row+m] {
				if level == 1 {
					out[filled+i] = c.dense[used]
					used++
				} else {
					valid.null(filled + i)
				}
			}
			c.dense = c.dense[used:]
		}
		filled += m
		c.row += m
	}
	return c.array(out, valid), nil
}

// turn loads the next page.
func (c *fixedChunk[T]) turn() error {
	v, dict, count, pass, err := c.load()
	if err != nil {
		return err
	}
	if dict == nil {
		c.dense, err = c.decode(v)
		if err != nil {
			return err
		}
		if c.leaf.physical == format.Boolean && len(c.dense) >= count {
			c.dense = c.dense[:count] // bits come in whole bytes
		}
	} else {
		if c.dict == nil {
			if c.dict, err = c.decode(dict.Page().Data()); err != nil {
				return err
			}
			c.dict = append([]T(nil), c.dict...)
		}
		index, err := indexes(v, count, min(dict.Len(), len(c.dict)))
		if err != nil {
			return err
		}
		if cap(c.gathered) < count {
			c.gathered = make([]T, count)
		}
		c.dense = c.gathered[:count]
		for k, i := range index {
			c.dense[k] = c.dict[i]
		}
	}
	if len(c.dense) != count {
		return fmt.Errorf("%d values for %d rows that have one", len(c.dense), count)
	}
	c.dense = c.dense[pass:]
	return nil
}
