package partial

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/axiomhq/hyperloglog"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/headwater-dev/headwater/worker/source"
)

// sameSketch compares registers, not the memory around them.
var sameSketch = cmp.Comparer(func(a, b *hyperloglog.Sketch) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, err1 := a.MarshalBinary()
	y, err2 := b.MarshalBinary()
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
})

// sample is a column and its values as texts; "" is null.
type sample struct {
	name   string
	column source.Column
	values []string
}

func samples(n int) []sample {
	rng := rand.New(rand.NewPCG(1, 2))
	column := func(name string, t source.Type, value func(i int) string) sample {
		s := sample{name: name, column: source.Column{Name: name, Type: t, Scale: 2}}
		for i := range n {
			v := value(i)
			if rng.IntN(50) == 0 {
				v = ""
			}
			s.values = append(s.values, v)
		}
		return s
	}
	few := []string{"yes", "no", "unknown", "07", "1.5", "nan", "-inf", "2020-02-29", "2021-01-01 10:00", "1e3", " 12 "}
	return []sample{
		column("words", source.Text, func(int) string { return few[rng.IntN(len(few))] }),
		column("dates", source.Text, func(i int) string {
			return fmt.Sprintf("20%02d-%02d-%02d %02d:%02d:%02d", i%7, 1+i%12, 1+i%28, i%24, i%60, i/60%60)
		}),
		column("amounts", source.Text, func(i int) string { return strconv.FormatFloat(float64(rng.IntN(1e9))/1000-1e5, 'f', -1, 64) }),
		column("ids", source.Text, func(i int) string { return "c" + strconv.Itoa(i) }),
		column("mixed", source.Text, func(i int) string { return []string{"x", ""}[flag(i%97 > 0)] + strconv.Itoa(i) }),
		column("ints", source.Int, func(int) string { return strconv.Itoa(rng.IntN(200) - 100) }),
		column("wide ints", source.Int, func(int) string { return strconv.FormatInt(rng.Int64()-math.MaxInt64/2, 10) }),
		column("floats", source.Float, func(i int) string { return []string{"-0", "0", "NaN", "Inf", "0.5", "-1e-300"}[i%6] }),
		column("many floats", source.Float, func(int) string { return strconv.FormatFloat(rng.NormFloat64(), 'g', -1, 64) }),
		column("bools", source.Bool, func(i int) string { return strconv.FormatBool(i%3 == 0) }),
		column("days", source.Date, func(int) string { return strconv.Itoa(rng.IntN(9000)) }),
		column("times", source.Timestamp, func(int) string { return strconv.FormatInt(rng.Int64N(2e15)-1e15, 10) }),
		column("money", source.Decimal, func(i int) string { return strconv.Itoa(rng.IntN(1e9) - 5e8) }),
	}
}

// essays are few values that are too long together to be kept.
func essays(n int) sample {
	s := sample{name: "essays", column: source.Column{Name: "essays", Type: source.Text}}
	for i := range n {
		s.values = append(s.values, strings.Repeat(strconv.Itoa(100+i%300), 20_000))
	}
	return s
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// arrayOf builds the Arrow array of a run of values.
func arrayOf(t testing.TB, c source.Column, values []string) arrow.Array {
	t.Helper()
	types := map[source.Type]arrow.DataType{
		source.Text: arrow.BinaryTypes.String, source.Int: arrow.PrimitiveTypes.Int64, source.Float: arrow.PrimitiveTypes.Float64,
		source.Bool: arrow.FixedWidthTypes.Boolean, source.Date: arrow.FixedWidthTypes.Date32,
		source.Timestamp: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, source.Decimal: &arrow.Decimal128Type{Precision: 38, Scale: c.Scale},
	}
	b := array.NewBuilder(memory.DefaultAllocator, types[c.Type])
	defer b.Release()
	for _, v := range values {
		if v == "" {
			b.AppendNull()
			continue
		}
		n, _ := strconv.ParseInt(v, 10, 64)
		switch b := b.(type) {
		case *array.StringBuilder:
			b.Append(v)
		case *array.Int64Builder:
			b.Append(n)
		case *array.Float64Builder:
			f, _ := strconv.ParseFloat(v, 64)
			b.Append(f)
		case *array.BooleanBuilder:
			b.Append(v == "true")
		case *array.Date32Builder:
			b.Append(arrow.Date32(n))
		case *array.TimestampBuilder:
			b.Append(arrow.Timestamp(n))
		case *array.Decimal128Builder:
			b.Append(decimal128.FromI64(n))
		}
	}
	return b.NewArray()
}

// dictionaryOf builds a dictionary array of texts, "" being null.
func dictionaryOf(t testing.TB, values []string) arrow.Array {
	t.Helper()
	b := array.NewDictionaryBuilder(memory.DefaultAllocator, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}).(*array.BinaryDictionaryBuilder)
	defer b.Release()
	for _, v := range values {
		if v == "" {
			b.AppendNull()
		} else if err := b.AppendString(v); err != nil {
			t.Fatal(err)
		}
	}
	return b.NewArray()
}

// profileOf profiles rows as one unit, in batches of random length.
func profileOf(t testing.TB, s sample, unit int, values []string, rng *rand.Rand) *Profile {
	t.Helper()
	p := NewProfiler(s.column, 1)
	rows := int64(len(values))
	for len(values) > 0 {
		n := 1 + rng.IntN(len(values))
		a := arrayOf(t, s.column, values[:n])
		if s.column.Type == source.Text && rng.IntN(2) == 0 {
			a.Release()
			a = dictionaryOf(t, values[:n])
		}
		if err := p.Add(a); err != nil {
			t.Fatal(err)
		}
		a.Release()
		values = values[n:]
	}
	return &Profile{Units: []Unit{{Unit: unit, Rows: rows}}, Columns: []Column{p.Column()}}
}

// TestProfileDoesNotDependOnCuts merges random cuts of the same rows in random
// order, over the wire's encoding, below and above the exact limit.
func TestProfileDoesNotDependOnCuts(t *testing.T) {
	for _, n := range []int{500, ExactLimit + 2000} {
		list := samples(n)
		if n < ExactLimit {
			list = append(list, essays(n))
		}
		for _, s := range list {
			rng := rand.New(rand.NewPCG(3, uint64(n)))
			whole := profileOf(t, s, 0, s.values, rng)
			if many := n > ExactLimit || s.name == "essays"; !many && whole.Columns[0].Sketch != nil {
				t.Fatalf("%s, %d rows: not counted exactly", s.name, n)
			} else if s.name == "essays" && whole.Columns[0].Sketch == nil {
				t.Fatal("long texts are kept")
			}
			for range 1 + 4*flag(n < ExactLimit) {
				var parts []*Profile
				for unit, rest := 0, s.values; len(rest) > 0; unit++ {
					k := min(len(rest), 1+rng.IntN(n/2))
					parts = append(parts, profileOf(t, s, unit, rest[:k], rng))
					rest = rest[k:]
				}
				for len(parts) > 1 {
					i := rng.IntN(len(parts) - 1)
					j := i + 1 + rng.IntN(len(parts)-i-1)
					if err := parts[i].Merge(overWire(t, parts[j])); err != nil {
						t.Fatal(err)
					}
					parts = append(parts[:j], parts[j+1:]...)
				}
				if diff := cmp.Diff(whole.Columns, parts[0].Columns, sameSketch, cmpopts.IgnoreFields(Sketch{}, "Ints", "Texts")); diff != "" {
					t.Fatalf("%s, %d rows: the profile depends on the cuts (whole −, merged +):\n%.2000s", s.name, n, diff)
				}
				for i, u := range parts[0].Units {
					if u.Unit != i {
						t.Fatalf("units are out of order: %v", parts[0].Units)
					}
				}
			}
		}
	}
}

func overWire(t *testing.T, p *Profile) *Profile {
	t.Helper()
	var b bytes.Buffer
	var q Profile
	if err := gob.NewEncoder(&b).Encode(p); err != nil {
		t.Fatal(err)
	}
	if err := gob.NewDecoder(&b).Decode(&q); err != nil {
		t.Fatal(err)
	}
	return &q
}

func TestProfileCountsEveryValue(t *testing.T) {
	for _, s := range samples(3000) {
		c := profileOf(t, s, 0, s.values, rand.New(rand.NewPCG(4, 4))).Columns[0]
		texts, ints := map[string]int64{}, map[int64]int64{}
		var nulls, nan int64
		for _, v := range s.values {
			n, _ := strconv.ParseInt(v, 10, 64)
			f, _ := strconv.ParseFloat(v, 64)
			switch {
			case v == "":
				nulls++
			case s.column.Type == source.Text:
				texts[v]++
			case s.column.Type == source.Float && f != f:
				nan++
			case s.column.Type == source.Float:
				ints[int64(math.Float64bits(f+0))]++
			case s.column.Type == source.Bool:
				ints[int64(flag(v == "true"))]++
			case s.column.Type == source.Timestamp:
				ints[int64(math.Floor(float64(n)/86400e6))]++
			default:
				ints[n]++
			}
		}
		if c.Nulls != nulls || c.NaN != nan || c.Rows != 3000 || c.Known() != 3000-nulls-nan {
			t.Errorf("%s: %d nulls, %d NaN, %d rows; want %d, %d, 3000", s.name, c.Nulls, c.NaN, c.Rows, nulls, nan)
		}
		if len(texts)+len(c.Texts) > 0 && !cmp.Equal(c.Texts, texts) || len(ints)+len(c.Ints) > 0 && !cmp.Equal(c.Ints, ints) {
			t.Errorf("%s: counted values differ:\n%s", s.name, cmp.Diff(c.Texts, texts)+cmp.Diff(c.Ints, ints))
		}
	}
}

func TestRefinement(t *testing.T) {
	for _, s := range samples(4000) {
		if s.column.Type == source.Bool {
			continue
		}
		ask := RefineColumn{Column: s.name, Cuts: []float64{-100, 0, 0.5, 1000}}
		for b := uint32(0); b < HashBuckets; b += 7 {
			ask.Buckets = append(ask.Buckets, b)
		}
		sum := &Refinement{}
		for i := range 4 {
			r := NewRefiner(s.column, ask)
			a := arrayOf(t, s.column, s.values[i*1000:(i+1)*1000])
			if s.column.Type == source.Text && i%2 == 1 {
				a = dictionaryOf(t, s.values[i*1000:(i+1)*1000])
			}
			if err := r.Add(a); err != nil {
				t.Fatal(err)
			}
			part := Refinement{Columns: []Refined{r.Refined()}}
			if i == 0 {
				sum = &part
			} else if err := sum.Merge(&part); err != nil {
				t.Fatal(err)
			}
		}
		got := sum.Columns[0]
		c := profileOf(t, s, 0, s.values, rand.New(rand.NewPCG(5, 5))).Columns[0]
		for v, n := range c.Texts {
			if want := n * int64(flag(Bucket(HashText(v))%7 == 0)); got.Texts[v] != want {
				t.Errorf("%s: %q is counted %d times, want %d", s.name, v, got.Texts[v], want)
			}
		}
		for v, n := range c.Ints {
			if want := n * int64(flag(Bucket(HashInt(v))%7 == 0)); got.Ints[v] != want {
				t.Errorf("%s: %d is counted %d times, want %d", s.name, v, got.Ints[v], want)
			}
		}
		if numbers, ok := c.Numbers(); ok {
			for i, cut := range ask.Cuts {
				var want int64
				for _, v := range numbers {
					if v.Value < cut {
						want += v.N
					}
				}
				if got.Below[i] != want {
					t.Errorf("%s: %d below %v, want %d", s.name, got.Below[i], cut, want)
				}
			}
		}
	}
}

func TestProfilesOfUnlikeTablesAreRefused(t *testing.T) {
	a := &Profile{Units: []Unit{{Unit: 1}}, Columns: []Column{{Name: "a", Type: source.Int}}}
	for _, b := range []*Profile{
		{},
		{Columns: []Column{{Name: "b", Type: source.Int}}},
		{Columns: []Column{{Name: "a", Type: source.Text}}},
		{Units: []Unit{{Unit: 1}}, Columns: []Column{{Name: "a", Type: source.Int}}},
	} {
		if err := a.Merge(b); err == nil {
			t.Errorf("merging with %+v is accepted", b)
		}
		a.Units = a.Units[:1]
	}
	p := NewProfiler(source.Column{Name: "a", Type: source.Int}, 1)
	if err := p.Add(arrayOf(t, source.Column{Type: source.Text}, []string{"x"})); err == nil {
		t.Error("texts are accepted in an integer column")
	}
}

func BenchmarkProfile(b *testing.B) {
	const n = 65536
	for _, s := range samples(n) {
		a := arrayOf(b, s.column, s.values)
		arrays := map[string]arrow.Array{s.name: a}
		if s.name == "words" {
			arrays["dictionary"] = dictionaryOf(b, s.values)
		}
		for name, a := range arrays {
			b.Run("column="+name, func(b *testing.B) {
				p := NewProfiler(s.column, 1)
				b.SetBytes(n)
				for b.Loop() {
					if err := p.Add(a); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
