package sample

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/partial"
)

func near(got, want, relative float64) bool {
	return math.Abs(got-want) <= relative*math.Abs(want) || got == want
}

// Values by enumeration: of 2·min(tail) over the hypergeometric distribution.
func TestFisher(t *testing.T) {
	choose := func(n, k int64) *big.Int { return new(big.Int).Binomial(n, k) }
	for range 300 {
		all := 2 + rand.Int64N(60)
		n, yes := rand.Int64N(all+1), rand.Int64N(all+1)
		low, high := max(0, n+yes-all), min(n, yes)
		x := low + rand.Int64N(high-low+1)
		var down, up float64
		for k := low; k <= high; k++ {
			w := new(big.Int).Mul(choose(yes, k), choose(all-yes, n-k))
			p, _ := new(big.Rat).SetFrac(w, choose(all, n)).Float64()
			if k <= x {
				down += p
			}
			if k >= x {
				up += p
			}
		}
		if got, want := fisher(x, n, yes, all), min(1, 2*min(down, up)); !near(got, want, 1e-9) {
			t.Fatalf("fisher(%d, %d, %d, %d) = %g, want %g", x, n, yes, all, got, want)
		}
	}
}

func TestCompareRates(t *testing.T) {
	m := &Meter{Metric: metric.Metric{Binary: true, Den: -1}, Binary: true}
	rate := func(yes, n int64) Sample {
		return m.Sample(Exact{Known: n, Sum: big.NewInt(yes), Squares: big.NewInt(yes)})
	}
	// 60 of 200 against 90 of 500: z by hand with the pooled rate 150/700.
	z, p := m.Compare(rate(60, 200), rate(90, 500))
	pooled := 150.0 / 700
	want := (0.3 - 0.18) / math.Sqrt(pooled*(1-pooled)*(1.0/200+1.0/500))
	if !near(z, want, 1e-9) || !near(p, math.Erfc(want/math.Sqrt2), 1e-9) {
		t.Errorf("z %v, p %v; want z %v", z, p, want)
	}
	for _, same := range [][2]Sample{{rate(0, 100), rate(0, 900)}, {rate(100, 100), rate(900, 900)}, {rate(1, 1), rate(0, 900)}, {rate(0, 0), rate(5, 900)}} {
		if _, p := m.Compare(same[0], same[1]); p != 1 {
			t.Errorf("%+v: p %v, want 1", same, p)
		}
	}
	if z, p := m.Compare(rate(0, 300), rate(30, 700)); z >= 0 || p >= 0.001 {
		t.Errorf("0 of 300 against 30 of 700: z %v, p %v", z, p)
	}
}

func TestCompareMeans(t *testing.T) {
	m := &Meter{Metric: metric.Metric{Den: -1}, Kurtosis: 3}
	a, b := Sample{N: 400, Known: 400, Mean: 12, Variance: 25}, Sample{N: 900, Known: 900, Mean: 11, Variance: 16}
	z, p := m.Compare(a, b)
	pooled := (399*25.0 + 899*16) / 1298 * (1.0/400 + 1.0/900)
	welch := 25.0/400 + 16.0/900
	if x := 1 / math.Sqrt(max(pooled, welch)); z <= 0 || z > x || z < 0.98*x || p < math.Erfc(x/math.Sqrt2) {
		t.Errorf("z %v, p %v; the normal deviate is %v", z, p, x)
	}
	// A group that lacks the rare large values has no spread of its own.
	nothing := Sample{N: 300, Known: 300, Mean: 0, Variance: 0}
	m.Kurtosis = 200
	if _, p := m.Compare(nothing, Sample{N: 30_000, Known: 30_000, Mean: 1, Variance: 225}); p < 0.05 {
		t.Errorf("p %v for a group of 300 that by chance has none of 1 %% buyers", p)
	}
	if _, p := m.Compare(nothing, Sample{N: 3, Known: 3}); p != 1 {
		t.Errorf("p %v where nothing varies", p)
	}
}

// Values by R: p.adjust(p, "BH").
func TestBenjaminiHochberg(t *testing.T) {
	got := BenjaminiHochberg([]float64{0.01, 0.04, 0.03, 0.005, 0.9})
	want := []float64{0.025, 0.05, 0.05, 0.025, 0.9}
	if !slices.EqualFunc(got, want, func(a, b float64) bool { return near(a, b, 1e-12) }) {
		t.Errorf("q-values %v, want %v", got, want)
	}
	if q := BenjaminiHochberg(nil); len(q) != 0 {
		t.Errorf("q-values of nothing: %v", q)
	}
}

func TestClip(t *testing.T) {
	buckets := make([]int64, partial.Buckets)
	for i := range int64(1000) {
		buckets[partial.BucketOf(i+1)]++
		buckets[partial.BucketOf(0)] += 50
	}
	low, high, outside := clipAt(buckets)
	if high < 995 || high > 1063 || low != math.MinInt64 {
		t.Errorf("values of 1 to 1000 are clipped at %d and %d", low, high)
	}
	_ = outside
	buckets[partial.BucketOf(1_000_000)]++
	if _, high, outside = clipAt(buckets); high > 1063 || !outside {
		t.Errorf("an outlier moves the bound to %d (outside %t)", high, outside)
	}
	if k := kurtosis(buckets, math.MinInt64, math.MaxInt64); k < 10_000 {
		t.Errorf("kurtosis %v with the outlier", k)
	}
	if k := kurtosis(buckets, 0, high); k < 50 || k > 90 {
		t.Errorf("kurtosis %v without it", k)
	}
	if _, _, outside := clipAt(make([]int64, partial.Buckets)); outside {
		t.Error("no values, and some outside")
	}
}
