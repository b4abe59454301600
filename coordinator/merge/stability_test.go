package merge

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Draws have the mean and the variance of a Poisson variable, and its
// probabilities where these are large.
func TestPoissonDraws(t *testing.T) {
	for _, mean := range []int64{0, 1, 3, 30, 1000, 100_000} {
		d := drawsFrom(1, uint64(mean))
		n := 20000
		sum, squares, zeros := 0.0, 0.0, 0
		for range n {
			x := d.poisson(mean)
			if x < 0 {
				t.Fatalf("mean %d: drew %d", mean, x)
			}
			if x == 0 {
				zeros++
			}
			sum += float64(x)
			squares += math.Pow(float64(x-mean), 2)
		}
		m, v := sum/float64(n), squares/float64(n)
		if math.Abs(m-float64(mean)) > 4*math.Sqrt(float64(mean)/float64(n)) {
			t.Errorf("mean %d: the mean is %v", mean, m)
		}
		if math.Abs(v-float64(mean)) > 5*math.Sqrt((2*float64(mean*mean)+float64(mean))/float64(n)) {
			t.Errorf("mean %d: the variance is %v", mean, v)
		}
		if want := math.Exp(-float64(mean)); math.Abs(float64(zeros)/float64(n)-want) > 0.015 {
			t.Errorf("mean %d: %d of %d are 0, want %.3f", mean, zeros, n, want)
		}
	}
	// The thresholds of mean 1 against e^-1 (1 + 1 + 1/2 + …).
	table, sum, term := newPoissonTable(1), 0.0, math.Exp(-1)
	for x, most := range table.most[:12] {
		if sum += term; math.Abs(float64(most)/(1<<64)-sum) > 1e-12 {
			t.Errorf("P(X ≤ %d) is %v, want %v", x, float64(most)/(1<<64), sum)
		}
		term /= float64(x + 1)
	}
}

func TestNormalDraws(t *testing.T) {
	d, n := drawsFrom(9), 50000
	sum, squares := 0.0, 0.0
	for range n {
		x := d.normal()
		sum, squares = sum+x, squares+x*x
	}
	if math.Abs(sum/float64(n)) > 0.02 || math.Abs(squares/float64(n)-1) > 0.03 {
		t.Errorf("mean %v, variance %v", sum/float64(n), squares/float64(n))
	}
}

// Four groups far apart are found again in every bootstrap, five are not.
func TestStabilityKnowsTheNumber(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	var rows [][]string
	for i := range 10000 {
		city, plan := i%2, i/2%2
		rate := []int{5, 60, 25, 90}[2*city+plan]
		y := "0"
		if rng.IntN(100) < rate {
			y = "1"
		}
		rows = append(rows, []string{string(rune('a' + city)), string(rune('x' + plan)), string(rune('k' + rng.IntN(6))), y})
	}
	tab := newTable(t, []string{"city", "plan", "noise"}, []string{"y"}, rows)
	tab.metrics[0].Binary = true
	r := run(t, tab, Config{Cross: []int{0, 1, 2}, KMin: 3, KMax: 8, Lambda: 0.9})
	for _, o := range r.Options {
		t.Logf("K=%d: stable %.3f, gap %.3f", o.K, o.Stable, o.Gap)
		if o.K == 4 && o.Stable < 0.99 || o.K > 4 && o.Stable > 0.9 {
			t.Errorf("K=%d is stable by %.3f", o.K, o.Stable)
		}
	}
	if r.K != 4 {
		t.Errorf("K=%d", r.K)
	}
	again := run(t, tab, Config{Cross: []int{0, 1, 2}, KMin: 3, KMax: 8, Lambda: 0.9})
	for i := range r.Options {
		if r.Options[i] != again.Options[i] {
			t.Errorf("bootstraps differ from run to run: %+v, %+v", r.Options[i], again.Options[i])
		}
	}
}
