// Package sample reads a metric on some of the customers: its exact sums, mean
// and variance, and the tests and intervals that follow from them.
package sample

import (
	"math"
	"math/big"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Exact are exact sums of a metric over some customers, that can be added and
// taken from each other. Of a ratio they are the numerator's.
type Exact struct {
	Known        int64
	Sum, Squares *big.Int
	Den, DenSq   *big.Int // ratios only: of the denominator
	BothSq       *big.Int // ratios only: Σ(numerator + denominator)²
	Most         int64    // extreme; not kept by Plus and Minus
}

// Nothing are the sums over no customers, of a metric that is no ratio.
func Nothing() Exact { return Exact{Sum: new(big.Int), Squares: new(big.Int)} }

// Plus and Minus are the sums over the customers of both, and over those of a
// that are not among b, all of which a holds.
func (a Exact) Plus(b Exact) Exact  { return a.with(b, (*big.Int).Add, a.Known+b.Known) }
func (a Exact) Minus(b Exact) Exact { return a.with(b, (*big.Int).Sub, a.Known-b.Known) }

func (a Exact) with(b Exact, op func(z, x, y *big.Int) *big.Int, known int64) Exact {
	c := Exact{Known: known, Sum: op(new(big.Int), a.Sum, b.Sum), Squares: op(new(big.Int), a.Squares, b.Squares)}
	if a.Den != nil {
		c.Den, c.DenSq, c.BothSq = op(new(big.Int), a.Den, b.Den), op(new(big.Int), a.DenSq, b.DenSq), op(new(big.Int), a.BothSq, b.BothSq)
	}
	return c
}

// Sample is a metric on some customers, as tests see it.
type Sample struct {
	N        float64 // customers whose metric is known
	Yes      int64   // yes/no only
	Known    int64
	Mean     float64
	Variance float64 // a customer's; of a ratio, its part in the ratio's
}

// Meter reads one metric.
type Meter struct {
	Metric   metric.Metric
	Binary   bool               // yes/no
	Columns  []wire.ProbeColumn // what a probe must look up
	First    int                // place of Columns among those of the probe
	Clipped  bool               // some values lie outside of the columns' bounds
	Kurtosis float64            // of the metric on all customers, 3 where it is not known
	Signed   bool               // some values are negative
}

// NewMeter returns the reader of a metric whose values are spread so. Numbers
// are winsorised, ratios and yes/no metrics are not.
func NewMeter(m metric.Metric, spread *partial.Spread) *Meter {
	t := Plain(m)
	buckets := spread.Measures[m.Num]
	for b := range partial.BucketOf(0) {
		t.Signed = t.Signed || buckets[b] > 0
	}
	switch {
	case t.Binary:
	case m.Den >= 0:
		for b := range partial.BucketOf(0) {
			t.Signed = t.Signed || spread.Measures[m.Den][b] > 0
		}
	default:
		low, high, outside := clipAt(buckets)
		t.Columns[0].Low, t.Columns[0].High, t.Clipped = low, high, outside
		t.Kurtosis = kurtosis(buckets, low, high)
		t.Columns = append(t.Columns, Plain(m).Columns...)
	}
	return t
}

// Plain returns the reader of a metric whose values are taken as they are.
func Plain(m metric.Metric) *Meter {
	whole := wire.ProbeColumn{Measure: m.Num, Plus: -1, Low: math.MinInt64, High: math.MaxInt64}
	t := &Meter{Metric: m, Binary: m.Binary && m.Den < 0, Kurtosis: 3, Columns: []wire.ProbeColumn{whole}}
	if m.Den >= 0 {
		den, both := whole, whole
		den.Measure, both.Plus = m.Den, m.Den
		t.Columns = append(t.Columns, den, both)
	}
	return t
}

// Bounds are what winsorised values lie between, in the metric's unit; nil where
// there is no bound.
func (t *Meter) Bounds() (low, high *float64) {
	c := &t.Columns[0]
	unit := math.Pow10(-t.Metric.Digits)
	return Defined(float64(c.Low)*unit, c.Low != math.MinInt64), Defined(float64(c.High)*unit, c.High != math.MaxInt64)
}

// read reads group g of a probe of the meter's columns.
func (t *Meter) read(p *partial.ProbePart, g int) Exact {
	columns := p.Columns[t.First:]
	c := &columns[0]
	x := Exact{Known: c.Known[g], Sum: c.Sum.Big(g), Squares: c.Squares.Big(g)}
	if t.Metric.Den >= 0 {
		d := &columns[1]
		x.Den, x.DenSq, x.BothSq = d.Sum.Big(g), d.Squares.Big(g), columns[2].Squares.Big(g)
	} else if !t.Binary && len(columns) > 1 {
		x.Most = columns[1].High[g]
	}
	return x
}

// Counted reads a metric from counts. Squares are counted of yes/no metrics
// only: of others there is no Sample of what it returns.
func (t *Meter) Counted(v metric.Value) Exact {
	x := Exact{Known: v.Known, Sum: v.Num, Squares: v.Num}
	if v.Den != nil {
		x.Den, x.DenSq, x.BothSq = v.Den, new(big.Int), new(big.Int)
	}
	return x
}

// ValueOf returns sums as a metric's value.
func (t *Meter) ValueOf(x Exact) metric.Value {
	return metric.Value{Known: x.Known, Num: x.Sum, Den: x.Den}
}

// Sample returns mean and variance of exact sums.
func (t *Meter) Sample(x Exact) Sample {
	s := Sample{N: float64(x.Known), Known: x.Known, Mean: math.NaN(), Variance: math.NaN()}
	switch {
	case x.Known < 1:
	case t.Binary:
		s.Yes = x.Sum.Int64()
		s.Mean = float64(s.Yes) / s.N
		s.Variance = s.Mean * (1 - s.Mean)
	case t.Metric.Den >= 0:
		t.ratio(&s, x)
	default:
		s.Mean, _ = t.Metric.Mean(metric.Value{Known: x.Known, Num: x.Sum})
		if x.Known > 1 {
			s.Variance = metric.Variance(x.Known, x.Sum, x.Squares, t.Metric.Digits)
		}
	}
	return s
}

// ratio is the ratio of sums R = Σa/Σb with the variance that linearising it
// gives (Cochran, Sampling Techniques, 1977, 6.13): that of (a − R·b)/mean(b).
func (t *Meter) ratio(s *Sample, x Exact) {
	if x.Den.Sign() == 0 || x.Known < 2 {
		return
	}
	r := new(big.Rat).SetFrac(x.Sum, x.Den) // in units of the fixed points
	ab := new(big.Int).Sub(x.BothSq, x.Squares)
	ab.Sub(ab, x.DenSq) // 2Σab
	e := new(big.Rat).SetInt(x.Squares)
	e.Sub(e, new(big.Rat).Mul(r, new(big.Rat).SetInt(ab)))
	e.Add(e, new(big.Rat).Mul(new(big.Rat).Mul(r, r), new(big.Rat).SetInt(x.DenSq)))
	e.Quo(e, new(big.Rat).SetInt(new(big.Int).Mul(x.Den, x.Den)))
	e.Mul(e, big.NewRat(x.Known*x.Known, x.Known-1))
	unit := math.Pow10(t.Metric.DenDigits - t.Metric.Digits)
	variance, _ := e.Float64()
	mean, _ := r.Float64()
	s.Mean, s.Variance = mean*unit, variance*unit*unit
}

// Defined is nil where a figure does not exist.
func Defined(x float64, ok bool) *float64 {
	if !ok || math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// Rate are the sums of a yes/no metric: yes of n customers.
func Rate(yes, n int64) Exact {
	return Exact{Known: n, Sum: big.NewInt(yes), Squares: big.NewInt(yes)}
}
