package metric

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// integers of every size, with those beside powers of two.
func integers(least int64) *rapid.Generator[int64] {
	return rapid.Custom(func(t *rapid.T) int64 {
		x := int64(1)<<rapid.IntRange(0, 62).Draw(t, "bits") + rapid.Int64Range(-3, 3).Draw(t, "beside")
		if rapid.Bool().Draw(t, "any") {
			x = rapid.Int64().Draw(t, "x")
		}
		if x < least {
			return least
		}
		return x
	})
}

// The quick ways round exactly as fractions of big integers do.
func TestQuickArithmeticIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, digits := integers(math.MinInt64).Draw(t, "x"), rapid.IntRange(0, 20).Draw(t, "digits")
		want, _ := new(big.Rat).SetFrac(big.NewInt(x), power10(digits)).Float64()
		if got := scaled(big.NewInt(x), digits); got != want {
			t.Fatalf("%d / 10^%d = %v, want %v", x, digits, got, want)
		}
		m := Metric{Digits: rapid.IntRange(0, 6).Draw(t, "metric digits"), Den: -1}
		v := Value{Known: integers(0).Draw(t, "known"), Num: big.NewInt(integers(math.MinInt64).Draw(t, "num"))}
		all := Value{Known: integers(1).Draw(t, "all known"), Num: big.NewInt(integers(math.MinInt64).Draw(t, "all num"))}
		exact, _ := m.ExactExcess(v, all)
		want, _ = exact.Float64()
		if got, ok := m.Excess(v, all); !ok || got != want {
			t.Fatalf("excess %v, want %v", got, want)
		}
	})
}

// Quotients halfway between two floats go to the even one, unless a remainder
// tips them.
func TestQuotientTies(t *testing.T) {
	for _, c := range []struct {
		hi, lo, d uint64
		want      float64
	}{
		{0, 1<<54 + 2, 2, 1<<53 + 0}, // 2⁵³ + 1: tie, down to even
		{0, 1<<54 + 6, 2, 1<<53 + 4}, // 2⁵³ + 3: tie, up to even
		{0, 1<<54 + 3, 2, 1<<53 + 2}, // 2⁵³ + 1½: over the tie
		{1 << 62, 0, math.MaxInt64, 0x1p63},
		{1 << 63, 0, 1, -0x1p127},
		{math.MaxUint64, math.MaxUint64, 3, -1.0 / 3},
		{0, 0, 7, 0},
	} {
		if got := quotient(c.hi, c.lo, c.d); got != c.want {
			t.Errorf("%x:%x / %d = %v, want %v", c.hi, c.lo, c.d, got, c.want)
		}
	}
}
