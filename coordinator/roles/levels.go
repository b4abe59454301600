package roles

import (
	"cmp"
	"math/big"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// Sums are exact sums of a metric over some customers.
type Sums struct {
	N       int64
	Value   metric.Value
	Squares *big.Int // Σx² × 10^2·Digits; nil = not known: no interval of a number
}

// Table lists the levels of a feature that enough customers have, the highest
// mean first, ties by code. At returns the sums over the customers of a code,
// all the metric over all customers.
func Table(m metric.Metric, f *encoder.Feature, all metric.Value, at func(code int) Sums) []Level {
	levels := []Level{}
	for code := range f.Codes() {
		s := at(code)
		if s.Value.Known < Fewest {
			continue
		}
		mean, ok := m.Mean(s.Value)
		if !ok {
			continue
		}
		l := Level{Code: code, Level: f.LevelName(code), N: s.N, Known: s.Value.Known, Mean: &mean}
		if lift, ok := m.Lift(s.Value, all); ok {
			l.Lift = &lift
		}
		if s.Squares != nil || m.Binary {
			if low, high, ok := m.Interval(s.Value, s.Squares); ok {
				l.Low, l.High = &low, &high
			}
		}
		levels = append(levels, l)
	}
	slices.SortStableFunc(levels, func(a, b Level) int { return cmp.Compare(*b.Mean, *a.Mean) })
	return levels
}

// z95 is the normal quantile that the intervals of numbers are made with.
const z95 = 1.959963984540054

// Differ returns the p-value of levels that do not differ but by chance: of a
// yes/no metric by the χ² test of homogeneity, of a number by the same of means
// that each have a variance of their own (Cochran's Q). The intervals of the
// first and the last level say less: these are the extremes of several. ok is
// false of ratios, and where there are fewer than two levels that vary.
func Differ(m metric.Metric, levels []Level) (p float64, ok bool) {
	var weights, means []float64
	for i := range levels {
		l := &levels[i]
		if l.Low == nil || l.High == nil {
			return 0, false
		}
		w := float64(l.Known)
		if !m.Binary {
			half := (*l.High - *l.Low) / (2 * z95)
			if !(half > 0) {
				continue
			}
			w = 1 / float64(half*half)
		}
		weights, means = append(weights, w), append(means, *l.Mean)
	}
	if len(weights) < 2 {
		return 0, false
	}
	mean := stat.Mean(means, weights)
	q := 0.0
	for i, w := range weights {
		q += float64(w * float64((means[i]-mean)*(means[i]-mean)))
	}
	if m.Binary {
		if !(mean > 0 && mean < 1) {
			return 0, false
		}
		q /= float64(mean * (1 - mean))
	}
	return distuv.ChiSquared{K: float64(len(weights) - 1)}.Survival(q), true
}
