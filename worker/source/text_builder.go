package source

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// textBuilder builds Arrow String arrays. Its memory is Go's and passes to the
// array. Lengths are kept beside the slices: appending to a slice would store a
// pointer for every value, which the garbage collector tracks while it runs.
type textBuilder struct {
	data    []byte // used bytes of it are filled
	used    int
	offsets []int32 // rows+1 of it are filled
	rows    int
	valid   validity
}

// newTextBuilder returns a builder with room for a number of rows.
func newTextBuilder(rows int) *textBuilder {
	b := &textBuilder{}
	b.reset(rows)
	return b
}

// reset begins a new array, with room for as much text as the last one held.
func (b *textBuilder) reset(rows int) {
	b.data = make([]byte, b.used+b.used/8)
	b.offsets = make([]int32, rows+1)
	b.used, b.rows, b.valid = 0, 0, validity{}
}

func (b *textBuilder) add(text []byte) {
	if b.used+len(text) > len(b.data) {
		b.grow(len(text))
	}
	copy(b.data[b.used:], text)
	b.used += len(text)
	b.close()
}

func (b *textBuilder) addNull() {
	b.valid.null(b.rows)
	b.close()
}

// close ends the value that fills data up to used.
func (b *textBuilder) close() {
	b.rows++
	if b.rows == len(b.offsets) {
		b.offsets = append(b.offsets, make([]int32, len(b.offsets))...)
	}
	b.offsets[b.rows] = int32(b.used)
}

// grow makes room for n more bytes.
func (b *textBuilder) grow(n int) {
	grown := make([]byte, max(2*len(b.data), b.used+n, 1024))
	copy(grown, b.data[:b.used])
	b.data = grown
}

// fits returns an error when there is more text than Arrow's 32-bit offsets can
// address.
func (b *textBuilder) fits() error {
	if b.used > math.MaxInt32 {
		return fmt.Errorf("more than 2 GiB of text in %d rows", b.rows)
	}
	return nil
}

func (b *textBuilder) array() arrow.Array {
	return fromBuffers(arrow.BinaryTypes.String, b.rows, b.valid.nulls, []*memory.Buffer{
		b.valid.buffer(b.rows),
		memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(b.offsets[:b.rows+1])),
		memory.NewBufferBytes(b.data[:b.used]),
	})
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
