package sample

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// fewest is the expected count of a two-by-two table's cells below which a
// yes/no metric is compared exactly (Cochran 1954 asks for 5; we for more,
// since small p-values are what matters here).
const fewest = 10

// Compare tests whether a metric differs between two sets of customers: the
// two-sided p-value, 1 where nothing can be said. Positive z: a is above b; z
// is the normal deviate of p.
//
// Yes/no: the two-proportion z-test, Fisher's Exact test where few are
// expected. Numbers: see compareMeans.
func (t *Meter) Compare(a, b Sample) (z, p float64) {
	if a.Known < 2 || b.Known < 2 {
		return 0, 1
	}
	if t.Binary {
		p = compareRates(a, b)
	} else {
		p = t.compareMeans(a, b)
	}
	if math.IsNaN(p) {
		return 0, 1
	}
	p = min(p, 1)
	z = deviate(p)
	if a.Mean < b.Mean {
		z = -z
	}
	return z, p
}

// deviate returns the z of a two-sided p-value; at most 37, where float64 ends.
func deviate(p float64) float64 {
	if p >= 1 {
		return 0
	}
	return -distuv.UnitNormal.Quantile(max(p, 1e-300) / 2)
}

func compareRates(a, b Sample) float64 {
	yes, n := float64(a.Yes+b.Yes), a.N+b.N
	if yes == 0 || yes == n {
		return 1
	}
	if min(a.N, b.N)*min(yes, n-yes)/n < fewest {
		return fisher(a.Yes, a.Known, a.Yes+b.Yes, a.Known+b.Known)
	}
	rate := yes / n
	se := math.Sqrt(rate * (1 - rate) * (1/a.N + 1/b.N))
	return 2 * normalTail(math.Abs(a.Mean-b.Mean)/se)
}

// fisher returns twice the smaller tail of the hypergeometric distribution:
// x or more (or fewer) yes among n of all customers, yes of whom are.
func fisher(x, n, yes, all int64) float64 {
	low, high := max(0, n+yes-all), min(n, yes)
	choose := func(n, k int64) float64 {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(k + 1))
		c, _ := math.Lgamma(float64(n - k + 1))
		return a - b - c
	}
	tail := func(step int64) float64 {
		first := math.Exp(choose(yes, x) + choose(all-yes, n-x) - choose(all, n))
		sum, term := 0.0, first
		for k := x; k >= low && k <= high; k += step {
			sum += term
			if step > 0 {
				term *= float64(yes-k) / float64(k+1) * float64(n-k) / float64(all-yes-n+k+1)
			} else {
				term *= float64(k) / float64(yes-k+1) * float64(all-yes-n+k) / float64(n-k+1)
			}
			if term < sum*1e-17 && (step > 0) == (float64(k) > float64(n)*float64(yes)/float64(all)) {
				break
			}
		}
		return sum
	}
	return min(1, 2*min(tail(+1), tail(-1)))
}

// compareMeans is Welch's test made safe for heavy tails, of which two things
// are mended: a group may by chance lack the rare large values that make up
// the variance, so that the standard error is at least that of the pooled
// variance; and the degrees of freedom are those that an estimated variance
// has at the metric's kurtosis, 2n/(kurtosis − 1) (Box 1953), not n − 1.
func (t *Meter) compareMeans(a, b Sample) float64 {
	v := meanVariances(a, b)
	se := math.Sqrt(max(v.welch, v.pooled))
	if !(se > 0) {
		return math.NaN()
	}
	return 2 * studentTail(math.Abs(a.Mean-b.Mean)/se, t.freedom(min(a.N, b.N)))
}

// variances are the two estimates of the variance of a difference of means.
type variances struct{ welch, pooled float64 }

func meanVariances(a, b Sample) variances {
	return variances{
		welch:  a.Variance/a.N + b.Variance/b.N,
		pooled: (float64((a.N-1)*a.Variance) + float64((b.N-1)*b.Variance)) / (a.N + b.N - 2) * (1/a.N + 1/b.N),
	}
}

// freedom returns the degrees of freedom of n customers' variance.
func (t *Meter) freedom(n float64) float64 { return max(1, 2*(n-1)/(t.Kurtosis-1)) }

// many is from how many degrees of freedom on t is taken for normal.
const many = 1e5

// normalTail is the probability beyond x, of which no digits cancel.
func normalTail(x float64) float64 { return math.Erfc(x/math.Sqrt2) / 2 }

func studentTail(x, freedom float64) float64 {
	if freedom > many {
		return normalTail(x)
	}
	return distuv.StudentsT{Sigma: 1, Nu: freedom}.Survival(x)
}

// Interval returns the 95 % interval of a sample's mean: Wilson's of a yes/no
// metric, else Student's with the degrees of freedom of Compare.
func (t *Meter) Interval(x Exact, s Sample) (low, high float64, ok bool) {
	if t.Binary {
		return t.Metric.Interval(t.ValueOf(x), nil)
	}
	if x.Known < 2 || math.IsNaN(s.Variance) {
		return math.NaN(), math.NaN(), false
	}
	half := float64(t.Quantile(s.N) * math.Sqrt(s.Variance/s.N))
	return s.Mean - half, s.Mean + half, true
}

// Quantile returns how many standard errors the interval of the mean of n
// customers reaches to either side; not of a yes/no metric, whose is Wilson's.
func (t *Meter) Quantile(n float64) float64 {
	if f := t.freedom(n); f <= many {
		return distuv.StudentsT{Sigma: 1, Nu: f}.Quantile(0.975)
	}
	return distuv.UnitNormal.Quantile(0.975)
}
