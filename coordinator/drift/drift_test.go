package drift

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// Worked out by hand, and once more in Python.
func TestPSI(t *testing.T) {
	for _, c := range []struct {
		then, now []int64
		want      float64
		reading   Reading
	}{
		{[]int64{10, 90}, []int64{10, 90}, 0, Stable},
		{[]int64{10, 90}, []int64{100, 900}, 0, Stable}, // shares, not counts
		{[]int64{50, 50, 0}, []int64{40, 40, 20}, 0.7639602038150595, Shifted},
		{[]int64{50, 50, 0}, []int64{50, 50, 0}, 0, Stable}, // empty on both sides
		{[]int64{60, 40}, []int64{50, 50}, 0.04054651081081644, Stable},
		{[]int64{60, 40}, []int64{42, 58}, 0.13108293006681873, Moved},
		{[]int64{100, 200, 300, 400}, []int64{400, 300, 200, 100}, 0.9128696382935673, Shifted},
		{[]int64{1, 2}, []int64{0, 0}, math.NaN(), NoRows},
	} {
		got := PSI(c.then, c.now)
		if math.Abs(got-c.want) > 1e-8 || math.IsNaN(got) != math.IsNaN(c.want) {
			t.Errorf("PSI(%v, %v) = %v, want %v", c.then, c.now, got, c.want)
		}
		if r := Read(got); r != c.reading {
			t.Errorf("PSI(%v, %v) = %v reads %s, want %s", c.then, c.now, got, r, c.reading)
		}
	}
}

// Whatever the counts, the index is not negative and the same both ways.
func TestPSIProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "levels")
		counts := rapid.SliceOfN(rapid.Int64Range(0, 1e6), n, n)
		a, b := counts.Draw(t, "then"), counts.Draw(t, "now")
		x, y := PSI(a, b), PSI(b, a)
		if math.IsNaN(x) != math.IsNaN(y) || x < 0 || math.Abs(x-y) > 1e-9 {
			t.Fatalf("%v and %v", x, y)
		}
	})
}

func TestOf(t *testing.T) {
	f := &encoder.Feature{Name: "job", Column: "job", Kind: encoder.Category, Levels: []encoder.Level{{Name: "clerk"}, {Name: "nurse"}}}
	got := Of(f, []int64{0, 60, 40}, []int64{30, 60, 10}, 5)
	if len(got.Levels) != 3 || got.Levels[0] != (Level{"missing", 0, 30, 0, 0.3}) || got.Unseen == nil || *got.Unseen != 25 || got.Reading != Shifted {
		t.Errorf("%+v", got)
	}
	f.Other = 2
	if got := Of(f, []int64{0, 60, 40}, []int64{30, 60, 10}, 5); got.Unseen != nil {
		t.Errorf("what is unseen among other values cannot be told: %d", *got.Unseen)
	}
}

func TestSort(t *testing.T) {
	small, large := 0.01, 0.3
	features := []Feature{{Name: "a", PSI: &small}, {Name: "b", PSI: &large}, {Name: "c", Reading: NoColumn}, {Name: "d", PSI: &large}}
	Sort(features)
	var order string
	for _, f := range features {
		order += f.Name
	}
	if order != "cbda" {
		t.Error(order)
	}
}
