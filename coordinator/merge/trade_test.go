package merge

import (
	"math"
	"testing"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// What a λ explains of metric and profile, computed customer by customer.
func TestTradeEqualsRowByRow(t *testing.T) {
	tab := bank(t)
	tab.metrics[0].Binary = true
	features := []int{14, 10, 7}
	r := run(t, tab, Config{Cross: features, K: 6, Lambda: 0.4})
	if len(r.R2.Lambdas) != 4 || r.R2.Lambdas[1].Lambda != 0.4 {
		t.Fatalf("the weights are %+v", r.R2.Lambdas)
	}
	if low, high := r.R2.Lambdas[0], r.R2.Lambdas[3]; low.Metric >= high.Metric || low.Profile <= high.Profile {
		t.Errorf("more weight for the metric does not tell it apart better at the profile's expense: %+v, %+v", low, high)
	}
	l := ledger{shards: tab, plan: &tab.plan, metrics: tab.metrics, known: map[string]*crossing{}, maxCells: 30000}
	totals, err := l.total(t.Context())
	if err == nil {
		err = l.count(t.Context(), [][]int{features})
	}
	if err != nil {
		t.Fatal(err)
	}
	c := l.get(features)
	var sum Trade
	for bit := range encoder.Folds {
		s := newSplit(totals, everyone(), bit)
		g := newGrid(c, s.train, &s.trained, tab.metrics, 0.75, 30)
		label := map[string]int{}
		for i, cluster := range g.spread(Cut(ward(t, g.points), len(g.points.Weight), 6)) {
			label[string(c.at(g.cells[i]))] = cluster
		}
		of := func(i int) int {
			var codes []byte
			for _, f := range c.features {
				codes = append(codes, tab.rows.Codes[f][i])
			}
			if l, ok := label[string(codes)]; ok {
				return l
			}
			return 6
		}
		var n, y [7]float64
		var share [7][3][256]float64
		var all, levels [3][256]float64
		var train, test, testY float64
		for i := range tab.rows.N {
			for j, f := range c.features {
				code := tab.rows.Codes[f][i]
				if tab.rows.Fold[i]>>bit&1 == 1 {
					all[j][code]++
				} else {
					share[of(i)][j][code]++
					levels[j][code]++
				}
			}
			if tab.rows.Fold[i]>>bit&1 == 1 {
				test, testY = test+1, testY+float64(tab.rows.Values[0][i])
			} else {
				n[of(i)]++
				y[of(i)] += float64(tab.rows.Values[0][i])
				train++
			}
		}
		overall := 0.0
		for l := range y {
			overall += y[l] / train
		}
		var residual, total, apart, spread float64
		for i := range tab.rows.N {
			if tab.rows.Fold[i]>>bit&1 == 0 {
				continue
			}
			cluster, value := of(i), float64(tab.rows.Values[0][i])
			guess := overall
			if n[cluster] > 0 {
				guess = y[cluster] / n[cluster]
			}
			residual += math.Pow(value-guess, 2)
			total += math.Pow(value-testY/test, 2)
			for j, f := range c.features {
				count := 0.0
				for _, x := range levels[j] {
					count += math.Min(x, 1)
				}
				for code, x := range levels[j] {
					if x == 0 {
						continue
					}
					is, p := 0.0, x/train
					if int(tab.rows.Codes[f][i]) == code {
						is = 1
					}
					if n[cluster] > 0 {
						p = share[cluster][j][code] / n[cluster]
					}
					apart += math.Pow(is-p, 2) / (count - 1) / (x / train)
					spread += math.Pow(is-all[j][code]/test, 2) / (count - 1) / (x / train)
				}
			}
		}
		sum.Metric += (1 - residual/total) / encoder.Folds
		sum.Profile += (1 - apart/spread) / encoder.Folds
	}
	got := r.R2.Lambdas[3]
	if math.Abs(got.Metric-sum.Metric) > 1e-9 || math.Abs(got.Profile-sum.Profile) > 1e-9 {
		t.Errorf("λ 0.75 explains %v and %v, row by row %v and %v", got.Metric, got.Profile, sum.Metric, sum.Profile)
	}
}
