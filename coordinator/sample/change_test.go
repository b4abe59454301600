package sample

import (
	"math"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/metric"
)

var rates = &Meter{Metric: metric.Metric{Binary: true, Den: -1}, Binary: true}

func ratePair(yesA, nA, yesB, nB int64) Pair {
	return Pair{A: rates.Sample(Rate(yesA, nA)), B: rates.Sample(Rate(yesB, nB))}
}

func TestCompareChangesOfRates(t *testing.T) {
	// 10 % → 20 % of 400 each against 10 % → 12 % of 5,000 each, by hand.
	z, p := rates.CompareChanges(ratePair(40, 400, 80, 400), ratePair(500, 5000, 600, 5000))
	variance := 0.0
	for _, x := range [][2]float64{{40, 400}, {80, 400}, {500, 5000}, {600, 5000}} {
		rate := (x[0] + 1) / (x[1] + 2)
		variance += rate * (1 - rate) / (x[1] + 2)
	}
	want := (0.10 - 0.02) / math.Sqrt(variance)
	if !near(z, want, 1e-9) || !near(p, math.Erfc(want/math.Sqrt2), 1e-9) {
		t.Errorf("z %v, p %v; want z %v", z, p, want)
	}
	// Rare events: none and three of 200 are no evidence, in either direction.
	for _, x := range []Pair{ratePair(0, 200, 3, 200), ratePair(3, 200, 0, 200)} {
		if z, p := rates.CompareChanges(x, ratePair(50, 50_000, 50, 50_000)); p < 0.05 || z*x.Change() < 0 {
			t.Errorf("a change of %v by three events: z %v, p %v", x.Change(), z, p)
		}
	}
	if _, p := rates.CompareChanges(ratePair(0, 0, 5, 900), ratePair(5, 900, 9, 900)); p != 1 {
		t.Errorf("p %v where nobody is on A", p)
	}
}

func TestCompareChangesOfNumbers(t *testing.T) {
	m := &Meter{Metric: metric.Metric{Den: -1}, Kurtosis: 3}
	s := func(n, mean, variance float64) Sample {
		return Sample{N: n, Known: int64(n), Mean: mean, Variance: variance}
	}
	x, y := Pair{s(4000, 10, 25), s(5000, 12, 36)}, Pair{s(90_000, 10, 25), s(80_000, 11, 36)}
	z, p := m.CompareChanges(x, y)
	want := 1 / math.Sqrt(25.0/4000+36.0/5000+25.0/90_000+36.0/80_000)
	if !near(z, want, 1e-2) || p > 1e-15 {
		t.Errorf("z %v, p %v; want z %v", z, p, want)
	}
	if back, _ := m.CompareChanges(y, x); back != -z {
		t.Errorf("the other way round z is %v, not %v", back, -z)
	}
	// A group that by chance lacks the rare large values has no spread of its own.
	m.Kurtosis = 200
	if _, p := m.CompareChanges(Pair{s(300, 0, 0), s(300, 0, 0)}, Pair{s(30_000, 1, 225), s(30_000, 2, 225)}); p < 0.05 {
		t.Errorf("p %v for a group of 300 that has none of 1 %% buyers", p)
	}
}

// Newcombe (Statistics in Medicine 1998, table II, method 10).
func TestChangeInterval(t *testing.T) {
	for _, test := range []struct {
		yesB, nB, yesA, nA int64
		low, high          float64
	}{
		{56, 70, 48, 80, 0.0524, 0.3339},
		{9, 10, 3, 10, 0.1705, 0.8090},
		{6, 7, 2, 7, 0.0582, 0.8062},
		{5, 56, 0, 29, -0.0381, 0.1926},
		{0, 10, 0, 20, -0.1611, 0.2775},
		{10, 10, 0, 10, 0.6075, 1.0000},
	} {
		a, b := Rate(test.yesA, test.nA), Rate(test.yesB, test.nB)
		low, high, ok := rates.ChangeInterval(a, b, Pair{A: rates.Sample(a), B: rates.Sample(b)})
		if !ok || math.Abs(low-test.low) > 6e-5 || math.Abs(high-test.high) > 6e-5 {
			t.Errorf("%d/%d − %d/%d: %.4f to %.4f, want %.4f to %.4f", test.yesB, test.nB, test.yesA, test.nA, low, high, test.low, test.high)
		}
	}
}
