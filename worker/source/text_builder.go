package source

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// textBuilder builds Arrow String arrays. A value is appended to data and then
// closed; arrow's own builder takes several calls a value for the same. Its
// memory is Go's and passes to the array.
type textBuilder struct {
	data    []byte
	offsets []int32 // of the rows so far, and the end
	valid   validity
}

// reset begins a new array, with room for as much as the last one held.
func (b *textBuilder) reset() {
	b.data = make([]byte, 0, cap(b.data))
	b.offsets = append(make([]int32, 0, max(cap(b.offsets), 64)), 0)
	b.valid = validity{}
}

func (b *textBuilder) rows() int { return len(b.offsets) - 1 }

func (b *textBuilder) close() {
	b.offsets = append(b.offsets, int32(len(b.data)))
}

func (b *textBuilder) appendNull() {
	b.valid.null(b.rows())
	b.close()
}

func (b *textBuilder) array() arrow.Array {
	buffers := []*memory.Buffer{
		b.valid.buffer(b.rows()),
		memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(b.offsets)),
		memory.NewBufferBytes(b.data),
	}
	return fromBuffers(arrow.BinaryTypes.String, b.rows(), b.valid.nulls, buffers)
}

// validity is a bitmap of the rows that are not null. It takes no memory until
// the first null.
type validity struct {
	bits  []byte
	nulls int
}

// null marks a row, none before which is marked later.
func (v *validity) null(row int) {
	for need := row/8 + 1; len(v.bits) < need; {
		v.bits = append(v.bits, 0xFF)
	}
	bitutil.ClearBit(v.bits, row)
	v.nulls++
}

func (v *validity) isNull(row int) bool {
	return row < 8*len(v.bits) && !bitutil.BitIsSet(v.bits, row)
}

// buffer returns the bitmap for a number of rows; nil stands for no nulls.
func (v *validity) buffer(rows int) *memory.Buffer {
	if v.nulls == 0 {
		return nil
	}
	for len(v.bits) < (rows+7)/8 {
		v.bits = append(v.bits, 0xFF)
	}
	return memory.NewBufferBytes(v.bits)
}

// fromBuffers makes an array of buffers that are the garbage collector's.
func fromBuffers(t arrow.DataType, rows, nulls int, buffers []*memory.Buffer) arrow.Array {
	data := array.NewData(t, rows, buffers, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}
