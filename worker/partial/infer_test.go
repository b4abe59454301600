package partial

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/source"
)

func TestInfer(t *testing.T) {
	for _, c := range []struct {
		values []string
		want   source.Type
	}{
		{[]string{"1", "2", "-3"}, source.Int},
		{[]string{"1", "2.5"}, source.Float},
		{[]string{"1", "x"}, source.Text},
		{[]string{"yes", "no"}, source.Bool},
		{[]string{"TRUE", "false"}, source.Bool},
		{[]string{"yes", "no", "maybe"}, source.Text},
		{[]string{"0", "1"}, source.Int},
		{[]string{"2020-01-01", "2020-01-02"}, source.Date},
		{[]string{"2020-01-01", "2020-01-02T03:04:05Z"}, source.Timestamp},
		{[]string{"2020-01-01", "7"}, source.Text},
		{[]string{"1", "nan"}, source.Float},
		{nil, source.Text},
		{[]string{"2020-02-30"}, source.Text},
	} {
		col := Column{Type: source.Text, Texts: map[string]int64{}}
		for _, v := range c.values {
			col.Texts[v]++
			col.Rows++
		}
		if got := col.Infer(); got.Type != c.want {
			t.Errorf("%q are %s, want %s", c.values, got.Type, c.want)
		}
	}
	// A sketch says the same of a column as exact counts do.
	for _, s := range samples(ExactLimit + 5000) {
		c := profileOf(t, s, 0, s.values, rand.New(rand.NewPCG(6, 6))).Columns[0]
		if c.Sketch == nil {
			continue
		}
		got := c.Infer()
		var values int64
		seen := map[string]bool{}
		for _, v := range s.values {
			if v != "" && !seen[v] {
				values++
				seen[v] = true
			}
		}
		if math.Abs(float64(got.Distinct-values)) > 0.01*float64(values) {
			t.Errorf("%s: about %d different values, but there are %d", s.name, got.Distinct, values)
		}
		exact := Column{Type: c.Type, Scale: c.Scale, Rows: c.Rows, Nulls: c.Nulls, NaN: c.NaN}
		if c.Type == source.Text {
			exact.Texts = map[string]int64{}
		} else {
			exact.Ints = map[int64]int64{}
		}
		for _, v := range s.values {
			if v == "" {
				continue
			}
			n, err := strconv.ParseInt(v, 10, 64)
			if f, e := strconv.ParseFloat(v, 64); err != nil && e == nil {
				n = int64(math.Float64bits(f + 0))
			}
			if exact.Texts != nil {
				exact.Texts[v]++
			} else {
				exact.Ints[n]++
			}
		}
		want := exact.Infer()
		want.Distinct, want.About = got.Distinct, got.About
		if c.Type == source.Text && want.NotNumbers > 0 { // a sketch drops the numbers of a column that is none
			want.Min, want.Max, want.Decimals = got.Min, got.Max, got.Decimals
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: exact −, sketch +\n%s", s.name, diff)
		}
	}
}
