package merge

import (
	"context"
	"math/big"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// patterns is the number of fold patterns, on discovery and confirmation.
const patterns = 1 << encoder.SplitBits

// part is a set of rows, by fold pattern.
type part [patterns]bool

// everyone is all rows.
func everyone() (p part) {
	for f := range p {
		p[f] = true
	}
	return p
}

// within returns the rows of p whose fold bit is as given.
func (p part) within(bit int, set bool) part {
	for f := range p {
		p[f] = p[f] && f>>bit&1 == 1 == set
	}
	return p
}

// moments are what is known of a part's rows before any crossing.
type moments struct {
	n       int64
	metrics []moment
}

// moment is one metric over a part's rows. Of a ratio, a row's value is taken
// as mean + (num − mean·den)/(mean den), which has the ratio as its mean, and
// its spread as if num and den were independent: their products are not counted.
type moment struct {
	known    float64 // rows
	mean     float64 // 0 where nothing is known
	unit     float64 // mean den, 1 where the metric is no ratio
	variance float64 // over rows; 0 where the metric does not vary
}

// totals holds the sums from which the moments of any part follow.
type totals struct {
	cells   partial.Cells // of no feature: one key per fold pattern
	measure []measureUnit // metric → num, and den or -1
}

type measureUnit struct{ num, den, digits, denDigits int }

// total counts the sums over all rows by fold pattern.
func (l *ledger) total(ctx context.Context) (*totals, error) {
	merged, err := l.fetch(ctx, wire.CellsParams{Crossings: [][]int{{}}, Folds: true, Squares: true, Limit: 1})
	if err != nil {
		return nil, err
	}
	return &totals{cells: merged[0], measure: measureUnits(l.metrics)}, nil
}

func measureUnits(metrics []metric.Metric) []measureUnit {
	var out []measureUnit
	for _, m := range metrics {
		out = append(out, measureUnit{m.Num, m.Den, m.Digits, m.DenDigits})
	}
	return out
}

// of returns the moments of a part.
func (t *totals) of(p part) moments {
	var out moments
	for i, key := range t.cells.Key {
		if p[key] {
			out.n += t.cells.Counts.N[i]
		}
	}
	for _, m := range t.measure {
		known, mean, variance := t.measureOf(p, m.num, m.digits)
		a := moment{known: known, mean: mean, unit: 1, variance: variance}
		if m.den >= 0 {
			_, denMean, denVariance := t.measureOf(p, m.den, m.denDigits)
			a = moment{known: known}
			if denMean != 0 {
				a.unit, a.mean = denMean, mean/denMean
				a.variance = (variance + float64(float64(a.mean*a.mean)*denVariance)) / float64(denMean*denMean)
			}
		}
		out.metrics = append(out.metrics, a)
	}
	return out
}

// measureOf returns rows, mean and variance of one measure, each rounded once.
func (t *totals) measureOf(p part, m, digits int) (known, mean, variance float64) {
	var n int64
	sum, squares := new(big.Int), new(big.Int)
	for i, key := range t.cells.Key {
		if !p[key] {
			continue
		}
		a := &t.cells.Counts.Measures[m]
		if a.Known != nil {
			n += a.Known[i]
		} else {
			n += t.cells.Counts.N[i]
		}
		sum.Add(sum, a.Sum.Big(i))
		squares.Add(squares, t.cells.Squares[m].Big(i))
	}
	if n == 0 {
		return 0, 0, 0
	}
	rows, unit := big.NewInt(n), power10(digits)
	mean = ratio(sum, new(big.Int).Mul(rows, unit))
	spread := new(big.Int).Mul(rows, squares)
	spread.Sub(spread, new(big.Int).Mul(sum, sum))
	scale := new(big.Int).Mul(rows, unit)
	variance = ratio(spread, scale.Mul(scale, scale))
	return float64(n), mean, variance
}

func ratio(a, b *big.Int) float64 {
	f, _ := new(big.Rat).SetFrac(a, b).Float64()
	return f
}

func power10(digits int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
}

// scaled returns the i-th sum in units of 10^digits, whatever the way in which
// the sum is split into its halves.
func scaled(s partial.Sums, i, digits int) float64 {
	hi, lo := s.Hi[i]+s.Lo[i]>>32, s.Lo[i]&0xffffffff
	x := float64(float64(hi)*(1<<32)) + float64(lo)
	unit := 1.0
	for range digits {
		unit *= 10
	}
	return x / unit
}
