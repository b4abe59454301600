package encoder

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
)

// SameData reports whether two arrays share their memory. The caller must have
// retained the first, so that its memory cannot have been reused for the second.
func SameData(a, b arrow.ArrayData) bool {
	if a == b {
		return true
	}
	x, y := a.Buffers(), b.Buffers()
	if a.Len() != b.Len() || a.Offset() != b.Offset() || len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i] != y[i] {
			return false
		}
	}
	return true
}

// perDictionary keeps what was worked out for the entries of one dictionary.
type perDictionary[T any] struct {
	dict  arrow.Array // retained
	entry []T
}

// entries returns what read writes for dict's entries, worked out once as long
// as the dictionary stays the same.
func (p *perDictionary[T]) entries(dict arrow.Array, read func(entry []T) error) ([]T, error) {
	if p.dict != nil && SameData(p.dict.Data(), dict.Data()) {
		return p.entry, nil
	}
	if p.dict != nil {
		p.dict.Release()
		p.dict = nil
	}
	p.entry = resize(p.entry, dict.Len())
	if err := read(p.entry); err != nil {
		return nil, err
	}
	dict.Retain()
	p.dict = dict
	return p.entry, nil
}

// lookUp writes the entry of every row's index, and the zero value where a row
// has none.
func lookUp[T any](dst, entry []T, a *array.Dictionary) {
	switch indexes := a.Indices().(type) {
	case *array.Uint8:
		var table [256]T // indexes need no check
		copy(table[:], entry)
		for i, v := range indexes.Uint8Values() {
			dst[i] = table[v]
		}
	case *array.Int32:
		if len(entry) == 0 {
			clear(dst) // all rows are null
			return
		}
		for i, v := range indexes.Int32Values() {
			dst[i] = entry[v]
		}
	default:
		for i := range dst {
			if a.IsValid(i) {
				dst[i] = entry[a.GetValueIndex(i)]
			}
		}
	}
	if a.NullN() == 0 {
		return
	}
	var none T
	valid, offset := a.NullBitmapBytes(), a.Data().Offset()
	for i := range dst {
		if !bitutil.BitIsSet(valid, offset+i) {
			dst[i] = none
		}
	}
}
