package encoder

import (
	"math"
	"math/bits"
	"slices"
	"sort"
)

// intervals maps numbers to codes: code[i] holds from at[i−1], inclusive, to
// at[i], exclusive.
type intervals struct {
	at   []float64 // ascending
	keys []uint64  // OrderKey of each
	code []uint8   // one more than at
	nan  uint8

	// Of integers, where the cuts lie close together: the code of
	// clamp(v, low, low+len(table)−1) at its distance from low.
	low   int64
	table []uint8
	whole []uint64 // without a table: the key of the least integer that is not below each cut
}

// newIntervals tabulates the levels of a Discrete or Range feature, or of a
// Category whose values are numbers. Single values come before ranges.
func newIntervals(f *Feature) *intervals {
	type single struct {
		value float64
		code  uint8
	}
	var singles []single
	var cuts []float64
	for i, l := range f.Levels {
		code := uint8(i + 1)
		switch {
		case code == f.Other:
		case f.Kind != Range:
			if v, ok := ParseNumber(l.Value); ok && v == v {
				singles = append(singles, single{v, code})
			}
		case l.Low != nil && l.High != nil && *l.Low == *l.High:
			singles = append(singles, single{*l.Low, code})
		default:
			for _, c := range []*float64{l.Low, l.High} {
				if c != nil {
					cuts = append(cuts, *c)
				}
			}
		}
	}
	for _, s := range singles {
		cuts = append(cuts, s.value)
		if !math.IsInf(s.value, 1) {
			cuts = append(cuts, math.Nextafter(s.value, math.Inf(1)))
		}
	}
	slices.Sort(cuts)
	t := &intervals{at: slices.Compact(cuts), nan: Missing}
	codeOf := func(v float64) uint8 {
		for _, s := range singles {
			if s.value == v {
				return s.code
			}
		}
		if f.Kind == Range {
			for i, l := range f.Levels {
				point := l.Low != nil && l.High != nil && *l.Low == *l.High
				if uint8(i+1) != f.Other && !point && (l.Low == nil || v >= *l.Low) && (l.High == nil || v < *l.High) {
					return uint8(i + 1)
				}
			}
		}
		return f.Unseen()
	}
	t.code = append(t.code, codeOf(math.Inf(-1)))
	for _, c := range t.at {
		t.code = append(t.code, codeOf(c))
	}
	for _, c := range t.at {
		t.keys = append(t.keys, OrderKey(c))
	}
	t.tabulate()
	return t
}

// maxTable bounds the table for integers, in bytes.
const maxTable = 1 << 16

func (t *intervals) tabulate() {
	if len(t.at) == 0 {
		t.table = t.code
		return
	}
	low, high := math.Floor(t.at[0])-1, math.Ceil(t.at[len(t.at)-1])+1
	if math.Abs(low) > 1<<52 || math.Abs(high) > 1<<52 {
		return
	}
	if !(high-low < maxTable) {
		for _, c := range t.at {
			t.whole = append(t.whole, intKey(int64(math.Ceil(c))))
		}
		return
	}
	t.low = int64(low)
	t.table = make([]uint8, int64(high)-t.low+1)
	for i := range t.table {
		t.table[i] = t.of(float64(t.low + int64(i)))
	}
}

// of returns the code of v.
func (t *intervals) of(v float64) uint8 {
	if v != v {
		return t.nan
	}
	return t.code[sort.Search(len(t.at), func(i int) bool { return t.at[i] > v })]
}

// floats writes the codes of values to dst.
func (t *intervals) floats(dst []uint8, values []float64) {
	keys, code := t.keys, t.code
	for i, v := range values {
		dst[i] = code[notAbove(keys, OrderKey(v))]
		if v != v {
			dst[i] = t.nan
		}
	}
}

// notAbove counts the cuts that are not above a key, by the borrow of a
// subtraction: there is no branch to mispredict, and cuts are few.
func notAbove(cuts []uint64, key uint64) (n uint64) {
	for _, c := range cuts {
		_, borrow := bits.Sub64(key, c, 0)
		n += 1 - borrow
	}
	return n
}

// intKey maps integers to unsigned ones in the same order.
func intKey(v int64) uint64 { return uint64(v) ^ 1<<63 }

// OrderKey maps numbers to integers in the same order, −0 and 0 to the same.
func OrderKey(v float64) uint64 {
	b := math.Float64bits(v + 0)
	return b ^ (uint64(int64(b)>>63) | 1<<63)
}

// ints writes the codes of values to dst.
func (t *intervals) ints(dst []uint8, values []int64) {
	if t.table == nil && t.whole == nil {
		for i, v := range values {
			dst[i] = t.of(float64(v))
		}
		return
	}
	if t.table == nil {
		for i, v := range values {
			dst[i] = t.code[notAbove(t.whole, intKey(v))]
		}
		return
	}
	low, table := t.low, t.table
	high := low + int64(len(table)) - 1
	for i, v := range values {
		dst[i] = table[min(max(v, low), high)-low]
	}
}

// Unseen is the code of a value that no level holds: *other* where the feature
// has it, else Missing. It occurs when rows are encoded that the plan was not
// made from.
func (f *Feature) Unseen() uint8 {
	if f.Other != 0 {
		return f.Other
	}
	return Missing
}
