package encoder

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseLiteral(t *testing.T) {
	for s, want := range map[string]float64{
		"0": 0, "-0": 0, "7": 7, "07": 7, "+3": 3, "-12.50": -12.5, ".5": .5, "5.": 5, "1e3": 1000, "1E-2": .01,
		" 42 ": 42, "12345678901234567890123": 12345678901234567890123, "0.1": 0.1, "1e999": math.Inf(1), "-inf": math.Inf(-1),
		"Infinity": math.Inf(1), "0.30000000000000004": 0.30000000000000004, "1e-400": 0, "9007199254740993": 9007199254740992,
	} {
		got, ok := ParseNumber(s)
		if !ok || got != want || math.Signbit(got) != math.Signbit(want) {
			t.Errorf("ParseNumber(%q) = %v, %v; want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", " ", "-", "+", ".", "e5", "1e", "1e+", "0x10", "1_000", "1,5", "12a", "--1", "1 2", "in", "nano"} {
		if got, ok := ParseNumber(s); ok {
			t.Errorf("ParseNumber(%q) = %v, want none", s, got)
		}
	}
}

func TestFixed(t *testing.T) {
	for _, c := range []struct {
		s      string
		digits int
		want   int64
	}{
		{"1.005", 2, 101},
		{"-1.005", 2, -101},
		{"0.5", 0, 1},
		{"-0.5", 0, -1},
		{"0.4999999999999999999999", 0, 0},
		{"2.675", 2, 268},
		{"1e3", 2, 100000},
		{"12e-1", 0, 1},
		{"0", 6, 0},
		{"281474976710656", 0, MaxFixed},
		{"1e-30", 6, 0},
		{"5e-1", 0, 1},
		{"00012", 1, 120},
	} {
		n, ok := ParseLiteral(c.s)
		got, ok2 := n.Fixed(c.digits)
		if !ok || !ok2 || got != c.want {
			t.Errorf("%q at %d digits = %d, %v; want %d", c.s, c.digits, got, ok2, c.want)
		}
	}
	for _, s := range []string{"281474976710657", "1e300", "1e100000000", "nan", "-inf", "99999999999999999999999999"} {
		n, _ := ParseLiteral(s)
		if got, ok := n.Fixed(0); ok {
			t.Errorf("%q = %d, want none", s, got)
		}
	}
}

// fixedByRat is the definition: exact arithmetic, half away from zero.
func fixedByRat(s string, digits int) (int64, bool) {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0, false
	}
	r.Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)))
	neg := r.Sign() < 0
	r.Abs(r).Add(r, big.NewRat(1, 2))
	q := new(big.Int).Quo(r.Num(), r.Denom())
	if !q.IsInt64() || q.Int64() > MaxFixed {
		return 0, false
	}
	if neg {
		return -q.Int64(), true
	}
	return q.Int64(), true
}

func TestFixedAgainstRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`-?[0-9]{1,24}(\.[0-9]{1,24})?(e-?[0-9]{1,2})?`).Draw(t, "number")
		digits := rapid.IntRange(0, 6).Draw(t, "digits")
		n, ok := ParseLiteral(s)
		if !ok {
			t.Fatalf("%q is not read", s)
		}
		got, gotOK := n.Fixed(digits)
		want, wantOK := fixedByRat(s, digits)
		if got != want || gotOK != wantOK {
			t.Fatalf("%q at %d digits = %d, %v; want %d, %v", s, digits, got, gotOK, want, wantOK)
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil && n.Float(s) != f {
			t.Fatalf("%q = %v, want %v", s, n.Float(s), f)
		}
	})
}

func TestFixedFloat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(rapid.Float64(), rapid.Float64Range(-1e9, 1e9),
			rapid.Map(rapid.IntRange(-1e9, 1e9), func(i int) float64 { return float64(i) / 1000 })).Draw(t, "v")
		digits := rapid.IntRange(0, 6).Draw(t, "digits")
		got, gotOK := FixedFloat(v, digits)
		want, wantOK := fixedByRat(strconv.FormatFloat(v, 'e', -1, 64), digits)
		if got != want || gotOK != wantOK {
			t.Fatalf("%v at %d digits = %d, %v; want %d, %v", v, digits, got, gotOK, want, wantOK)
		}
	})
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e15} {
		if got, ok := FixedFloat(v, 6); ok {
			t.Errorf("%v = %d, want none", v, got)
		}
	}
}

func TestDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		when := time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "seconds"), 0).UTC()
		want := when.Unix() / 86400
		if when.Unix()%86400 < 0 {
			want--
		}
		for _, layout := range []string{"2006-01-02", "2006/01/02", "2006-01-02 15:04:05", time.RFC3339, "2006-01-02T15:04:05.000"} {
			day, timed, ok := ParseDay(when.Format(layout))
			if !ok || day != want || timed != (len(layout) > 10) {
				t.Fatalf("%q = %d, %v, %v; want %d", when.Format(layout), day, timed, ok, want)
			}
		}
		if MonthOf(want) != int(when.Month()) || WeekdayOf(want) != (int(when.Weekday())+6)%7 {
			t.Fatalf("%v: month %d, weekday %d", when, MonthOf(want), WeekdayOf(want))
		}
	})
	for _, s := range []string{"", "2021-02-29", "2021-13-01", "2021-00-10", "2021-1-1", "20210101", "2021-01/01", "2021-01-01x", "2021-01-01 25:00", "2021-01-01 10", "2021-01-01 10:00+x"} {
		if _, _, ok := ParseDay(s); ok {
			t.Errorf("%q is read as a date", s)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1", "-0.5e7", "nan", "00", "1e999999999999", ".", "2020-01-01 10:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ParseDay(s)
		ParseTruth(s)
		n, ok := ParseLiteral(s)
		if !ok {
			return
		}
		v := n.Float(s)
		want, err := strconv.ParseFloat(strings.Trim(s, " \t"), 64)
		if err != nil && !math.IsInf(want, 0) {
			t.Fatalf("%q is read as %v, which strconv refuses: %v", s, v, err)
		}
		if v != want && !(math.IsNaN(v) && math.IsNaN(want)) {
			t.Fatalf("%q = %v, want %v", s, v, want)
		}
		if x, ok := n.Fixed(0); ok && math.Abs(v) < 1e9 && math.Abs(float64(x)-v) > 0.5 {
			t.Fatalf("%q = %d, but %v", s, x, v)
		}
	})
}
