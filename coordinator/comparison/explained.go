package comparison

import (
	"math"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// foldSets is how many combinations a row's fold bits have.
const foldSets = 1 << encoder.Folds

// tally counts the rows of a segmentation by segment and fold bits. Sums are
// floating point: they are added in the order of the table, by one goroutine.
type tally struct {
	plan   *encoder.Plan
	codes  int         // of all features
	n      []float64   // segment·foldSets + fold
	known  [][]float64 // measure → the same
	sum    [][]float64
	square [][]float64
	levels []float64 // (segment·foldSets + fold)·codes + code
}

func newTally(plan *encoder.Plan, segments int) *tally {
	offsets := encoder.Offsets(plan.Features)
	t := &tally{plan: plan, codes: offsets[len(plan.Features)], n: make([]float64, segments*foldSets)}
	t.levels = make([]float64, len(t.n)*t.codes)
	for range plan.Measures {
		t.known = append(t.known, make([]float64, len(t.n)))
		t.sum = append(t.sum, make([]float64, len(t.n)))
		t.square = append(t.square, make([]float64, len(t.n)))
	}
	return t
}

// add counts encoded rows, of which the i-th is in segment[i].
func (t *tally) add(rows *encoder.Rows, segment []int32) {
	for i, s := range segment {
		at := int(s)*foldSets + int(rows.Fold[i])
		t.n[at]++
		for m := range t.known {
			if rows.Known[m][i] {
				x := float64(rows.Values[m][i])
				t.known[m][at]++
				t.sum[m][at] += x
				t.square[m][at] += float64(x * x)
			}
		}
		base := at * t.codes
		for f, codes := range rows.Codes {
			t.levels[base+int(codes[i])]++
			base += t.plan.Features[f].Codes()
		}
	}
}

// R2 is a share of variance explained on customers that the means were not
// taken from: mean over five splits by hash, 70 % for the means and 30 % to
// judge them.
type R2 struct {
	Mean  float64 `json:"mean"`
	Error float64 `json:"error"` // standard error over the splits
}

func meanOf(x []float64) R2 {
	sum, squares := 0.0, 0.0
	for _, v := range x {
		sum += v
	}
	mean := sum / float64(len(x))
	for _, v := range x {
		squares += float64((v - mean) * (v - mean))
	}
	return R2{mean, math.Sqrt(squares / float64(len(x)*(len(x)-1)))}
}

// metric returns the share of a metric's variance that the segments explain;
// ok is false for ratios, which have no value a customer.
func (t *tally) metric(m metric.Metric) (r R2, ok bool) {
	if m.Den >= 0 {
		return r, false
	}
	var splits []float64
	for bit := range encoder.Folds {
		splits = append(splits, t.split(bit, t.known[m.Num], t.sum[m.Num], t.square[m.Num], 1, 0))
	}
	return meanOf(splits), true
}

// profile returns the share of the features' variance that the segments
// explain: of each the Gini variance of its levels, and the mean over features.
func (t *tally) profile() R2 {
	splits := make([]float64, encoder.Folds)
	for bit := range splits {
		at := 0
		for f := range t.plan.Features {
			codes := t.plan.Features[f].Codes()
			within, total := 0.0, 0.0
			for c := at; c < at+codes; c++ { // the variance of a level's indicator
				w, v := t.residual(bit, t.n, t.levels, t.levels, t.codes, c)
				within, total = within+w, total+v
			}
			if total > 0 {
				splits[bit] += (1 - within/total) / float64(len(t.plan.Features))
			}
			at += codes
		}
	}
	return meanOf(splits)
}

// split returns R² on the rows with a fold bit, of means over those without.
func (t *tally) split(bit int, known, sum, square []float64, stride, offset int) float64 {
	within, total := t.residual(bit, known, sum, square, stride, offset)
	if total <= 0 {
		return 0
	}
	return 1 - within/total
}

// residual returns the sums of squares on the rows with a fold bit about their
// segments' means over the rows without it, and about the mean of themselves.
// Entry i of sum and square is at i·stride + offset.
func (t *tally) residual(bit int, known, sum, square []float64, stride, offset int) (within, total float64) {
	var n, s, q float64
	var trained, trainedSum float64
	for i := range known {
		if i>>bit&1 == 0 {
			trained += known[i]
			trainedSum += sum[i*stride+offset]
		}
	}
	for segment := 0; segment < len(known); segment += foldSets {
		var a, as, b, bs, bq float64
		for i := segment; i < segment+foldSets; i++ {
			if i>>bit&1 == 0 {
				a += known[i]
				as += sum[i*stride+offset]
			} else {
				b += known[i]
				bs += sum[i*stride+offset]
				bq += square[i*stride+offset]
			}
		}
		mean := 0.0
		switch {
		case a > 0:
			mean = as / a
		case trained > 0: // nobody to learn from
			mean = trainedSum / trained
		}
		within += bq - float64(2*mean*bs) + float64(b*float64(mean*mean))
		n, s, q = n+b, s+bs, q+bq
	}
	if n == 0 {
		return 0, 0
	}
	return within, q - float64(s*s)/n
}
