package evidence

import (
	"math"
	"math/big"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// exact are exact sums of a metric over some customers, that can be added and
// taken from each other. Of a ratio they are the numerator's.
type exact struct {
	known        int64
	sum, squares *big.Int
	den, denSq   *big.Int // ratios only: of the denominator
	bothSq       *big.Int // ratios only: Σ(numerator + denominator)²
	most         int64    // extreme; not kept by plus and minus
}

func (a exact) plus(b exact) exact  { return a.with(b, (*big.Int).Add, a.known+b.known) }
func (a exact) minus(b exact) exact { return a.with(b, (*big.Int).Sub, a.known-b.known) }

func (a exact) with(b exact, op func(z, x, y *big.Int) *big.Int, known int64) exact {
	c := exact{known: known, sum: op(new(big.Int), a.sum, b.sum), squares: op(new(big.Int), a.squares, b.squares)}
	if a.den != nil {
		c.den, c.denSq, c.bothSq = op(new(big.Int), a.den, b.den), op(new(big.Int), a.denSq, b.denSq), op(new(big.Int), a.bothSq, b.bothSq)
	}
	return c
}

// sample is a metric on some customers, as tests see it.
type sample struct {
	n        float64 // customers whose metric is known
	yes      int64   // yes/no only
	known    int64
	mean     float64
	variance float64 // a customer's; of a ratio, its part in the ratio's
}

// meter reads one metric.
type meter struct {
	m       metric.Metric
	binary  bool // yes/no
	columns []wire.ProbeColumn
	clipped bool    // some values lie outside of the columns' bounds
	kurt    float64 // kurtosis of the metric on all customers, 3 where it is not known
	signed  bool    // some values are negative
}

// newMeter returns the reader of a metric whose values are spread so. Numbers
// are winsorised, ratios and yes/no metrics are not.
func newMeter(m metric.Metric, spread *partial.Spread) *meter {
	t := &meter{m: m, binary: m.Binary && m.Den < 0, kurt: 3}
	whole := wire.ProbeColumn{Measure: m.Num, Plus: -1, Low: math.MinInt64, High: math.MaxInt64}
	t.columns = []wire.ProbeColumn{whole}
	buckets := spread.Measures[m.Num]
	for b := range partial.BucketOf(0) {
		t.signed = t.signed || buckets[b] > 0
	}
	switch {
	case t.binary:
	case m.Den >= 0:
		for b := range partial.BucketOf(0) {
			t.signed = t.signed || spread.Measures[m.Den][b] > 0
		}
		den, both := whole, whole
		den.Measure, both.Plus = m.Den, m.Den
		t.columns = append(t.columns, den, both)
	default:
		low, high, outside := clipAt(buckets)
		t.columns[0].Low, t.columns[0].High, t.clipped = low, high, outside
		t.kurt = kurtosis(buckets, low, high)
		t.columns = append(t.columns, whole)
	}
	return t
}

// bounds are what winsorised values lie between, in the metric's unit; nil where
// there is no bound.
func (t *meter) bounds() (low, high *float64) {
	c := &t.columns[0]
	unit := math.Pow10(-t.m.Digits)
	return defined(float64(c.Low)*unit, c.Low != math.MinInt64), defined(float64(c.High)*unit, c.High != math.MaxInt64)
}

// probed reads group g of a probe of the meter's columns.
func (t *meter) probed(p *partial.ProbePart, g int) exact {
	c := &p.Columns[0]
	x := exact{known: c.Known[g], sum: c.Sum.Big(g), squares: c.Squares.Big(g)}
	if t.m.Den >= 0 {
		d := &p.Columns[1]
		x.den, x.denSq, x.bothSq = d.Sum.Big(g), d.Squares.Big(g), p.Columns[2].Squares.Big(g)
	} else if len(p.Columns) > 1 {
		x.most = p.Columns[1].High[g]
	}
	return x
}

// counted reads a yes/no metric from counts.
func (t *meter) counted(v metric.Value) exact {
	return exact{known: v.Known, sum: v.Num, squares: v.Num}
}

// sample returns mean and variance of exact sums.
func (t *meter) sample(x exact) sample {
	s := sample{n: float64(x.known), known: x.known, mean: math.NaN(), variance: math.NaN()}
	switch {
	case x.known < 1:
	case t.binary:
		s.yes = x.sum.Int64()
		s.mean = float64(s.yes) / s.n
		s.variance = s.mean * (1 - s.mean)
	case t.m.Den >= 0:
		t.ratio(&s, x)
	default:
		s.mean, _ = t.m.Mean(metric.Value{Known: x.known, Num: x.sum})
		if x.known > 1 {
			s.variance = metric.Variance(x.known, x.sum, x.squares, t.m.Digits)
		}
	}
	return s
}

// ratio is the ratio of sums R = Σa/Σb with the variance that linearising it
// gives (Cochran, Sampling Techniques, 1977, 6.13): that of (a − R·b)/mean(b).
func (t *meter) ratio(s *sample, x exact) {
	if x.den.Sign() == 0 || x.known < 2 {
		return
	}
	r := new(big.Rat).SetFrac(x.sum, x.den) // in units of the fixed points
	ab := new(big.Int).Sub(x.bothSq, x.squares)
	ab.Sub(ab, x.denSq) // 2Σab
	e := new(big.Rat).SetInt(x.squares)
	e.Sub(e, new(big.Rat).Mul(r, new(big.Rat).SetInt(ab)))
	e.Add(e, new(big.Rat).Mul(new(big.Rat).Mul(r, r), new(big.Rat).SetInt(x.denSq)))
	e.Quo(e, new(big.Rat).SetInt(new(big.Int).Mul(x.den, x.den)))
	e.Mul(e, big.NewRat(x.known*x.known, x.known-1))
	unit := math.Pow10(t.m.DenDigits - t.m.Digits)
	variance, _ := e.Float64()
	mean, _ := r.Float64()
	s.mean, s.variance = mean*unit, variance*unit*unit
}
