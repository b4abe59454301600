package distance

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// table is a random problem: rows and the centroids of a few steps.
type table struct {
	space *Space
	rows  *Rows
	steps []*Centroids
}

// draw makes n rows around k centers, with few distinct values where coarse, so
// that rows lie halfway between centroids.
func draw(t testing.TB, r *rand.Rand, n, d, categories, k, steps int, coarse bool) table {
	t.Helper()
	s := &Space{}
	for range d {
		s.Weights = append(s.Weights, math.Exp(r.NormFloat64()*4))
		if coarse {
			s.Weights[len(s.Weights)-1] = 1
		}
	}
	for range categories {
		s.Categories = append(s.Categories, Category{Levels: 1 + r.IntN(70), Weight: 1 + r.Float64()})
	}
	rows := s.NewRows(n)
	spread := 1 << r.IntN(20)
	if coarse {
		spread = 3
	}
	for f := range d {
		values := make([]int32, n)
		for i := range values {
			values[i] = int32(r.IntN(2*spread+1) - spread)
			if !coarse && r.IntN(50) == 0 {
				values[i] = MaxValue - int32(r.IntN(2*MaxValue)) // an outlier
			}
		}
		rows.Set(f, 0, values)
	}
	for g, c := range s.Categories {
		rows.Codes[g] = make([]uint8, n)
		for i := range n {
			rows.Codes[g][i] = uint8(r.IntN(c.Levels))
		}
	}
	if err := s.Check(rows); err != nil {
		t.Fatal(err)
	}
	s.Coarsen([]*Rows{rows})
	result := table{space: s, rows: rows}
	centers := make([]float64, k*d)
	for i := range centers {
		centers[i] = float64(r.IntN(2*spread+1) - spread)
	}
	shares := make([][]float64, categories)
	for g, c := range s.Categories {
		for range k * c.Levels {
			shares[g] = append(shares[g], float64(r.IntN(5))/4)
		}
	}
	for step := range steps {
		centers = slices.Clone(centers)
		for i := range centers {
			if !coarse {
				centers[i] += r.NormFloat64() * float64(spread) / math.Pow(4, float64(step+1))
			} else if r.IntN(8) == 0 {
				centers[i] = math.Round(2*r.NormFloat64()) / 2
			}
		}
		c, err := s.NewCentroids(k, centers, shares)
		if err != nil {
			t.Fatal(err)
		}
		result.steps = append(result.steps, c)
	}
	return result
}

// shapes are sizes around the edges of panels, tiles and vectors.
func shapes(r *rand.Rand) (n, d, categories, k int) {
	n, d = []int{0, 1, 15, 16, 17, 63, 64, 65, 100, 127, 129, 300}[r.IntN(12)], r.IntN(40)
	categories, k = r.IntN(4), 1+r.IntN(30)
	if d == 0 && categories == 0 {
		d = 1
	}
	return n, d, categories, k
}

func TestStepDecidesAsFloat64(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for round := range 150 {
			n, d, categories, k := shapes(r)
			p := draw(t, r, n, d, categories, k, 5, round%2 == 0)
			fit := p.space.NewFit(p.rows)
			for step, c := range p.steps {
				before := slices.Clone(fit.Nearest)
				changed := fit.Step(c)
				alone := make([]uint16, n)
				if c.Nearest(alone, p.rows); !slices.Equal(alone, fit.Nearest) {
					t.Fatalf("round %d, step %d: nearest alone differ", round, step)
				}
				for i, got := range fit.Nearest {
					if want := c.decide(p.rows, i); int(got) != want {
						t.Fatalf("round %d (%d rows, %d dense, %d categories, %d centroids), step %d: row %d goes to %d, want %d",
							round, n, d, categories, k, step, i, got, want)
					}
					if before[i] != got {
						changed--
					}
				}
				if changed != 0 {
					t.Fatalf("round %d, step %d: changes told are %d too many", round, step, changed)
				}
				want := p.sumsOf(fit.Nearest, k)
				if !slices.Equal(fit.Sums.Counts, want.Counts) || !slices.Equal(fit.Sums.Dense, want.Dense) {
					t.Fatalf("round %d, step %d: sums differ from those of the assignment", round, step)
				}
				for g := range want.Levels {
					if !slices.Equal(fit.Sums.Levels[g], want.Levels[g]) {
						t.Fatalf("round %d, step %d: levels of category %d differ from those of the assignment", round, step, g)
					}
				}
			}
		}
	})
}

// sumsOf adds up the plain way.
func (p *table) sumsOf(nearest []uint16, k int) Sums {
	d := len(p.space.Weights)
	sums := p.space.NewSums(k)
	for i, j := range nearest {
		sums.Counts[j]++
		for f := range d {
			sums.Dense[int(j)*d+f] += int64(p.rows.X[i*d+f])
		}
		for g, c := range p.space.Categories {
			sums.Levels[g][int(j)*c.Levels+int(p.rows.Codes[g][i])]++
		}
	}
	return sums
}

// exact returns the squared distance of row i and centroid j, in numbers long
// enough to be exact.
func (p *table) exact(c *Centroids, i, j int) *big.Float {
	d := len(p.space.Weights)
	long := func(x float64) *big.Float { return new(big.Float).SetPrec(1200).SetFloat64(x) }
	sum := long(0)
	square := func(weight, x, center float64) {
		diff := long(x)
		diff.Sub(diff, long(center))
		diff.Mul(diff, diff)
		diff.Mul(diff, long(weight))
		if sum.Add(sum, diff); sum.Acc() != big.Exact {
			panic("rounded")
		}
	}
	for f, w := range p.space.Weights {
		square(w, float64(p.rows.X[i*d+f]), c.centers[j*d+f])
	}
	for g, cat := range p.space.Categories {
		for l := range cat.Levels {
			x := 0.0
			if int(p.rows.Codes[g][i]) == l {
				x = 1
			}
			square(cat.Weight, x, c.shares[g][j*cat.Levels+l])
		}
	}
	return sum
}

// Where the gap exceeds the bound, exact arithmetic must agree, and where slack
// is claimed, the second-nearest centroid must be that much farther.
func TestBoundIsRigorous(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		open, decided := 0, 0
		for round := range 30 {
			_, d, categories, k := shapes(r)
			p := draw(t, r, tileRows+4, d, min(categories, 2), min(k, 8), 1, round%2 == 0) // a whole tile and gathered rows
			c := p.steps[0]
			fit := p.space.NewFit(p.rows)
			fit.Step(c)
			for i, got := range fit.Nearest {
				if fit.slack[i] < 0 {
					open++
					continue
				}
				decided++
				best, _ := p.exact(c, i, int(got)).Float64()
				for j := range c.k {
					other, _ := p.exact(c, i, j).Float64()
					if j != int(got) && math.Sqrt(other)-math.Sqrt(best) < float64(fit.slack[i])*(1-1e-9) {
						t.Fatalf("round %d, row %d: centroid %d is at %v, %d at %v: slack %v is too large", round, i, got, best, j, other, fit.slack[i])
					}
					if p.exact(c, i, j).Cmp(p.exact(c, i, int(got))) < 0 {
						t.Fatalf("round %d, row %d: %d is nearer than %d", round, i, j, got)
					}
				}
			}
		}
		if open == 0 || decided < 10*open/9 {
			t.Errorf("%d rows decided, %d left open: the test is to see both", decided, open)
		}
	})
}

func TestDistancesAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		_, d, categories, k := shapes(r)
		p := draw(t, r, 20, d, categories, k, 1, false)
		got, measure := make([]float64, k), p.steps[0].NewMeasure()
		for i := range p.rows.N {
			p.steps[0].Distances(got, p.rows, i)
			for j := range got {
				if m := measure.Distance(p.rows, i, j); m != got[j] {
					t.Fatalf("row %d, centroid %d: measured %v, not the bits of %v", i, j, m, got[j])
				}
				if want, _ := p.exact(p.steps[0], i, j).Float64(); math.Abs(got[j]-want) > 1e-12*want {
					t.Fatalf("row %d, centroid %d: %v, want %v", i, j, got[j], want)
				}
			}
		}
	}
}

func TestTiesGoToTheLowest(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		s := &Space{Weights: []float64{1, 1}}
		rows := s.NewRows(2)
		rows.Set(0, 0, []int32{3, 5})
		if err := s.Check(rows); err != nil {
			t.Fatal(err)
		}
		c, err := s.NewCentroids(4, []float64{9, 0, 4, 1, 4, -1, 4, 1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		fit := s.NewFit(rows)
		if fit.Step(c) != 2 || !slices.Equal(fit.Nearest, []uint16{1, 1}) {
			t.Error(fit.Nearest)
		}
		if fit.Step(c) != 0 {
			t.Error("a second step with the same centroids changed something")
		}
	})
}

func TestSquares(t *testing.T) {
	s := &Space{Weights: []float64{1, 1}}
	rows := s.NewRows(40000)
	values := slices.Repeat([]int32{-MaxValue}, 40000)
	rows.Set(0, 0, values)
	rows.Set(1, 39999, []int32{-3})
	want := new(big.Int).Mul(big.NewInt(1<<48), big.NewInt(40000))
	got := rows.Squares()
	sum := new(big.Int).SetUint64(got[0].Hi)
	sum.Add(sum.Lsh(sum, 64), new(big.Int).SetUint64(got[0].Lo))
	if sum.Cmp(want) != 0 || got[1] != (Square{0, 9}) {
		t.Errorf("%v and %v, want %v and 9", sum, got[1], want)
	}
}

func TestErrors(t *testing.T) {
	dense := &Space{Weights: []float64{1}}
	mixed := &Space{Weights: []float64{1}, Categories: []Category{{Levels: 3, Weight: 1}}}
	check := func(s *Space, x float32, codes ...uint8) error {
		rows := s.NewRows(1)
		rows.X[0] = x
		for g := range rows.Codes {
			rows.Codes[g] = codes
		}
		return s.Check(rows)
	}
	centroids := func(s *Space, k int, centers []float64, shares ...[]float64) error {
		_, err := s.NewCentroids(k, centers, shares)
		return err
	}
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		err  error
		want string // "" for none
	}{
		{(&Space{}).Validate(), "0 features"},
		{mixed.Validate(), ""},
		{(&Space{Weights: []float64{1, 0}}).Validate(), "dense feature 1 weighs 0"},
		{(&Space{Weights: []float64{nan}}).Validate(), "weighs NaN"},
		{(&Space{Weights: []float64{inf}}).Validate(), "weighs +Inf"},
		{(&Space{Categories: []Category{{300, 1}}}).Validate(), "300 levels"},
		{(&Space{Categories: []Category{{3, -1}}}).Validate(), "category 0 weighs -1"},
		{check(dense, MaxValue), ""},
		{check(dense, MaxValue+2), "row 0: dense feature 0 holds 1.6777218e+07"},
		{check(dense, 0.5), "holds 0.5"},
		{check(dense, float32(nan)), "holds NaN"},
		{check(dense, float32(inf)), "holds +Inf"},
		{check(mixed, 1, 2), ""},
		{check(mixed, 1, 3), "row 0: code 3 of category 0"},
		{check(mixed, 1, 1, 1), "2 codes for 1 rows"},
		{check(mixed, 1), "0 codes for 1 rows"},
		{dense.Check(mixed.NewRows(1)), "do not fit"},
		{centroids(dense, 1, []float64{5}), ""},
		{centroids(dense, 0, nil), "0 centroids"},
		{centroids(dense, 70000, nil), "70000 centroids"},
		{centroids(dense, 2, []float64{5}), "do not fit"},
		{centroids(mixed, 1, []float64{5}, []float64{1}), "1 shares of category 0"},
		{centroids(dense, 1, []float64{nan}), "centroid 0: scores up to NaN"},
		{centroids(dense, 2, []float64{1, -inf}), "centroid 1: scores up to"},
		{centroids(dense, 1, []float64{1e20}), "beyond float32"},
	}
	for i, test := range tests {
		if (test.err == nil) != (test.want == "") || test.err != nil && !strings.Contains(test.err.Error(), test.want) {
			t.Errorf("%d: error %v, want %q in it", i, test.err, test.want)
		}
	}
}
