package partial

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// addDictionary counts indexes; values are looked at once per dictionary.
func (p *Profiler) addDictionary(a *array.Dictionary) error {
	values := a.Dictionary()
	if p.dict == nil || !encoder.SameData(p.dict.Data(), values.Data()) {
		if !p.counts(values) {
			return p.mismatch(a)
		}
		p.flush()
		values.Retain()
		p.dict = values
		p.index = append(p.index[:0], make([]int64, values.Len())...)
	}
	countIndexes(p.index, a)
	return nil
}

// countIndexes adds the rows of a that have each index.
func countIndexes(counts []int64, a *array.Dictionary) {
	indexes, bytes := a.Indices().(*array.Uint8)
	if bytes && a.NullN() == 0 {
		countBytes(counts, indexes.Uint8Values())
		return
	}
	ints, ok := a.Indices().(*array.Int32)
	if ok && a.NullN() == 0 {
		for _, v := range ints.Int32Values() {
			counts[v]++
		}
		return
	}
	valid, offset := a.NullBitmapBytes(), a.Data().Offset()
	for i := range a.Len() {
		if a.NullN() == 0 || bitutil.BitIsSet(valid, offset+i) {
			counts[a.GetValueIndex(i)]++
		}
	}
}

// counts reports whether a dictionary's entries are values of the column.
func (p *Profiler) counts(values arrow.Array) bool {
	switch values.(type) {
	case *array.String:
		return p.ints == nil
	case *array.Int64, *array.Date32, *array.Timestamp, *array.Float64, *array.Decimal128:
		return p.ints != nil
	}
	return false
}

// countBytes adds the number of times that each byte occurs. Four tables in turn
// let equal neighbours be counted without waiting for each other.
func countBytes(counts []int64, values []uint8) {
	var tables [4][256]int64
	i := 0
	for ; i+4 <= len(values); i += 4 {
		four := values[i : i+4]
		tables[0][four[0]]++
		tables[1][four[1]]++
		tables[2][four[2]]++
		tables[3][four[3]]++
	}
	for _, v := range values[i:] {
		tables[0][v]++
	}
	for v := range counts {
		counts[v] += tables[0][v] + tables[1][v] + tables[2][v] + tables[3][v]
	}
}

// flush adds the counted indexes of the dictionary in use to the values. A value
// that stands in a dictionary twice is the same value; a null entry is missing.
func (p *Profiler) flush() {
	if p.dict == nil {
		return
	}
	for i, n := range p.index {
		switch {
		case n == 0:
		case p.dict.IsNull(i):
			p.col.Nulls += n
		default:
			p.addEntry(i, n)
		}
	}
	p.dict.Release()
	p.dict = nil
}

// addEntry counts n rows with an entry of the dictionary in use.
func (p *Profiler) addEntry(i int, n int64) {
	switch a := p.dict.(type) {
	case *array.String:
		p.addText(a.Value(i), n)
	case *array.Int64:
		p.addInt(a.Value(i), n)
	case *array.Date32:
		p.addInt(int64(a.Value(i)), n)
	case *array.Timestamp:
		p.addInt(encoder.DayOf(int64(a.Value(i))), n)
	case *array.Float64:
		if v := a.Value(i); v != v {
			p.col.NaN += n
		} else {
			p.addInt(int64(math.Float64bits(v+0)), n)
		}
	case *array.Decimal128:
		d := a.Value(i)
		if v, ok := wide(d.LowBits(), d.HighBits()); ok {
			p.addInt(v, n)
		} else {
			p.col.Wide += n
		}
	}
}
