package encoder

import (
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/headwater-dev/headwater/worker/source"
)

func TestMeasures(t *testing.T) {
	yes, seven := "yes", "7"
	columns := []source.Column{{Name: "y", Type: source.Text}, {Name: "a", Type: source.Text}, {Name: "d", Type: source.Decimal, Scale: 2}, {Name: "f", Type: source.Float}, {Name: "i", Type: source.Int}, {Name: "b", Type: source.Bool}}
	arrays := []arrow.Array{
		build(t, source.Text, []string{"yes", "no", null, "YES", "n/a"}),
		build(t, source.Text, []string{"1.005", "-1.005", "n/a", " 2e1 ", "7"}),
		build(t, source.Decimal, []string{"1.25", "-1.25", null, "100.00", "7.00"}),
		build(t, source.Float, []string{"0.1", "-2.675", "7", null, "3"}),
		build(t, source.Int, []string{"7", "-2", "3", "4", null}),
		build(t, source.Bool, []string{"true", "false", null, "true", "true"}),
	}
	names := []string{"y", "a", "d", "f", "i", "b"}
	for _, c := range []struct {
		m     Measure
		want  []int64
		known string
	}{
		{Measure{Column: "y", Equals: &yes}, []int64{1, 0, 0, 0, 0}, "11.1."},
		{Measure{Column: "i", Equals: &seven}, []int64{1, 0, 0, 0, 0}, "1111."},
		{Measure{Column: "b", Equals: &yes}, []int64{1, 0, 0, 1, 1}, "11.11"},
		{Measure{Column: "b"}, []int64{1, 0, 0, 1, 1}, "11.11"},
		{Measure{Column: "a", Digits: 2}, []int64{101, -101, 0, 2000, 700}, "11.11"},
		{Measure{Column: "a", Digits: 0}, []int64{1, -1, 0, 20, 7}, "11.11"},
		{Measure{Column: "d", Digits: 1}, []int64{13, -13, 0, 1000, 70}, "11.11"},
		{Measure{Column: "d", Digits: 4}, []int64{12500, -12500, 0, 1000000, 70000}, "11.11"},
		{Measure{Column: "f", Digits: 2}, []int64{10, -268, 700, 0, 300}, "111.1"},
		{Measure{Column: "i", Digits: 1, Weight: "d", WeightDigits: 2}, []int64{70 * 125, 20 * 125, 0, 40 * 10000, 0}, "11.1."},
		{Measure{Column: "i", With: "y"}, []int64{7, -2, 0, 4, 0}, "11.1."},
	} {
		c.m.Name = "m"
		e, err := New(&Plan{Measures: []Measure{c.m}, Nulls: []string{"n/a"}}, columns)
		if err != nil {
			t.Fatal(err)
		}
		var in []arrow.Array
		for _, n := range e.Columns() {
			in = append(in, arrays[slices.Index(names, n)])
		}
		var dst Rows
		if err := e.Encode(record(e.Columns(), in), 0, &dst); err != nil {
			t.Fatal(err)
		}
		known := ""
		for _, k := range dst.Known[0] {
			known += map[bool]string{true: "1", false: "."}[k]
		}
		if !slices.Equal(dst.Values[0], c.want) || known != c.known {
			t.Errorf("%+v: %v %s, want %v %s", c.m, dst.Values[0], known, c.want, c.known)
		}
	}
}

// TestDictionaryMeasures: entries that no row uses are not looked at.
func TestDictionaryMeasures(t *testing.T) {
	e, err := New(&Plan{Measures: []Measure{{Name: "m", Column: "x", Digits: 1}}}, []source.Column{{Name: "x", Type: source.Text}})
	if err != nil {
		t.Fatal(err)
	}
	whole := dictionary(t, []string{"1.5", "bad", null, "1.5", "2"})
	var dst Rows
	part := array.NewSlice(whole, 2, 5)
	if err := e.Encode(record([]string{"x"}, []arrow.Array{part}), 0, &dst); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(dst.Values[0], []int64{0, 15, 20}) || !slices.Equal(dst.Known[0], []bool{false, true, true}) {
		t.Errorf("%v %v", dst.Values[0], dst.Known[0])
	}
	if err := e.Encode(record([]string{"x"}, []arrow.Array{whole}), 10, &dst); err == nil || !strings.Contains(err.Error(), `row 12: column "x": "bad"`) {
		t.Errorf("error %v", err)
	}
}

func TestBadCells(t *testing.T) {
	for _, c := range []struct {
		typ   source.Type
		value string
		want  string
	}{
		{source.Text, "12x", `"12x" is not a number`},
		{source.Text, "nan", "cannot be summed"},
		{source.Text, "1e300", "too large"},
		{source.Float, "NaN", "cannot be summed"},
		{source.Float, "Inf", "cannot be summed"},
		{source.Float, "1e20", "too large"},
		{source.Int, "9223372036854775807", "too large"},
		{source.Decimal, "123456789012345678901234.00", "too large"},
	} {
		e, err := New(&Plan{Measures: []Measure{{Name: "m", Column: "x", Digits: 2}}}, []source.Column{{Name: "x", Type: c.typ, Scale: 2}})
		if err != nil {
			t.Fatal(err)
		}
		err = e.Encode(record([]string{"x"}, []arrow.Array{build(t, c.typ, []string{null, c.value})}), 5, new(Rows))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `row 7: column "x"`) {
			t.Errorf("%s %s: error %v", c.typ, c.value, err)
		}
	}
}
