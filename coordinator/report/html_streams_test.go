package report

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/metric"
)

// At every K the streams at the cut are the clusters of the merging, in size
// and mean, and all streams before it flow into them.
func TestStreamsAreTheClustersOfEveryCut(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, points := range []int{1, 2, 3, 31, 32, 33, 200} {
		f := findings(10000)
		f.measure(metric.Metric{Name: "y"}, 100)
		result := &merge.Result{Crossed: []int{0, 2}}
		p := merge.Points{Dim: 2}
		for range points {
			n := 1 + r.Int64N(500)
			p.X, p.Weight = append(p.X, r.Float64(), r.Float64()), append(p.Weight, n)
			result.Points = append(result.Points, merge.Point{Codes: []int{r.IntN(4), r.IntN(4)}, N: n, Known: []float64{float64(n)}, Above: []float64{r.NormFloat64() * float64(n)}})
		}
		var err error
		if result.Merges, err = merge.Ward(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		list := streams(result, f.Overall.Features)
		lay(list, 100, 1)
		for k := 1; k <= min(points, mostStreams); k++ {
			n, above := make([]int64, k), make([]float64, k)
			for i, c := range merge.Cut(result.Merges, points, k) {
				n[c] += result.Points[i].N
				above[c] += result.Points[i].Above[0]
			}
			cut := atCut(list, k)
			for i, c := range cut {
				if c == i {
					s := &list[i]
					at := slices.Index(n, s.n)
					if at < 0 || math.Abs(above[at]-s.above[0]) > 1e-6 && slices.Index(n[at+1:], s.n) < 0 {
						t.Fatalf("%d points, K = %d: a stream of %d customers is no cluster", points, k, s.n)
					}
					n[at] = -1
				}
				if c < 0 && list[i].born >= k {
					t.Fatalf("%d points, K = %d: stream %d is beyond the cut", points, k, i)
				}
			}
			if slices.Max(n) >= 0 {
				t.Fatalf("%d points, K = %d: clusters without a stream: %v", points, k, n)
			}
			for _, shade := range shades(list, k) {
				if shade < -1 || shade > 2*middle {
					t.Fatalf("shade %d", shade)
				}
			}
		}
		// The springs lie one below the other and none over another.
		var springs []stream
		for _, s := range list {
			if s.children[0] < 0 {
				springs = append(springs, s)
			}
		}
		slices.SortFunc(springs, func(a, b stream) int { return int(math.Copysign(1, a.y-b.y)) })
		for i := 1; i < len(springs); i++ {
			if springs[i].y < springs[i-1].y+springs[i-1].height {
				t.Fatalf("%d points: springs lie over each other", points)
			}
		}
	}
}
