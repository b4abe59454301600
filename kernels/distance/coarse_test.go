package distance

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// coarseScores returns the scores of a coarse copy's row, the plain way.
func (p *table) coarseScores(s *scoring[int32], i int) []int64 {
	q, scores := p.rows.coarse, make([]int64, s.k)
	for j := range scores {
		scores[j] = int64(s.bias[j])
		for pair := range s.terms {
			x, slope := q.panels[(i/Lanes*s.terms+pair)*Lanes+i%Lanes], s.slopes[j*s.terms+pair]
			scores[j] += int64(int16(x))*int64(int16(slope)) + int64(x>>16)*int64(slope>>16)
		}
		for g, cat := range p.space.Categories {
			scores[j] += int64(s.tables[g][j*cat.Levels+int(p.rows.Codes[g][i])])
		}
	}
	return scores
}

func TestCoarseScan(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		if !coarseScans() {
			t.Skip("no coarse copies on this path")
		}
		r := rand.New(rand.NewPCG(13, 14))
		for round := range 60 {
			_, d, categories, k := shapes(r)
			p := draw(t, r, tileRows, max(d, 1), categories, k, 1, round%2 == 0)
			g := p.rows.coarse.grid
			cc := p.steps[0].on(g)
			if cc == nil {
				continue // all in one place
			}
			slopes, biases := p.steps[0].about(g)
			whole, _ := p.steps[0].whole(g, slopes, biases, float64(cc.unit))
			codes := slices.Concat(p.rows.Codes...)
			got := unscored[float32](-7)
			cc.scan(&got, p.rows.coarse.panels, codes)
			for i := range tileRows {
				scores := p.coarseScores(&whole, i)
				best, second := int64(math.MaxInt32), int64(math.MaxInt32)
				nearest := 0
				for j, s := range scores {
					if s != int64(int32(s)) {
						t.Fatalf("round %d: score %d is beyond 32 bits", round, s)
					}
					if s < best {
						best, second, nearest = s, best, j
					} else {
						second = min(second, s)
					}
				}
				if got.best[i] != float32(best)*cc.unit || got.second[i] != float32(second)*cc.unit || int(got.nearest[i]) != nearest {
					t.Fatalf("round %d (%d dense, %d categories, %d centroids), row %d: %v, %v of %d, want %v, %v of %d", round, d, categories, k, i,
						got.best[i], got.second[i], got.nearest[i], float32(best)*cc.unit, float32(second)*cc.unit, nearest)
				}
			}
		}
	})
}

// What a score of the copy differs by from the true one, less what all scores of
// a row have in common, stays within half the bound.
func TestCoarseBoundIsRigorous(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		if !coarseScans() {
			t.Skip("no coarse copies on this path")
		}
		r := rand.New(rand.NewPCG(15, 16))
		largest := 0.0
		for round := range 40 {
			_, d, categories, k := shapes(r)
			p := draw(t, r, tileRows, max(d, 1), min(categories, 2), min(k, 6), 1, round%2 == 0)
			c, g := p.steps[0], p.rows.coarse.grid
			cc := c.on(g)
			if cc == nil {
				continue // all in one place
			}
			slopes, biases := c.about(g)
			unit, bound := float64(cc.unit), float64(cc.bounds.floor)
			whole, _ := c.whole(g, slopes, biases, unit)
			for i := range tileRows {
				scores := p.coarseScores(&whole, i)
				truth, _ := p.exact(c, i, 0).Float64()
				for j := range scores {
					// Distances differ as scores do.
					exact, _ := p.exact(c, i, j).Float64()
					wrong := math.Abs(float64(scores[j]-scores[0])*unit - (exact - truth))
					if wrong > bound {
						t.Fatalf("round %d, row %d: the scores of %d and 0 are wrong by %v, the bound is %v", round, i, j, wrong, bound)
					}
					largest = max(largest, wrong/bound)
				}
			}
		}
		if largest < 0.02 {
			t.Errorf("scores are wrong by %.3f of the bound at most: it says nothing", largest)
		}
	})
}

// Standardised rows are nearly all decided by their copies; rows among which some
// are very far are given up, and end where exact ones do.
func TestCoarseCopiesPay(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		if !coarseScans() {
			t.Skip("no coarse copies on this path")
		}
		const rows, d, k = 4096, 20, 12
		space, data, c := noise(t, rows, d, k)
		fit := space.NewFit(data)
		fit.scratch, fit.onlyNearest = c.borrow(data), true
		for row := 0; row < rows; row += tileRows {
			fit.whole(c.on(data.coarse.grid), row)
		}
		if fit.open > rows/50 {
			t.Errorf("%d of %d rows were left open", fit.open, rows)
		}
		fit = space.NewFit(data)
		if fit.Step(c); fit.exactly {
			t.Error("coarse copies were given up")
		}
		small := make([]int32, rows)
		for f := range d {
			for i := range small {
				small[i] = data.Value(i, f) >> 16
			}
			small[5] = MaxValue
			data.Set(f, 0, small)
		}
		if err := space.Check(data); err != nil {
			t.Fatal(err)
		}
		space.Coarsen([]*Rows{data})
		centers := make([]float64, k*d)
		for j := range k {
			for f := range d {
				centers[j*d+f] = float64(data.Value(j+6, f))
			}
		}
		far, err := space.NewCentroids(k, centers, nil)
		if err != nil {
			t.Fatal(err)
		}
		fit = space.NewFit(data)
		if fit.Step(far); !fit.exactly {
			t.Error("coarse copies that decide nothing were not given up")
		}
		for i, got := range fit.Nearest {
			if want := far.decide(data, i); int(got) != want {
				t.Fatalf("row %d goes to %d, want %d", i, got, want)
			}
		}
	})
}

func TestScoresOfFourAreThoseOfOne(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	for range 20 {
		n, d, categories, _ := shapes(r)
		p := draw(t, r, n, d, categories, 7, 1, false)
		for i := range n {
			for j := range 4 {
				if got := p.steps[0].scores(p.rows, i, j); got[0] != p.steps[0].score(p.rows, i, j) || got[3] != p.steps[0].score(p.rows, i, j+3) {
					t.Fatalf("row %d, centroids from %d: %v", i, j, got)
				}
			}
		}
	}
}
