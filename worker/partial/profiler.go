package partial

import (
	"fmt"
	"math"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/source"
)

// Profiler profiles one column, batch by batch. It allocates when it meets a
// value for the first time, not otherwise. It is for one goroutine.
type Profiler struct {
	col   Column
	ints  *intTable
	texts map[string]int32 // text → index into counts
	names []string
	count []int64
	bytes int64     // of names
	bins  *binTable // not nil once the sketch is in use
	limit int       // of values counted one by one
	wide  int       // what limit may become, see Sketch.Ints

	last      string // the text met last and its index
	lastIndex int32

	dict  arrow.Array // the dictionary whose indexes are counted, retained
	index []int64
}

// NewProfiler returns a profiler of one of a number of columns.
func NewProfiler(c source.Column, columns int) *Profiler {
	p := &Profiler{col: Column{Name: c.Name, Type: c.Type, Scale: c.Scale}, lastIndex: -1, limit: ExactLimit, wide: wideLimit(columns)}
	if c.Type == source.Text {
		p.texts = map[string]int32{}
	} else {
		p.ints = newIntTable()
	}
	return p
}

// Add profiles a batch's array of the column.
func (p *Profiler) Add(a arrow.Array) error {
	p.col.Rows += int64(a.Len())
	p.col.Nulls += int64(a.NullN())
	switch a := a.(type) {
	case *array.Dictionary:
		return p.addDictionary(a)
	case *array.String:
		if p.ints != nil {
			return p.mismatch(a)
		}
		p.addTexts(a)
		return nil
	}
	if p.ints == nil {
		return p.mismatch(a)
	}
	switch a := a.(type) {
	case *array.Int64:
		p.addInts(a)
	case *array.Date32:
		addValues(p, a, a.Date32Values(), func(v arrow.Date32) int64 { return int64(v) })
	case *array.Timestamp:
		addValues(p, a, a.TimestampValues(), func(v arrow.Timestamp) int64 { return encoder.DayOf(int64(v)) })
	case *array.Float64:
		p.addFloats(a)
	case *array.Boolean:
		for i := range a.Len() {
			if a.IsValid(i) {
				v := int64(0)
				if a.Value(i) {
					v = 1
				}
				p.addInt(v, 1)
			}
		}
	case *array.Decimal128:
		for i, d := range a.Values() {
			if a.IsNull(i) {
				continue
			}
			if v, ok := wide(d.LowBits(), d.HighBits()); ok {
				p.addInt(v, 1)
			} else {
				p.col.Wide++
			}
		}
	default:
		return p.mismatch(a)
	}
	return nil
}

func (p *Profiler) mismatch(a arrow.Array) error {
	return fmt.Errorf("column %q is %s in the table, but a batch holds %s", p.col.Name, p.col.Type, a.DataType())
}

func addValues[T ~int64 | ~int32](p *Profiler, a arrow.Array, values []T, toInt func(T) int64) {
	nulls := a.NullN() > 0
	for i, v := range values {
		if !nulls || a.IsValid(i) {
			p.addInt(toInt(v), 1)
		}
	}
}

// addInts is addValues for the commonest case, small integers without nulls:
// one met before is one increment.
func (p *Profiler) addInts(a *array.Int64) {
	if p.bins != nil || a.NullN() > 0 {
		addValues(p, a, a.Int64Values(), func(v int64) int64 { return v })
		return
	}
	direct := p.ints.direct
	for _, v := range a.Int64Values() {
		if u := uint64(v - directLow); u < uint64(len(direct)) && direct[u] > 0 {
			direct[u]++
			continue
		}
		p.addInt(v, 1)
		direct = p.ints.direct // it may have grown
	}
}

func (p *Profiler) addFloats(a *array.Float64) {
	for i, v := range a.Float64Values() {
		switch {
		case a.IsNull(i):
		case v != v:
			p.col.NaN++
		default:
			p.addInt(int64(math.Float64bits(v+0)), 1) // −0 + 0 is 0
		}
	}
}

// addInt counts n rows with an entry of Column.Ints.
func (p *Profiler) addInt(v, n int64) {
	if p.bins != nil {
		p.col.Sketch.addInt(&p.col, p.bins, v, n)
		return
	}
	p.ints.add(v, n)
	if p.ints.distinct > p.limit && !p.widen(p.ints.distinct) {
		p.overflow()
		p.ints.each(func(v, n int64) { p.col.Sketch.addInt(&p.col, p.bins, v, n) })
		p.ints = newIntTable()
	}
}

// widen allows more values to be counted one by one, unless the column looks
// like an id: of these the sketch says all that will be asked.
func (p *Profiler) widen(values int) bool {
	if p.limit >= p.wide || p.col.Rows-p.col.Nulls < 3*int64(values) {
		return false
	}
	p.limit = p.wide
	return true
}

// overflow makes the sketch.
func (p *Profiler) overflow() {
	p.col.Sketch = newSketch(p.col.Type)
	p.bins = newBinTable(nil)
}

func (p *Profiler) addTexts(a *array.String) {
	nulls := a.NullN() > 0
	for i := range a.Len() {
		if !nulls || a.IsValid(i) {
			p.addText(a.Value(i), 1)
		}
	}
}

// addText counts n rows with a text, whose memory may be reused afterwards.
func (p *Profiler) addText(s string, n int64) {
	if p.bins != nil {
		p.col.Sketch.addText(p.bins, s, n)
		return
	}
	if p.lastIndex >= 0 && s == p.last {
		p.count[p.lastIndex] += n
		return
	}
	i, ok := p.texts[s]
	if !ok {
		i = int32(len(p.names))
		s = strings.Clone(s)
		p.texts[s] = i
		p.names = append(p.names, s)
		p.bytes += int64(len(s))
		p.count = append(p.count, 0)
	}
	p.count[i] += n
	p.last, p.lastIndex = p.names[i], i
	if len(p.names) > p.limit && !p.widen(len(p.names)) || p.bytes > ExactBytes {
		p.overflow()
		for i, s := range p.names {
			p.col.Sketch.addText(p.bins, s, p.count[i])
		}
		p.texts, p.names, p.count, p.last, p.lastIndex = nil, nil, nil, "", -1
	}
}

// Column returns the profile of all added arrays and ends the profiler.
func (p *Profiler) Column() Column {
	p.flush()
	c := p.col
	switch {
	case p.bins != nil:
		c.Sketch.finish(p.bins)
	case p.ints != nil && p.ints.distinct > 0:
		c.Ints = make(map[int64]int64, p.ints.distinct)
		p.ints.each(func(v, n int64) { c.Ints[v] = n })
	case len(p.names) > 0:
		c.Texts = make(map[string]int64, len(p.names))
		for i, s := range p.names {
			c.Texts[s] = p.count[i]
		}
	}
	if len(c.Ints) > ExactLimit || len(c.Texts) > ExactLimit {
		c.Sketch = newSketch(c.Type)
		c.Sketch.addExact(&c, c.Ints, c.Texts)
		c.Sketch.Ints, c.Sketch.Texts, c.Ints, c.Texts = c.Ints, c.Texts, nil, nil
	}
	return c
}
