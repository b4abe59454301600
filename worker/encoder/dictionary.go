package encoder

import "github.com/apache/arrow/go/v15/arrow"

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

// entries returns what of gives for each of dict's entries, worked out once as
// long as the dictionary stays the same.
func (p *perDictionary[T]) entries(dict arrow.Array, of func(i int) (T, error)) ([]T, error) {
	if p.dict != nil && SameData(p.dict.Data(), dict.Data()) {
		return p.entry, nil
	}
	if p.dict != nil {
		p.dict.Release()
		p.dict = nil
	}
	p.entry = p.entry[:0]
	for i := range dict.Len() {
		x, err := of(i)
		if err != nil {
			return nil, err
		}
		p.entry = append(p.entry, x)
	}
	dict.Retain()
	p.dict = dict
	return p.entry, nil
}
