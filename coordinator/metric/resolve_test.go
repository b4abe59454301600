package metric

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
)

func texts(name string, nulls int64, values ...string) partial.Column {
	c := partial.Column{Name: name, Type: source.Text, Rows: nulls, Nulls: nulls, Texts: map[string]int64{}}
	for _, v := range values {
		c.Texts[v]++
		c.Rows++
	}
	return c
}

func floats(name string, values ...float64) partial.Column {
	c := partial.Column{Name: name, Type: source.Float, Ints: map[int64]int64{}}
	for _, v := range values {
		c.Rows++
		if v != v {
			c.NaN++
			continue
		}
		c.Ints[int64(math.Float64bits(v))]++
	}
	return c
}

func ints(name string, typ source.Type, values ...int64) partial.Column {
	c := partial.Column{Name: name, Type: typ, Scale: 2, Ints: map[int64]int64{}}
	for _, v := range values {
		c.Ints[v]++
		c.Rows++
	}
	return c
}

func bank() *partial.Profile {
	return &partial.Profile{Columns: []partial.Column{
		texts("y", 0, "yes", "no", "no"),
		ints("flag", source.Bool, 0, 1, 1),
		ints("bit", source.Int, 0, 1, 0),
		texts("job", 1, "student", "retired", "services"),
		texts("amount", 0, "1.50", "2", "-3.125"),
		texts("digit", 0, "0", "1"),
		texts("one", 0, "yes", "yes"),
		texts("empty", 5),
		texts("dirty", 0, "1", "2", "oops", "n/a"),
		floats("price", 0.1, 2.5, 1000000),
		floats("third", 1.0/3, 2),
		floats("huge", 1e9+0.123456, 1),
		floats("nan", 1, math.NaN(), 2),
		floats("inf", 1, math.Inf(1)),
		floats("beyond", 1e18, 1),
		ints("money", source.Decimal, 150, -25),
		ints("zero", source.Int, 0, 0),
		ints("negative", source.Int, -1, 2),
		texts("day", 0, "2024-01-01", "2024-01-02"),
		texts("decimal", 0, "1.0", "2.0"),
	}}
}

func resolve(t *testing.T, weight string, metrics ...string) ([]encoder.Measure, []Metric, error) {
	t.Helper()
	var specs []Spec
	for _, m := range metrics {
		s, err := Parse(m)
		if err != nil {
			t.Fatal(err)
		}
		specs = append(specs, s)
	}
	return Resolve(specs, weight, bank())
}

func TestYesNoMetrics(t *testing.T) {
	for metric, equals := range map[string]string{
		"y=yes": "yes", "y=no": "no", "y=true": "yes", "y=1": "yes", "y=0": "no", "y": "yes",
		"flag=yes": "true", "flag=0": "false", "flag=false": "false", "bit=yes": "1", "bit=1": "1", "bit=no": "0",
		"job=student": "student", "digit=yes": "1", "amount=1.5": "1.50", "decimal=1": "1.0", "money=1.5": "1.5", "price=2.5": "2.5", "day=2024-01-01": "2024-01-01",
	} {
		measures, metrics, err := resolve(t, "", metric)
		if err != nil {
			t.Errorf("%s: %v", metric, err)
			continue
		}
		if m := measures[0]; m.Equals == nil || *m.Equals != equals || m.Complete == (m.Column == "job") {
			t.Errorf("%s: %+v, want equal to %q", metric, m, equals)
		}
		if m := metrics[0]; !m.Binary || m.Den != -1 || m.Equals != equals {
			t.Errorf("%s: %+v", metric, m)
		}
	}
}

func TestNumericMetrics(t *testing.T) {
	for _, c := range []struct {
		metric  string
		digits  int
		rounded bool
		binary  bool
	}{
		{"amount", 3, false, false},
		{"price", 1, false, false},
		{"third", 6, true, false},
		{"huge", 3, true, false},
		{"money", 2, false, false},
		{"bit", 0, false, true},
		{"digit", 0, false, true},
		{"flag", 0, false, true},
		{"decimal", 0, false, false},
	} {
		measures, metrics, err := resolve(t, "", c.metric)
		if err != nil {
			t.Errorf("%s: %v", c.metric, err)
			continue
		}
		if m := metrics[0]; m.Digits != c.digits || measures[0].Digits != c.digits || (m.Rounded != "") != c.rounded || m.Binary != c.binary || measures[0].Equals != nil {
			t.Errorf("%s: %+v, want %d digits", c.metric, m, c.digits)
		}
	}
}

func TestRatioAndWeight(t *testing.T) {
	measures, metrics, err := resolve(t, "", "amount/price as rate", "y=yes")
	if err != nil {
		t.Fatal(err)
	}
	yes := "yes"
	wantMeasures := []encoder.Measure{
		{Name: "rate", Column: "amount", Digits: 3, With: "price", Complete: true},
		{Name: "rate (divisor)", Column: "price", Digits: 1, With: "amount", Complete: true},
		{Name: "y=yes", Column: "y", Equals: &yes, Complete: true},
	}
	wantMetrics := []Metric{
		{Name: "rate", Column: "amount", Num: 0, Den: 1, Digits: 3, DenDigits: 1},
		{Name: "y=yes", Column: "y", Binary: true, Num: 2, Den: -1, Equals: "yes"},
	}
	if diff := cmp.Diff(wantMeasures, measures) + cmp.Diff(wantMetrics, metrics); diff != "" {
		t.Error(diff)
	}
	measures, metrics, err = resolve(t, "price", "job=student", "amount/bit as rate")
	if err != nil {
		t.Fatal(err)
	}
	student := "student"
	wantMeasures = []encoder.Measure{
		{Name: "job=student", Column: "job", Equals: &student, Weight: "price", WeightDigits: 1},
		{Name: "job=student (weight)", Column: "price", Digits: 1, With: "job"},
		{Name: "rate", Column: "amount", Digits: 3, With: "bit", Weight: "price", WeightDigits: 1, Complete: true},
		{Name: "rate (divisor)", Column: "bit", With: "amount", Weight: "price", WeightDigits: 1, Complete: true},
	}
	wantMetrics = []Metric{
		{Name: "job=student", Column: "job", Num: 0, Den: 1, Digits: 1, DenDigits: 1, Equals: "student"},
		{Name: "rate", Column: "amount", Num: 2, Den: 3, Digits: 4, DenDigits: 1},
	}
	if diff := cmp.Diff(wantMeasures, measures) + cmp.Diff(wantMetrics, metrics); diff != "" {
		t.Error(diff)
	}
	for _, m := range measures {
		if _, err := encoder.New(&encoder.Plan{Measures: []encoder.Measure{m}}, []source.Column{{Name: "job", Type: source.Text}, {Name: "amount", Type: source.Text}, {Name: "price", Type: source.Float}, {Name: "bit", Type: source.Int}}); err != nil {
			t.Error(err)
		}
	}
}

func TestBadMetrics(t *testing.T) {
	for _, c := range []struct{ metric, weight, want string }{
		{"balnce", "", `unknown column "balnce"`},
		{"y=yess", "", `no row of column "y" has the value "yess"; it has "yes", "no"`},
		{"job=retird", "", `it has "retired", `},
		{"flag=maybe", "", `it has "false", "true"`},
		{"price=3", "", `has the value "3"; it has `},
		{"job", "", `column "job" holds no numbers; to count the rows with a value, write for example job=retired`},
		{"dirty", "", `2 of 4 values are not numbers, for example "n/a"; list it with --null`},
		{"one", "", "one value only"},
		{"one=yes", "", "one value only"},
		{"zero", "", "one value only"},
		{"empty", "", "no value in any row"},
		{"empty=1", "", "no value in any row"},
		{"nan", "", "NaN in 1 rows"},
		{"inf", "", "infinity in 1"},
		{"beyond", "", "too large"},
		{"day", "", "holds dates"},
		{"price/zero", "", "nothing can be divided"},
		{"price/gone", "", `unknown column "gone"`},
		{"y=yes", "negative", "weights are 0 or more"},
		{"y=yes", "job", "weight: column \"job\" holds no numbers"},
		{"y=yes", "gone", "weight: unknown column"},
		{"huge", "huge", "too large"},
	} {
		_, _, err := resolve(t, c.weight, c.metric)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s (weight %q): %v\nwant …%s…", c.metric, c.weight, err, c.want)
		}
	}
	if _, _, err := resolve(t, "", "y=yes as a", "y=no as a"); err == nil || !strings.Contains(err.Error(), `two metrics are named "a"`) {
		t.Errorf("two metrics of one name: %v", err)
	}
	// All problems at once, and those about columns as such.
	_, _, err := resolve(t, "", "jobb=x", "one")
	var unknown *source.UnknownColumnError
	if !errors.As(err, &unknown) || unknown.Nearest[0] != "job" || !strings.Contains(err.Error(), "one value only") {
		t.Errorf("two problems: %v", err)
	}
}

func TestColumns(t *testing.T) {
	got := Columns([]Spec{{Column: "b", Per: "a"}, {Column: "b"}}, "w")
	if diff := cmp.Diff([]string{"a", "b", "w"}, got); diff != "" {
		t.Error(diff)
	}
}
