package evidence

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
	m := &meter{m: metric.Metric{Binary: true, Den: -1}, binary: true}
	rate := func(yes, n int64) sample {
		return m.sample(exact{known: n, sum: big.NewInt(yes), squares: big.NewInt(yes)})
	}
	// 60 of 200 against 90 of 500: z by hand with the pooled rate 150/700.
	z, p := m.compare(rate(60, 200), rate(90, 500))
	pooled := 150.0 / 700
	want := (0.3 - 0.18) / math.Sqrt(pooled*(1-pooled)*(1.0/200+1.0/500))
	if !near(z, want, 1e-9) || !near(p, math.Erfc(want/math.Sqrt2), 1e-9) {
		t.Errorf("z %v, p %v; want z %v", z, p, want)
	}
	for _, same := range [][2]sample{{rate(0, 100), rate(0, 900)}, {rate(100, 100), rate(900, 900)}, {rate(1, 1), rate(0, 900)}, {rate(0, 0), rate(5, 900)}} {
		if _, p := m.compare(same[0], same[1]); p != 1 {
			t.Errorf("%+v: p %v, want 1", same, p)
		}
	}
	if z, p := m.compare(rate(0, 300), rate(30, 700)); z >= 0 || p >= 0.001 {
		t.Errorf("0 of 300 against 30 of 700: z %v, p %v", z, p)
	}
}

func TestCompareMeans(t *testing.T) {
	m := &meter{m: metric.Metric{Den: -1}, kurt: 3}
	a, b := sample{n: 400, known: 400, mean: 12, variance: 25}, sample{n: 900, known: 900, mean: 11, variance: 16}
	z, p := m.compare(a, b)
	pooled := (399*25.0 + 899*16) / 1298 * (1.0/400 + 1.0/900)
	welch := 25.0/400 + 16.0/900
	if x := 1 / math.Sqrt(max(pooled, welch)); z <= 0 || z > x || z < 0.98*x || p < math.Erfc(x/math.Sqrt2) {
		t.Errorf("z %v, p %v; the normal deviate is %v", z, p, x)
	}
	// A group that lacks the rare large values has no spread of its own.
	nothing := sample{n: 300, known: 300, mean: 0, variance: 0}
	m.kurt = 200
	if _, p := m.compare(nothing, sample{n: 30_000, known: 30_000, mean: 1, variance: 225}); p < 0.05 {
		t.Errorf("p %v for a group of 300 that by chance has none of 1 %% buyers", p)
	}
	if _, p := m.compare(nothing, sample{n: 3, known: 3}); p != 1 {
		t.Errorf("p %v where nothing varies", p)
	}
}

// Values by R: p.adjust(p, "BH").
func TestBenjaminiHochberg(t *testing.T) {
	got := benjaminiHochberg([]float64{0.01, 0.04, 0.03, 0.005, 0.9})
	want := []float64{0.025, 0.05, 0.05, 0.025, 0.9}
	if !slices.EqualFunc(got, want, func(a, b float64) bool { return near(a, b, 1e-12) }) {
		t.Errorf("q-values %v, want %v", got, want)
	}
	if q := benjaminiHochberg(nil); len(q) != 0 {
		t.Errorf("q-values of nothing: %v", q)
	}
}

func TestPerArm(t *testing.T) {
	// Fleiss, Levin and Paik: rates of 0.25 and 0.40 at 5 % and 80 % take 152 in each arm.
	a, b := sample{mean: 0.25, variance: 0.25 * 0.75}, sample{mean: 0.40, variance: 0.4 * 0.6}
	if n := perArm(true, a, b); n != 152 {
		t.Errorf("%d in each arm, want 152", n)
	}
	// Two means half a standard deviation apart take 63.
	if n := perArm(false, sample{mean: 1, variance: 4}, sample{mean: 2, variance: 4}); n != 63 {
		t.Errorf("%d in each arm, want 63", n)
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
