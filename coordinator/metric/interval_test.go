package metric

import (
	"math"
	"math/big"
	"testing"
)

func TestInterval(t *testing.T) {
	for _, c := range []struct{ rate, n, low, high float64 }{{0, 10, 0, 0.27753}, {0.1, 50, 0.04348, 0.21360}, {1, 4, 0.51011, 1}} {
		yes := Value{Known: int64(c.n), Num: big.NewInt(int64(c.rate * c.n))}
		low, high, ok := Metric{Binary: true, Den: -1}.Interval(yes, nil)
		if !ok || math.Abs(low-c.low) > 1e-5 || math.Abs(high-c.high) > 1e-5 {
			t.Errorf("interval of %v of %v is %v to %v, want %v to %v", c.rate, c.n, low, high, c.low, c.high)
		}
	}
	// 1.0, 2.0 and 3.0: mean 2, variance 1.
	number := Value{Known: 3, Num: big.NewInt(60)}
	low, high, ok := Metric{Den: -1, Digits: 1}.Interval(number, big.NewInt(1400))
	if half := z95 / math.Sqrt(3); !ok || math.Abs(low-2+half) > 1e-12 || math.Abs(high-2-half) > 1e-12 {
		t.Errorf("interval of 1, 2, 3 is %v to %v", low, high)
	}
	for name, m := range map[string]Metric{"a ratio": {Den: 1}, "one row": {Den: -1}} {
		if _, _, ok := m.Interval(Value{Known: 1, Num: big.NewInt(1), Den: big.NewInt(1)}, big.NewInt(1)); ok {
			t.Errorf("%s has an interval", name)
		}
	}
}
