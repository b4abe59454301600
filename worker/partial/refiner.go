package partial

import (
	"math"
	"math/bits"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/source"
)

// Refiner answers one column's question, batch by batch. It is for one goroutine.
type Refiner struct {
	profiler *Profiler // for the column's type and its errors
	wanted   [HashBuckets / 64]uint64
	asked    bool
	out      Refined
	cuts     []uint64 // orderKey of each
	rows     []int64  // of a batch, by index into its dictionary
	between  []int64  // rows from cut i−1 (inclusive) to cut i; the last is all above
}

// NewRefiner returns a refiner of a column.
func NewRefiner(c source.Column, ask RefineColumn) *Refiner {
	r := &Refiner{profiler: NewProfiler(c, 1), asked: len(ask.Buckets) > 0}
	r.out = Refined{Column: ask.Column, Buckets: ask.Buckets, Cuts: ask.Cuts}
	if c.Type == source.Text {
		r.out.Texts = map[string]int64{}
	} else {
		r.out.Ints = map[int64]int64{}
	}
	for _, b := range ask.Buckets {
		r.wanted[b/64%uint32(len(r.wanted))] |= 1 << (b % 64)
	}
	for _, c := range ask.Cuts {
		r.cuts = append(r.cuts, encoder.OrderKey(c))
	}
	r.between = make([]int64, len(ask.Cuts)+1)
	return r
}

// Add counts a batch's array of the column.
func (r *Refiner) Add(a arrow.Array) error {
	d, ok := a.(*array.Dictionary)
	if !ok {
		return r.add(a, nil)
	}
	r.rows = append(r.rows[:0], make([]int64, d.Dictionary().Len())...)
	countIndexes(r.rows, d)
	return r.add(d.Dictionary(), r.rows)
}

// add counts values: of each as many rows as rows says, or, without, one.
func (r *Refiner) add(a arrow.Array, rows []int64) error {
	switch a := a.(type) {
	case *array.String:
		each(a, rows, func(i int, n int64) { r.addText(a.Value(i), n) })
	case *array.Int64:
		values := a.Int64Values()
		each(a, rows, func(i int, n int64) { r.addInt(values[i], n) })
	case *array.Date32:
		each(a, rows, func(i int, n int64) { r.addInt(int64(a.Value(i)), n) })
	case *array.Timestamp:
		each(a, rows, func(i int, n int64) { r.addInt(encoder.DayOf(int64(a.Value(i))), n) })
	case *array.Float64:
		values := a.Float64Values()
		each(a, rows, func(i int, n int64) {
			if v := values[i]; v == v {
				r.addInt(int64(math.Float64bits(v+0)), n)
			}
		})
	case *array.Decimal128:
		values := a.Values()
		each(a, rows, func(i int, n int64) {
			if v, ok := wide(values[i].LowBits(), values[i].HighBits()); ok {
				r.addInt(v, n)
			}
		})
	default:
		return r.profiler.mismatch(a)
	}
	return nil
}

// each does something for every value that is there.
func each(a arrow.Array, rows []int64, do func(i int, n int64)) {
	nulls, n := a.NullN() > 0, int64(1)
	for i := range a.Len() {
		if rows != nil {
			if n = rows[i]; n == 0 {
				continue
			}
		}
		if !nulls || a.IsValid(i) {
			do(i, n)
		}
	}
}

func (r *Refiner) wants(hash uint64) bool {
	b := Bucket(hash)
	return r.wanted[b/64]>>(b%64)&1 != 0
}

// addText counts n rows with a text.
func (r *Refiner) addText(s string, n int64) {
	if r.asked && r.wants(HashText(s)) {
		if _, ok := r.out.Texts[s]; !ok {
			s = strings.Clone(s)
		}
		r.out.Texts[s] += n
	}
	if len(r.between) > 1 {
		if f, ok := encoder.ParseNumber(s); ok && f == f {
			r.addNumber(f, n)
		}
	}
}

// addInt counts n rows with an entry of Column.Ints.
func (r *Refiner) addInt(v, n int64) {
	if r.asked && r.wants(HashInt(v)) {
		r.out.Ints[v] += n
	}
	if len(r.between) > 1 {
		r.addNumber(r.profiler.col.number(v), n)
	}
}

// addNumber finds the cuts around f by halving, with moves in place of branches:
// which way it goes is as good as random.
func (r *Refiner) addNumber(f float64, n int64) {
	from, key := 0, encoder.OrderKey(f)
	for left := len(r.cuts); left > 0; {
		half := (left + 1) / 2
		_, above := bits.Sub64(key, r.cuts[from+half-1], 0)
		from += half & (int(above) - 1)
		left -= half
	}
	r.between[from] += n
}

// Refined returns the answer for all added arrays.
func (r *Refiner) Refined() Refined {
	r.out.Below = make([]int64, len(r.out.Cuts))
	var sum int64
	for i := range r.out.Cuts {
		sum += r.between[i]
		r.out.Below[i] = sum
	}
	return r.out
}
