package encoder

import (
	"fmt"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/headwater-dev/headwater/worker/source"
)

// coder turns one column into the codes of one feature.
type coder struct {
	feature *Feature
	column  int // index into the encoder's columns
	scale   int32
	numbers *intervals       // Discrete and Range, and Category over numbers
	known   map[string]uint8 // texts whose code is known
	grows   bool             // known takes in texts as they are parsed
	truth   bool             // the levels are true and false: other words for them are read too
	asOf    int64            // day number
	days    []uint8          // codes of the days from daysFrom on
	dict    perDictionary[uint8]
	floats  []float64 // of a batch of decimals
}

// knownTexts bounds the parsed texts that a coder remembers.
const knownTexts = 65536

// The days that are tabulated: 1950 to 2129.
const (
	daysFrom  = -7305
	daysCount = 65536
)

func newCoder(f *Feature, c source.Column, nulls []string) (*coder, error) {
	k := &coder{feature: f, scale: c.Scale, known: map[string]uint8{}}
	dated := c.Type == source.Date || c.Type == source.Timestamp
	if dated && f.Part == "" || !dated && f.Part != "" && c.Type != source.Text {
		return nil, fmt.Errorf("feature %q was planned for another type of column %q, which is %s here", f.Name, f.Column, c.Type)
	}
	if len(f.Levels) > MaxLevels {
		return nil, fmt.Errorf("feature %q has %d levels, more than %d", f.Name, len(f.Levels), MaxLevels)
	}
	switch {
	case f.Part != "":
		if err := k.planDays(); err != nil {
			return nil, err
		}
		k.grows = true
	case f.Kind == Category && (c.Type == source.Text || c.Type == source.Bool):
		for i, l := range f.Levels {
			if uint8(i+1) != f.Other {
				k.known[l.Value] = uint8(i + 1)
			}
		}
		_, yes := k.known["true"]
		_, no := k.known["false"]
		k.truth = yes && no && len(k.known) == 2
	default:
		k.numbers = newIntervals(f)
		k.grows = true
	}
	for _, s := range nulls {
		k.known[s] = Missing
	}
	return k, nil
}

func (k *coder) planDays() error {
	f := k.feature
	switch f.Part {
	case AgeDays:
		day, err := time.Parse(time.DateOnly, f.AsOf)
		if err != nil {
			return fmt.Errorf("feature %q: as-of date: %w", f.Name, err)
		}
		k.asOf = DayNumber(day.Year(), int(day.Month()), day.Day())
		k.numbers = newIntervals(f)
	case Month, Weekday:
	default:
		return fmt.Errorf("feature %q is made from part %q of a date, which is not known", f.Name, f.Part)
	}
	days := make([]uint8, daysCount)
	for i := range days {
		days[i] = k.day(int64(i) + daysFrom)
	}
	k.days = days
	return nil
}

// day returns the code of a day number.
func (k *coder) day(d int64) uint8 {
	if u := uint64(d - daysFrom); u < uint64(len(k.days)) {
		return k.days[u]
	}
	name := ""
	switch k.feature.Part {
	case AgeDays:
		return k.numbers.of(float64(k.asOf - d))
	case Month:
		name = MonthNames[MonthOf(d)-1]
	case Weekday:
		name = WeekdayNames[WeekdayOf(d)]
	}
	for i, l := range k.feature.Levels {
		if l.Value == name && uint8(i+1) != k.feature.Other {
			return uint8(i + 1)
		}
	}
	return k.feature.Unseen()
}

// text returns the code of a text.
func (k *coder) text(s string) uint8 {
	if code, ok := k.known[s]; ok {
		return code
	}
	code := k.parse(s)
	if k.grows && len(k.known) < knownTexts {
		k.known[strings.Clone(s)] = code
	}
	return code
}

func (k *coder) parse(s string) uint8 {
	switch {
	case k.feature.Part != "":
		if d, _, ok := ParseDay(s); ok {
			return k.day(d)
		}
	case k.numbers != nil:
		if v, ok := ParseNumber(s); ok {
			return k.numbers.of(v)
		}
	case k.truth:
		if yes, ok := ParseTruth(s); ok && yes {
			return k.known["true"]
		} else if ok {
			return k.known["false"]
		}
	}
	return k.feature.Unseen()
}

// bool returns the code of a boolean.
func (k *coder) bool(b bool) uint8 {
	if k.numbers != nil {
		if b {
			return k.numbers.of(1)
		}
		return k.numbers.of(0)
	}
	word := "false"
	if b {
		word = "true"
	}
	if code, ok := k.known[word]; ok {
		return code
	}
	for i, l := range k.feature.Levels { // planned from words such as yes and no
		if yes, ok := ParseTruth(l.Value); ok && yes == b && uint8(i+1) != k.feature.Other {
			return uint8(i + 1)
		}
	}
	return k.feature.Unseen()
}

// encode writes the codes of a's values to dst, which has its length.
func (k *coder) encode(dst []uint8, a arrow.Array) error {
	switch a := a.(type) {
	case *array.Dictionary:
		return k.encodeDictionary(dst, a)
	case *array.String:
		for i := range dst {
			dst[i] = k.text(a.Value(i))
		}
	case *array.Int64:
		k.numbers.ints(dst, a.Int64Values())
	case *array.Float64:
		k.numbers.floats(dst, a.Float64Values())
	case *array.Boolean:
		codes := [2]uint8{k.bool(false), k.bool(true)}
		for i := range dst {
			b := 0
			if a.Value(i) {
				b = 1
			}
			dst[i] = codes[b]
		}
	case *array.Decimal128:
		k.floats = resize(k.floats, len(dst))
		for i, v := range a.Values() {
			k.floats[i] = decimalNumber(v, k.scale)
		}
		k.numbers.floats(dst, k.floats)
	case *array.Date32:
		for i, v := range a.Date32Values() {
			dst[i] = k.day(int64(v))
		}
	case *array.Timestamp:
		for i, v := range a.TimestampValues() {
			dst[i] = k.day(DayOf(int64(v)))
		}
	default:
		return fmt.Errorf("column %q: batches of %s cannot be encoded", k.feature.Column, a.DataType())
	}
	blank(dst, a)
	return nil
}

// decimalNumber returns v·10^−scale.
func decimalNumber(v decimal128.Num, scale int32) float64 {
	if x := int64(v.LowBits()); x>>63 == v.HighBits() { // as profiles count it
		return DecimalFloat(x, scale)
	}
	return v.ToFloat64(scale)
}

// blank sets the codes of nulls to Missing.
func blank(dst []uint8, a arrow.Array) {
	if a.NullN() == 0 {
		return
	}
	for i := range dst {
		if a.IsNull(i) {
			dst[i] = Missing
		}
	}
}

// encodeDictionary encodes each entry once. A null entry is missing, as a row
// without an index is.
func (k *coder) encodeDictionary(dst []uint8, a *array.Dictionary) error {
	codes, err := k.dict.entries(a.Dictionary(), func(entry []uint8) error { return k.encode(entry, a.Dictionary()) })
	if err != nil {
		return err
	}
	lookUp(dst, codes, a)
	return nil
}
