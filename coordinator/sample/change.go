package sample

import "math"

// Pair is a metric on two sides, as before and after, of the same kind of
// customers.
type Pair struct{ A, B Sample }

// Change returns by how much the mean differs, B − A; NaN where one is unknown.
func (p Pair) Change() float64 { return p.B.Mean - p.A.Mean }

// CompareChanges tests whether a metric changed otherwise on one set of
// customers than on another: the two-sided p-value, 1 where nothing can be
// said. Positive z: x changed upward from y; z is the normal deviate of p.
//
// The variance of the four means adds up; nothing is pooled but what guards
// against samples that show too little of it. Rates: the variance is that with
// one yes and one no added to each sample, which keeps rare events honest
// (Agresti and Caffo, American Statistician 2000). Numbers: see compareMeans;
// the pooled variance is that of each side.
func (t *Meter) CompareChanges(x, y Pair) (z, p float64) {
	least := math.Inf(1)
	for _, s := range []Sample{x.A, x.B, y.A, y.B} {
		if s.Known < 2 {
			return 0, 1
		}
		least = min(least, s.N)
	}
	d := x.Change() - y.Change()
	if t.Binary {
		se := math.Sqrt(rateVariance(x.A) + rateVariance(x.B) + rateVariance(y.A) + rateVariance(y.B))
		p = 2 * normalTail(math.Abs(d)/se)
	} else {
		a, b := meanVariances(x.A, y.A), meanVariances(x.B, y.B)
		se := math.Sqrt(max(a.welch+b.welch, a.pooled+b.pooled))
		p = 2 * studentTail(math.Abs(d)/se, t.freedom(least))
	}
	if math.IsNaN(p) {
		return 0, 1
	}
	p = min(p, 1)
	z = deviate(p)
	if d < 0 {
		z = -z
	}
	return z, p
}

// rateVariance is the variance of a rate with one yes and one no added.
func rateVariance(s Sample) float64 {
	n := s.N + 2
	rate := float64(s.Yes+1) / n
	return rate * (1 - rate) / n
}

// ChangeInterval returns the 95 % interval of a change from those of its two
// means, whose distances are added as squares (Newcombe, Statistics in
// Medicine 1998; Zou and Donner, Statistics in Medicine 2008). a and b are the
// sums that p was made of.
func (t *Meter) ChangeInterval(a, b Exact, p Pair) (low, high float64, ok bool) {
	lowA, highA, ok1 := t.Interval(a, p.A)
	lowB, highB, ok2 := t.Interval(b, p.B)
	d := p.Change()
	low = d - hypotenuse(p.B.Mean-lowB, highA-p.A.Mean)
	high = d + hypotenuse(highB-p.B.Mean, p.A.Mean-lowA)
	return low, high, ok1 && ok2
}

// hypotenuse is math.Hypot in the same bits on every processor.
func hypotenuse(x, y float64) float64 { return math.Sqrt(float64(x*x) + float64(y*y)) }
