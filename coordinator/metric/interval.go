package metric

import (
	"math"
	"math/big"
)

// z95 is the normal quantile of a two-sided 95 % interval.
const z95 = 1.959963984540054

// Interval returns a 95 % interval of the group's mean: Wilson's of a yes/no
// metric; of a number the normal one, for which squares is the exact Σx² of
// the measure m.Num (× 10^2·Digits). ok is false for ratios, whose products of
// numerator and denominator are not counted, and where nothing is known.
func (m Metric) Interval(v Value, squares *big.Int) (low, high float64, ok bool) {
	mean, ok := m.Mean(v)
	switch {
	case !ok || m.Den >= 0:
		return math.NaN(), math.NaN(), false
	case m.Binary:
		low, high = wilson(mean, float64(v.Known))
		return low, high, true
	case v.Known > 1:
		half := float64(z95 * math.Sqrt(Variance(v.Known, v.Num, squares, m.Digits)/float64(v.Known)))
		return mean - half, mean + half, true
	}
	return math.NaN(), math.NaN(), false
}

// wilson returns Wilson's interval of a rate.
func wilson(rate, n float64) (low, high float64) {
	const z2 = z95 * z95
	centre := (rate + z2/(2*n)) / (1 + z2/n)
	half := z95 / (1 + z2/n) * math.Sqrt(float64(rate*(1-rate))/n+z2/(4*n*n))
	return max(0, centre-half), min(1, centre+half)
}

// Variance returns the sample variance of n > 1 values from their exact sum (×
// 10^digits) and Σx² (× 10^2·digits), rounded once.
func Variance(n int64, sum, squares *big.Int, digits int) float64 {
	rows := big.NewInt(n)
	spread := new(big.Int).Mul(rows, squares)
	spread.Sub(spread, new(big.Int).Mul(sum, sum))
	scale := new(big.Int).Mul(rows, big.NewInt(n-1))
	x, _ := new(big.Rat).SetFrac(spread, scale.Mul(scale, power10(2*digits))).Float64()
	return x
}
