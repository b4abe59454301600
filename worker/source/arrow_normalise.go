package source

import (
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// normaliser brings the arrays of one column of an IPC file into the types of
// the contract. What already has them is checked and passed on.
type normaliser struct {
	column Column
	at     int // in the file's schema

	// The last dictionary met and what it became: batches share dictionaries,
	// and a consumer knows them by pointer.
	source     arrow.ArrayData
	dictionary arrow.Array
}

func (c *normaliser) release() {
	if c.source != nil {
		c.source.Release()
		c.dictionary.Release()
		c.source, c.dictionary = nil, nil
	}
}

// normalise returns a new reference. It may panic on corrupt data.
func (c *normaliser) normalise(a arrow.Array, rows int, mem memory.Allocator) (arrow.Array, error) {
	if a.Len() != rows {
		return nil, fmt.Errorf("%d values in a batch of %d rows", a.Len(), rows)
	}
	a, err := withTrueNulls(a)
	if err != nil {
		return nil, err
	}
	defer a.Release()
	if d, ok := a.(*array.Dictionary); ok {
		return c.dictionaryArray(d, mem)
	}
	return c.plain(a)
}

// withTrueNulls returns the array with its nulls counted, not as the file
// claims.
func withTrueNulls(a arrow.Array) (arrow.Array, error) {
	data := a.Data()
	if a.DataType().ID() == arrow.NULL || len(data.Buffers()) == 0 || data.Buffers()[0] == nil {
		a.Retain()
		return a, nil
	}
	bits := data.Buffers()[0].Bytes()
	if len(bits)*8 < data.Offset()+data.Len() {
		return nil, fmt.Errorf("a validity bitmap of %d bytes for %d values", len(bits), data.Len())
	}
	nulls := data.Len() - bitutil.CountSetBits(bits, data.Offset(), data.Len())
	var fixed *array.Data
	if a.DataType().ID() == arrow.DICTIONARY {
		fixed = array.NewDataWithDictionary(data.DataType(), data.Len(), data.Buffers(), nulls, data.Offset(), data.Dictionary().(*array.Data))
	} else {
		fixed = array.NewData(data.DataType(), data.Len(), data.Buffers(), data.Children(), nulls, data.Offset())
	}
	defer fixed.Release()
	return array.MakeFromData(fixed), nil
}

// dictionaryArray keeps a dictionary of text, its indexes widened to 32 bits,
// and writes out any other.
func (c *normaliser) dictionaryArray(d *array.Dictionary, mem memory.Allocator) (arrow.Array, error) {
	if source := d.Data().Dictionary(); c.source != source {
		values, err := withTrueNulls(d.Dictionary())
		if err != nil {
			return nil, err
		}
		defer values.Release()
		plain, err := c.plain(values)
		if err != nil {
			return nil, fmt.Errorf("dictionary: %w", err)
		}
		c.release()
		source.Retain()
		c.source, c.dictionary = source, plain
	}
	codes := make([]int32, d.Len())
	var valid validity
	size := uint64(c.dictionary.Len())
	for i := range codes {
		if d.IsNull(i) {
			valid.null(i)
			continue
		}
		code := dictionaryIndex(d.Indices(), i)
		if code >= size {
			return nil, fmt.Errorf("dictionary index %d, where the dictionary has %d values", code, size)
		}
		if c.dictionary.IsNull(int(code)) {
			valid.null(i)
			continue
		}
		codes[i] = int32(code)
	}
	indexes := fromBuffers(arrow.PrimitiveTypes.Int32, len(codes), valid.nulls, []*memory.Buffer{
		valid.buffer(len(codes)), memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(codes)),
	})
	defer indexes.Release()
	if c.column.Type == Text {
		return array.NewDictionaryArray(dictionaryType, indexes, c.dictionary), nil
	}
	return gather(c.dictionary, codes, valid)
}

// dictionaryIndex returns index i as unsigned: negative ones become large.
func dictionaryIndex(indexes arrow.Array, i int) uint64 {
	switch x := indexes.(type) {
	case *array.Int8:
		return uint64(x.Value(i))
	case *array.Int16:
		return uint64(x.Value(i))
	case *array.Int32:
		return uint64(x.Value(i))
	case *array.Int64:
		return uint64(x.Value(i))
	case *array.Uint8:
		return uint64(x.Value(i))
	case *array.Uint16:
		return uint64(x.Value(i))
	case *array.Uint32:
		return uint64(x.Value(i))
	case *array.Uint64:
		return x.Value(i)
	}
	return math.MaxUint64
}

// gather writes out values of a dictionary that is not text.
func gather(dictionary arrow.Array, codes []int32, valid validity) (arrow.Array, error) {
	switch d := dictionary.(type) {
	case *array.Int64:
		return gatherFixed(d.Int64Values(), codes, valid, fixedArray(d.DataType(), arrow.Int64Traits.CastToBytes)), nil
	case *array.Float64:
		return gatherFixed(d.Float64Values(), codes, valid, fixedArray(d.DataType(), arrow.Float64Traits.CastToBytes)), nil
	case *array.Date32:
		return gatherFixed(d.Date32Values(), codes, valid, fixedArray(d.DataType(), arrow.Date32Traits.CastToBytes)), nil
	case *array.Timestamp:
		return gatherFixed(d.TimestampValues(), codes, valid, fixedArray(d.DataType(), arrow.TimestampTraits.CastToBytes)), nil
	case *array.Decimal128:
		return gatherFixed(d.Values(), codes, valid, fixedArray(d.DataType(), arrow.Decimal128Traits.CastToBytes)), nil
	case *array.Boolean:
		values := make([]bool, d.Len())
		for i := range values {
			values[i] = d.Value(i)
		}
		return gatherFixed(values, codes, valid, boolArray), nil
	}
	return nil, errors.New("a dictionary of " + dictionary.DataType().String())
}

func gatherFixed[T any](values []T, codes []int32, valid validity, build func([]T, validity) arrow.Array) arrow.Array {
	out := make([]T, len(codes))
	for i, code := range codes {
		if !valid.isNull(i) {
			out[i] = values[code]
		}
	}
	return build(out, valid)
}
