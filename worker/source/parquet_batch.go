package source

import (
	"bytes"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// indexBatch gathers the rows of a batch as indexes into their chunk's
// dictionary: bytes or ints, as the cursor has them. A row without a value has
// index 0.
type indexBatch struct {
	bytes []uint8
	ints  []int32
	valid validity
}

func (b *indexBatch) rows() int { return len(b.bytes) + len(b.ints) }

// at returns a row's index.
func (b *indexBatch) at(row int) int {
	if b.bytes != nil {
		return int(b.bytes[row])
	}
	return int(b.ints[row])
}

// take appends the next n rows of the page; the batch will have size in all.
func (b *indexBatch) take(c *pageCursor, n, size int) {
	levels := []byte(nil)
	if c.levels != nil {
		levels = c.levels[c.row : c.row+n]
	}
	if c.narrow() {
		if b.bytes == nil {
			b.bytes = make([]uint8, 0, size)
		}
		b.bytes, c.bytes = takeIndexes(b.bytes, c.bytes, levels, n, &b.valid)
		return
	}
	if b.ints == nil {
		b.ints = make([]int32, 0, size)
	}
	b.ints, c.ints = takeIndexes(b.ints, c.ints, levels, n, &b.valid)
}

// takeIndexes appends the next n rows to dst, from the indexes of those that
// have a value, and returns dst and the indexes that are left.
func takeIndexes[T uint8 | int32](dst, index []T, levels []byte, n int, valid *validity) (after, left []T) {
	used := n
	if levels != nil {
		used = bytes.Count(levels, []byte{1})
	}
	left = index[used:]
	if used == n {
		return append(dst, index[:n]...), left
	}
	for _, level := range levels {
		value := T(0)
		if level == 1 {
			value, index = index[0], index[1:]
		} else {
			valid.null(len(dst))
		}
		dst = append(dst, value)
	}
	return dst, left
}

// array returns the batch with its dictionary.
func (b *indexBatch) array(dict arrow.Array) arrow.Array {
	n := b.rows()
	var of arrow.DataType = arrow.PrimitiveTypes.Int32
	values := arrow.Int32Traits.CastToBytes(b.ints)
	if b.bytes != nil {
		of, values = arrow.PrimitiveTypes.Uint8, b.bytes
	}
	indexes := fromBuffers(of, n, b.valid.nulls, []*memory.Buffer{b.valid.buffer(n), memory.NewBufferBytes(values)})
	defer indexes.Release()
	return array.NewDictionaryArray(&arrow.DictionaryType{IndexType: of, ValueType: dict.DataType()}, indexes, dict)
}

// nextIndex takes the next index of the page.
func (c *pageCursor) nextIndex() (i int) {
	if c.narrow() {
		i, c.bytes = int(c.bytes[0]), c.bytes[1:]
	} else {
		i, c.ints = int(c.ints[0]), c.ints[1:]
	}
	return i
}
