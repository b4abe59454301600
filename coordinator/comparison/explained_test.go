package comparison

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// TestExplainedAgainstRows computes both figures row by row.
func TestExplainedAgainstRows(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const n, segments = 2000, 5
	plan := &encoder.Plan{
		Features: []encoder.Feature{{Name: "f", Levels: make([]encoder.Level, 3)}, {Name: "g", Levels: make([]encoder.Level, 1)}},
		Measures: []encoder.Measure{{Name: "m"}},
	}
	rows := &encoder.Rows{N: n, Codes: [][]uint8{make([]uint8, n), make([]uint8, n)}, Values: [][]int64{make([]int64, n)}, Known: [][]bool{make([]bool, n)}, Fold: make([]uint8, n)}
	segment := make([]int32, n)
	for i := range n {
		segment[i] = int32(r.IntN(segments))
		rows.Codes[0][i] = uint8((int(segment[i]) + r.IntN(2)) % 4)
		rows.Codes[1][i] = uint8(r.IntN(2))
		rows.Values[0][i], rows.Known[0][i] = int64(segment[i])*10+r.Int64N(30), r.IntN(5) > 0
		rows.Fold[i] = encoder.FoldBits(r.Uint64())
	}
	tally := newTally(plan, segments)
	tally.add(rows, segment)

	// heldOut is R² of values that some rows have, for one bit.
	residuals := func(bit int, has func(i int) bool, x func(i int) float64) (within, total float64) {
		var sum, count [segments]float64
		var test, mean float64
		for i := range n {
			switch test1 := rows.Fold[i]>>bit&1 == 1; {
			case !has(i):
			case test1:
				test++
				mean += x(i)
			default:
				sum[segment[i]] += x(i)
				count[segment[i]]++
			}
		}
		mean /= test
		for i := range n {
			if has(i) && rows.Fold[i]>>bit&1 == 1 {
				d := x(i) - sum[segment[i]]/count[segment[i]]
				within += d * d
				total += (x(i) - mean) * (x(i) - mean)
			}
		}
		return within, total
	}
	var metricR2, profileR2 float64
	for bit := range encoder.Folds {
		within, total := residuals(bit, func(i int) bool { return rows.Known[0][i] }, func(i int) float64 { return float64(rows.Values[0][i]) })
		metricR2 += (1 - within/total) / encoder.Folds
		for f, codes := range []int{4, 2} {
			within, total := 0.0, 0.0
			for c := range codes {
				w, v := residuals(bit, func(int) bool { return true }, func(i int) float64 {
					if int(rows.Codes[f][i]) == c {
						return 1
					}
					return 0
				})
				within, total = within+w, total+v
			}
			profileR2 += (1 - within/total) / 2 / encoder.Folds
		}
	}
	got, ok := tally.metric(metric.Metric{Name: "m", Den: -1})
	if !ok || math.Abs(got.Mean-metricR2) > 1e-9 {
		t.Errorf("metric: %v, by rows %v", got.Mean, metricR2)
	}
	if got := tally.profile(); math.Abs(got.Mean-profileR2) > 1e-9 {
		t.Errorf("profile: %v, by rows %v", got.Mean, profileR2)
	}
	if _, ok := tally.metric(metric.Metric{Den: 0}); ok {
		t.Error("a ratio has a share of variance")
	}
}
