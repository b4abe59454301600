package merge

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// Trade is what merging with some λ gives and takes: more weight for the metric
// makes segments that tell it apart better, and customers less alike.
type Trade struct {
	Lambda  float64 `json:"lambda"`
	Metric  float64 `json:"metric"`  // held-out R² of the metrics, meaned over them
	Profile float64 `json:"profile"` // held-out R² of the crossed features' levels, weighed as in merging
}

// lambdas are the weights that are always compared.
var lambdas = []float64{0.25, 0.5, 0.75}

// tradedPoints bounds what is merged once more for every λ and split: a quarter
// of a second each.
const tradedPoints = 3000

// trade compares weights λ on the splits: with the features and the number of
// segments that each split has settled on, its training cells are merged with
// every λ, and the clusters, not put into rules yet, are checked on its test
// rows. Where no feature predicts the metric there is nothing to weigh.
func (r *runner) trade(ctx context.Context) error {
	if !r.result.Predicts {
		return nil
	}
	for _, f := range r.nested.fits {
		if f != nil && len(f.g.points.Weight) > tradedPoints {
			r.note("Other weights λ of the metric were not compared: there are too many cells to merge them for each.")
			return nil
		}
	}
	weights := slices.Clone(lambdas)
	if at, found := slices.BinarySearch(weights, r.result.Lambda); !found {
		weights = slices.Insert(weights, at, r.result.Lambda)
	}
	trades := make([]Trade, len(weights)*encoder.Folds)
	errs := make([]error, len(trades))
	inParallel(len(trades), func(i int) {
		split := i % encoder.Folds
		t, s := &trades[i], &r.nested.splits[split]
		if f := r.nested.fits[split]; f != nil {
			t.Metric, t.Profile, errs[i] = s.weighed(ctx, f, r.metrics, weights[i/encoder.Folds], r.c.MinCell)
		} else {
			t.Metric = s.unsegmented()
		}
	})
	for i, lambda := range weights {
		sum := Trade{Lambda: lambda}
		for _, t := range trades[i*encoder.Folds : (i+1)*encoder.Folds] {
			sum.Metric += t.Metric / encoder.Folds
			sum.Profile += t.Profile / encoder.Folds
		}
		r.result.R2.Lambdas = append(r.result.R2.Lambdas, sum)
	}
	return errors.Join(errs...)
}

// weighed merges the cells of a split's training rows with some λ, into as many
// clusters as f has, and returns the R² on the test rows.
func (s *split) weighed(ctx context.Context, f *fit, metrics []metric.Metric, lambda float64, minCell int64) (ofMetric, ofProfile float64, err error) {
	g := newGrid(f.g.c, s.train, &s.trained, metrics, lambda, minCell)
	merges, err := Ward(ctx, g.points)
	if err != nil {
		return 0, 0, err
	}
	n := len(g.points.Weight)
	k := min(f.k, n)
	cluster := g.everywhere(g.spread(Cut(merges, n, k)), k)
	checked := s.check(g, g.c.over(s.test, &s.trained), cluster, k)
	return checked.Metric, checked.Profile, nil
}

// profileExplained returns the R² on other rows of predicting the levels of the
// crossed features by their shares in the row's cluster, or where it has none,
// among all. A feature counts 1/(levels − 1), and a level one over its share
// among all, whatever λ is: rare levels weigh as in merging.
func (g *grid) profileExplained(test *view, cluster []int, k int) float64 {
	var left, all float64
	for j := range g.c.features {
		shares, rows := make([][256]float64, k+1), make([][256]float64, k+1)
		own, other := make([]float64, k+1), make([]float64, k+1)
		for cell, l := range cluster {
			code := g.c.at(cell)[j]
			shares[l][code] += float64(g.v.n[cell])
			own[l] += float64(g.v.n[cell])
			rows[l][code] += float64(test.n[cell])
			other[l] += float64(test.n[cell])
		}
		var total, seen [256]float64 // of training and of test rows
		levels, tested := 0.0, 0.0
		for l := range shares {
			tested += other[l]
			for code := range total {
				total[code] += shares[l][code]
				seen[code] += rows[l][code]
			}
		}
		for _, n := range total {
			levels += math.Min(n, 1)
		}
		if levels < 2 || tested == 0 {
			continue
		}
		for code, n := range total {
			if n == 0 {
				continue
			}
			weight := float64(g.m.n) / n / (levels - 1)
			p := seen[code] / tested
			all += float64(weight * float64(tested*p*(1-p)))
			for l := range shares {
				p := n / float64(g.m.n)
				if own[l] > 0 {
					p = shares[l][code] / own[l]
				}
				yes := rows[l][code]
				left += float64(weight * (float64(yes*float64((1-p)*(1-p))) + float64((other[l]-yes)*float64(p*p))))
			}
		}
	}
	if all == 0 {
		return 0
	}
	return 1 - left/all
}
