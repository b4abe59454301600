package partial

import (
	"math"
	"slices"
	"sort"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/source"
)

// Inference is what all values of a column together say about it.
type Inference struct {
	Type     source.Type // of the values: a Text column may hold any type but Decimal
	Known    int64       // rows that hold a value
	Distinct int64       // different values
	About    bool        // Distinct is an estimate, of four digits

	Numeric    bool   // every value is a number (NaN and ±Inf included), or a bool
	NaN        int64  // rows with NaN
	Infinite   int64  // rows with ±Inf
	NotNumbers int64  // rows of a Text column that are not numbers
	NotNumber  string // the first of them in byte order
	Padded     int64  // rows whose integer has needless zeros in front
	Decimals   int    // digits after the point the numbers need, MaxDecimals+1 for more
	Min, Max   float64
}

// Infer decides a column's type from all its values: a Text column is Int,
// Float, Bool, Date or Timestamp when every value is, else Text. Cost: one
// parse per distinct value.
func (c *Column) Infer() Inference {
	inf := Inference{Type: c.Type, Known: c.Known(), NaN: c.NaN, Min: math.Inf(1), Max: math.Inf(-1)}
	switch {
	case c.Sketch != nil:
		inf.Distinct, inf.About = min(fourDigits(int64(c.Sketch.Distinct.Estimate())), inf.Known), true
		c.inferSketch(&inf)
	case c.Type == source.Text:
		inf.Distinct = int64(len(c.Texts))
		c.inferTexts(&inf)
	default:
		inf.Distinct = int64(len(c.Ints))
		inf.Numeric = c.Type != source.Date && c.Type != source.Timestamp
		for v, n := range c.Ints {
			f := c.number(v)
			inf.span(f, n)
			inf.Decimals = c.decimals(v, inf.Decimals)
		}
	}
	return inf
}

// decimals returns the digits after the point that an entry of Ints needs, at
// least from; MaxDecimals+1 for more.
func (c *Column) decimals(v int64, from int) int {
	switch c.Type {
	case source.Float:
		if f := c.number(v); !math.IsInf(f, 0) {
			return encoder.FloatDecimals(f, from, MaxDecimals)
		}
	case source.Decimal:
		scale := int(c.Scale)
		for scale > from && v%10 == 0 {
			v, scale = v/10, scale-1
		}
		return max(from, min(scale, MaxDecimals+1))
	}
	return from
}

// fourDigits rounds an estimate, so that the last bits of its computation,
// which differ between processors, decide nothing.
func fourDigits(n int64) int64 {
	unit := int64(1)
	for n/unit >= 10_000 {
		unit *= 10
	}
	return (n + unit/2) / unit * unit
}

func (inf *Inference) span(f float64, n int64) {
	if math.IsInf(f, 0) {
		inf.Infinite += n
		return
	}
	inf.Min, inf.Max = min(inf.Min, f), max(inf.Max, f)
}

func (c *Column) inferSketch(inf *Inference) {
	s := c.Sketch
	inf.Decimals = s.Decimals
	for _, b := range s.Numbers {
		inf.span(b.Min, b.N)
		if !math.IsInf(b.Min, 0) {
			inf.span(b.Max, 0)
		}
	}
	if c.Type != source.Text {
		inf.Numeric = c.Type != source.Date && c.Type != source.Timestamp
		return
	}
	inf.NaN, inf.NotNumbers, inf.NotNumber, inf.Padded = s.NaN, s.NotNumbers, s.NotNumber, s.Padded
	inf.decide(s.NotInts, s.NotDates, s.Timed, false)
}

func (c *Column) inferTexts(inf *Inference) {
	var notInts, notDates, timed int64
	truth := true
	for v, n := range c.Texts {
		if truth {
			_, truth = encoder.ParseTruth(v)
		}
		lit, ok := encoder.ParseLiteral(v)
		switch {
		case !ok:
			if inf.NotNumbers == 0 || v < inf.NotNumber {
				inf.NotNumber = v
			}
			inf.NotNumbers += n
			notInts += n
		case lit.NaN:
			inf.NaN += n
			notInts += n
		default:
			inf.span(lit.Float(v), n)
			inf.Decimals = max(inf.Decimals, min(lit.Decimals(), MaxDecimals+1))
			if !lit.Integer {
				notInts += n
			}
			if lit.Padded {
				inf.Padded += n
			}
		}
		if ok {
			notDates += n
		} else if _, t, ok := encoder.ParseDay(v); !ok {
			notDates += n
		} else if t {
			timed += n
		}
	}
	inf.decide(notInts, notDates, timed, truth && len(c.Texts) <= 2)
}

func (inf *Inference) decide(notInts, notDates, timed int64, truth bool) {
	switch {
	case inf.Known == 0:
	case truth && inf.NotNumbers > 0:
		inf.Type = source.Bool
	case inf.NotNumbers == 0:
		inf.Type, inf.Numeric = source.Float, true
		if notInts == 0 {
			inf.Type = source.Int
		}
	case notDates == 0 && timed > 0:
		inf.Type = source.Timestamp
	case notDates == 0:
		inf.Type = source.Date
	}
}

// ValueCount is a number and the rows that hold it.
type ValueCount struct {
	Value float64
	N     int64
}

// Numbers returns the exactly counted numbers of a numeric column, ascending,
// NaN left out; ok is false where there is a Sketch instead or a text is not a
// number.
func (c *Column) Numbers() (list []ValueCount, ok bool) {
	if c.Sketch != nil {
		return nil, false
	}
	for v, n := range c.Ints {
		list = append(list, ValueCount{c.number(v), n})
	}
	for v, n := range c.Texts {
		f, ok := encoder.ParseNumber(v)
		if !ok {
			return nil, false
		}
		if f == f {
			list = append(list, ValueCount{f, n})
		}
	}
	return combine(list), true
}

// Days returns how many rows fall on each day of a date column, ascending;
// ok is false where they are not all dates or too many days are known apart.
func (c *Column) Days() (list []ValueCount, ok bool) {
	days := c.Ints
	switch {
	case c.Sketch != nil && (c.Sketch.Days == nil || c.Sketch.NotDates > 0):
		return nil, false
	case c.Sketch != nil:
		days = c.Sketch.Days
	}
	for d, n := range days {
		list = append(list, ValueCount{float64(d), n})
	}
	for v, n := range c.Texts {
		d, _, ok := encoder.ParseDay(v)
		if !ok {
			return nil, false
		}
		list = append(list, ValueCount{float64(d), n})
	}
	return combine(list), true
}

// combine sorts and adds up equal values (texts may spell one number in
// several ways).
func combine(list []ValueCount) []ValueCount {
	sort.Slice(list, func(i, j int) bool { return list[i].Value < list[j].Value })
	out := list[:0]
	for _, x := range list {
		if n := len(out); n > 0 && out[n-1].Value == x.Value {
			out[n-1].N += x.N
			continue
		}
		out = append(out, x)
	}
	return slices.Clip(out)
}
