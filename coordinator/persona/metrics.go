package persona

import (
	"math"
	"math/big"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/partial"
)

// z95 is the quantile of a two-sided 95 % interval.
const z95 = 1.959963984540054

// measured reads a metric of segment s; all is the entry of levels for all rows.
func measured(m metric.Metric, counts *partial.Segments, s int, levels *partial.Counts, all int) Metric {
	v := m.At(&counts.All, s)
	out := Metric{Name: m.Name, Known: v.Known}
	mean, ok := m.Mean(v)
	if !ok {
		return out
	}
	out.Mean = &mean
	if lift, ok := m.Lift(v, m.At(levels, all)); ok {
		out.Lift = &lift
	}
	switch {
	case m.Den >= 0: // the products of numerator and denominator are not counted
	case m.Binary:
		low, high := wilson(mean, float64(v.Known))
		out.Low, out.High = &low, &high
	case v.Known > 1:
		half := float64(z95 * math.Sqrt(variance(v.Known, v.Num, counts.Squares[m.Num].Big(s), m.Digits)/float64(v.Known)))
		low, high := mean-half, mean+half
		out.Low, out.High = &low, &high
	}
	return out
}

// wilson returns Wilson's interval of a rate.
func wilson(rate, n float64) (low, high float64) {
	const z2 = z95 * z95
	centre := (rate + z2/(2*n)) / (1 + z2/n)
	half := z95 / (1 + z2/n) * math.Sqrt(float64(rate*(1-rate))/n+z2/(4*n*n))
	return max(0, centre-half), min(1, centre+half)
}

// variance returns the sample variance from exact sums, rounded once; n > 1.
func variance(n int64, sum, squares *big.Int, digits int) float64 {
	rows := big.NewInt(n)
	spread := new(big.Int).Mul(rows, squares)
	spread.Sub(spread, new(big.Int).Mul(sum, sum))
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(2*digits)), nil)
	scale := new(big.Int).Mul(rows, big.NewInt(n-1))
	x, _ := new(big.Rat).SetFrac(spread, scale.Mul(scale, unit)).Float64()
	return x
}
