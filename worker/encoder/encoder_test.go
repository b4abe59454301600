package encoder

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/headwater-dev/headwater/worker/source"
)

// arrowTypes are the types in which readers deliver columns.
var arrowTypes = map[source.Type]arrow.DataType{
	source.Text: arrow.BinaryTypes.String, source.Int: arrow.PrimitiveTypes.Int64, source.Float: arrow.PrimitiveTypes.Float64,
	source.Bool: arrow.FixedWidthTypes.Boolean, source.Date: arrow.FixedWidthTypes.Date32,
	source.Timestamp: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, source.Decimal: &arrow.Decimal128Type{Precision: 38, Scale: 2},
}

const null = "\x00"

// build makes an array of values written as text; null is null.
func build(t testing.TB, typ source.Type, values []string) arrow.Array {
	t.Helper()
	b := array.NewBuilder(memory.DefaultAllocator, arrowTypes[typ])
	defer b.Release()
	for _, v := range values {
		if v == null {
			b.AppendNull()
			continue
		}
		var err error
		switch b := b.(type) {
		case *array.StringBuilder:
			b.Append(v)
		case *array.Int64Builder:
			var n int64
			n, err = strconv.ParseInt(v, 10, 64)
			b.Append(n)
		case *array.Float64Builder:
			var f float64
			f, err = strconv.ParseFloat(v, 64)
			b.Append(f)
		case *array.BooleanBuilder:
			b.Append(v == "true")
		case *array.Decimal128Builder:
			var d decimal128.Num
			d, err = decimal128.FromString(v, 38, 2)
			b.Append(d)
		case *array.Date32Builder:
			day, _, ok := ParseDay(v)
			if !ok {
				t.Fatalf("%q is no date", v)
			}
			b.Append(arrow.Date32(day))
		case *array.TimestampBuilder:
			var when time.Time
			when, err = time.Parse("2006-01-02 15:04:05", v)
			b.Append(arrow.Timestamp(when.UnixMicro()))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.NewArray()
}

func dictionary(t testing.TB, values []string) arrow.Array {
	t.Helper()
	b := array.NewDictionaryBuilder(memory.DefaultAllocator, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}).(*array.BinaryDictionaryBuilder)
	defer b.Release()
	for _, v := range values {
		if v == null {
			b.AppendNull()
		} else if err := b.AppendString(v); err != nil {
			t.Fatal(err)
		}
	}
	return b.NewArray()
}

func record(names []string, columns []arrow.Array) arrow.Record {
	var fields []arrow.Field
	for i, n := range names {
		fields = append(fields, arrow.Field{Name: n, Type: columns[i].DataType(), Nullable: true})
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), columns, int64(columns[0].Len()))
}

func at(x float64) *float64 { return &x }

var (
	sizes = Feature{Name: "size", Column: "x", Kind: Range, Levels: []Level{
		{Name: "<0", High: at(0)},
		{Name: "0", Low: at(0), High: at(0)},
		{Name: "(0, 1.5)", Low: at(0), High: at(1.5)},
		{Name: "[1.5, 20)", Low: at(1.5), High: at(20)},
		{Name: "7", Low: at(7), High: at(7)},
		{Name: "100+", Low: at(100)},
	}}
	steps = Feature{Name: "step", Column: "x", Kind: Discrete, Levels: []Level{{Name: "-3", Value: "-3"}, {Name: "0", Value: "0"}, {Name: "0.25", Value: "0.25"}, {Name: "19", Value: "19"}}}
	words = Feature{Name: "word", Column: "x", Kind: Category, Other: 4, Levels: []Level{{Name: "a", Value: "a"}, {Name: "7", Value: "7"}, {Name: "true", Value: "true"}, {Name: "*other*"}}}
	month = Feature{Name: "month", Column: "x", Part: Month, Kind: Category, Levels: []Level{{Name: "feb", Value: "feb"}, {Name: "dec", Value: "dec"}}}
	days  = Feature{Name: "weekday", Column: "x", Part: Weekday, Kind: Category, Levels: []Level{{Name: "mon", Value: "mon"}, {Name: "sun", Value: "sun"}}}
	ages  = Feature{Name: "age", Column: "x", Part: AgeDays, AsOf: "2024-03-01", Kind: Range, Levels: []Level{{Name: "<30", High: at(30)}, {Name: "30+", Low: at(30)}}}
)

// naive is the definition of a feature's code for one value.
func naive(f *Feature, typ source.Type, v string) uint8 {
	if v == null {
		return Missing
	}
	number, isNumber := math.NaN(), false
	if x, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil && v != "" {
		number, isNumber = x, true
	}
	word := v
	if f.Part != "" {
		when, err := time.Parse("2006-01-02", v[:min(10, len(v))])
		if err != nil {
			return f.Unseen()
		}
		switch f.Part {
		case Month:
			word = strings.ToLower(when.Month().String()[:3])
		case Weekday:
			word = strings.ToLower(when.Weekday().String()[:3])
		case AgeDays:
			asOf, _ := time.Parse(time.DateOnly, f.AsOf)
			number, isNumber = asOf.Sub(when).Hours()/24, true
		}
	}
	if typ == source.Bool && f.Kind != Category {
		number, isNumber = map[string]float64{"true": 1, "false": 0}[v], true
	}
	if isNumber && number != number && (f.Kind != Category || typ != source.Text) {
		return Missing
	}
	best := uint8(0)
	for i, l := range f.Levels {
		code := uint8(i + 1)
		value, err := strconv.ParseFloat(l.Value, 64)
		switch {
		case code == f.Other:
		case f.Kind == Category && (typ == source.Text || typ == source.Bool || f.Part != ""):
			if l.Value == word {
				return code
			}
		case f.Kind != Range:
			if isNumber && err == nil && value == number {
				return code
			}
		case !isNumber:
		case l.Low != nil && l.High != nil && *l.Low == *l.High:
			if number == *l.Low {
				return code
			}
		case (l.Low == nil || number >= *l.Low) && (l.High == nil || number < *l.High):
			best = code
		}
	}
	if best != 0 {
		return best
	}
	return f.Unseen()
}

// columnsOfValues are values of each type, among them the edges of the levels.
func columnsOfValues(rng *rand.Rand, n int) map[source.Type][]string {
	pick := func(values ...string) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = values[rng.IntN(len(values))]
		}
		return out
	}
	ints := []string{null}
	for range 40 {
		ints = append(ints, strconv.Itoa(rng.IntN(300)-100), strconv.FormatInt(rng.Int64()-math.MaxInt64/2, 10))
	}
	return map[source.Type][]string{
		source.Text:      pick(null, "a", "b", "7", " 7 ", "07", "0", "-0", "0.25", "true", "", "1.4999", "1.5", "-3.0", "19", "20", "nan", "1e2", "inf", "2024-02-29", "2023-12-31 23:59:59", "1949-02-01"),
		source.Int:       pick(append(ints, "0", "1", "7", "19", "20", "99", "100", "-3")...),
		source.Float:     pick(null, "0", "-0", "NaN", "Inf", "-Inf", "1.5", "1.4999999999999998", "7", "19.999", "20", "100", "0.25", "-3", "1e300", "5e-324"),
		source.Bool:      pick(null, "true", "false"),
		source.Decimal:   pick(null, "0.00", "0.25", "1.50", "1.49", "7.00", "-3.00", "19.99", "100.00", "123456789012345678901234.00"),
		source.Date:      pick(null, "2024-02-01", "2024-01-31", "2024-03-02", "1900-12-31", "2300-02-02"),
		source.Timestamp: pick(null, "2024-02-01 00:00:00", "2024-01-31 23:59:59", "1900-12-31 12:00:00"),
	}
}

func TestEncoderAgainstDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var dst Rows
	for typ, values := range columnsOfValues(rng, 700) {
		features := []Feature{sizes, steps, words}
		switch typ {
		case source.Date, source.Timestamp:
			features = []Feature{month, days, ages}
		case source.Text:
			features = append(features, month, days, ages)
		}
		e, err := New(&Plan{Features: features}, []source.Column{{Name: "x", Type: typ, Scale: 2}})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(e.Columns(), []string{"x"}) {
			t.Fatalf("columns %v, want x once", e.Columns())
		}
		for first := 0; first < len(values); {
			n := min(1+rng.IntN(200), len(values)-first)
			part := values[first : first+n]
			a := build(t, typ, part)
			if typ == source.Text && rng.IntN(2) == 0 {
				a = dictionary(t, part)
			}
			if err := e.Encode(record([]string{"x"}, []arrow.Array{a}), int64(first), &dst); err != nil {
				t.Fatal(err)
			}
			for f := range features {
				for i, v := range part {
					if got, want := dst.Codes[f][i], naive(&features[f], typ, v); got != want {
						t.Errorf("%s of %s %q (%s): code %d, want %d", features[f].Name, typ, v, a.DataType(), got, want)
					}
				}
			}
			first += n
		}
	}
}

// TestDictionariesAreToldApart: two dictionaries of equal shape, the second
// perhaps in the memory of the first.
func TestDictionariesAreToldApart(t *testing.T) {
	e, err := New(&Plan{Features: []Feature{words}}, []source.Column{{Name: "x", Type: source.Text}})
	if err != nil {
		t.Fatal(err)
	}
	var dst Rows
	for i := range 20 {
		v := []string{"a", "7", "x"}[i%3]
		a := dictionary(t, []string{v, v})
		rec := record([]string{"x"}, []arrow.Array{a})
		if err := e.Encode(rec, 0, &dst); err != nil {
			t.Fatal(err)
		}
		rec.Release()
		a.Release()
		if want := []uint8{1, 2, 4}[i%3]; dst.Codes[0][1] != want {
			t.Fatalf("batch %d: code %d, want %d", i, dst.Codes[0][1], want)
		}
	}
}

func TestTruthWords(t *testing.T) {
	yes := Feature{Name: "f", Column: "x", Kind: Category, Levels: []Level{{Name: "no", Value: "no"}, {Name: "yes", Value: "yes"}}}
	tf := Feature{Name: "g", Column: "x", Kind: Category, Levels: []Level{{Name: "false", Value: "false"}, {Name: "true", Value: "true"}}}
	var dst Rows
	for _, c := range []struct {
		typ    source.Type
		values []string
	}{{source.Bool, []string{"false", "true"}}, {source.Text, []string{"no", "yes"}}} {
		e, err := New(&Plan{Features: []Feature{yes, tf}}, []source.Column{{Name: "x", Type: c.typ}})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Encode(record([]string{"x"}, []arrow.Array{build(t, c.typ, c.values)}), 0, &dst); err != nil {
			t.Fatal(err)
		}
		for f := range 2 {
			if !slices.Equal(dst.Codes[f], []uint8{1, 2}) {
				t.Errorf("%s in feature %d: %v", c.typ, f, dst.Codes[f])
			}
		}
	}
}

func TestPlansThatDoNotFit(t *testing.T) {
	columns := []source.Column{{Name: "x", Type: source.Int}, {Name: "when", Type: source.Date}}
	for _, p := range []Plan{
		{Features: []Feature{{Name: "f", Column: "gone"}}},
		{Measures: []Measure{{Column: "gone"}}},
		{Key: "gone"},
		{Measures: []Measure{{Column: "x", Weight: "gone"}}},
		{Measures: []Measure{{Column: "x", With: "gone"}}},
		{Features: []Feature{month}},
		{Features: []Feature{{Name: "f", Column: "when", Kind: Range}}},
		{Measures: []Measure{{Column: "when"}}},
		{Measures: []Measure{{Column: "x", Digits: 99}}},
		{Features: []Feature{{Name: "f", Column: "when", Part: "hour"}}},
		{Features: []Feature{{Name: "f", Column: "when", Part: AgeDays, AsOf: "soon"}}},
		{Features: []Feature{{Name: "f", Column: "x", Levels: make([]Level, 256)}}},
	} {
		if _, err := New(&p, columns); err == nil {
			t.Errorf("%+v is accepted", p)
		}
	}
	e, err := New(&Plan{Features: []Feature{sizes}}, columns)
	if err != nil {
		t.Fatal(err)
	}
	a := build(t, source.Int, []string{"1"})
	if err := e.Encode(record([]string{"x", "z"}, []arrow.Array{a, a}), 0, new(Rows)); err == nil {
		t.Error("a batch of too many columns is accepted")
	}
}

func BenchmarkEncode(b *testing.B) {
	rng := rand.New(rand.NewPCG(2, 2))
	const n = 65536
	for _, c := range []struct {
		name string
		f    Feature
		typ  source.Type
	}{{"ints", sizes, source.Int}, {"floats", sizes, source.Float}, {"texts", words, source.Text}, {"dictionary", words, source.Text}} {
		values := columnsOfValues(rng, n)[c.typ]
		if c.typ == source.Int {
			for i := range values {
				values[i] = strconv.Itoa(rng.IntN(100))
			}
		}
		a := build(b, c.typ, values)
		if c.name == "dictionary" {
			a = dictionary(b, values)
		}
		e, err := New(&Plan{Features: []Feature{c.f}}, []source.Column{{Name: "x", Type: c.typ}})
		if err != nil {
			b.Fatal(err)
		}
		rec := record([]string{"x"}, []arrow.Array{a})
		b.Run(fmt.Sprintf("column=%s", c.name), func(b *testing.B) {
			b.SetBytes(n)
			var dst Rows
			for b.Loop() {
				if err := e.Encode(rec, 0, &dst); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
