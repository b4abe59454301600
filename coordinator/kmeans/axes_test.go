package kmeans

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// profiled profiles a column of floats.
func profiled(t *testing.T, values []float64) *partial.Column {
	t.Helper()
	p := partial.NewProfiler(source.Column{Name: "x", Type: source.Float}, 1)
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	b.AppendValues(values, nil)
	if err := p.Add(b.NewFloat64Array()); err != nil {
		t.Fatal(err)
	}
	c := p.Column()
	return &c
}

// passes answers from the values.
func passes(values []float64) Passes {
	return Passes{
		Places: func(_ context.Context, p wire.PlacesParams) (*partial.Places, error) {
			out := partial.MakePlaces(1)
			c := p.Plan.Coordinates[0]
			for _, x := range values {
				if !math.IsNaN(x) && !math.IsInf(x, 0) {
					out.Add(0, float32(math.Round((x-c.Centre)/c.Unit)))
				}
				out.N++
			}
			return &out, nil
		},
		Refine: func(_ context.Context, p partial.RefineParams) (*partial.Refinement, error) {
			r := partial.Refined{Column: "x", Cuts: p.Columns[0].Cuts}
			sorted := slices.DeleteFunc(slices.Sorted(slices.Values(values)), math.IsNaN)
			for _, cut := range r.Cuts {
				r.Below = append(r.Below, int64(sort.SearchFloat64s(sorted, cut)))
			}
			return &partial.Refinement{Columns: []partial.Refined{r}}, nil
		},
	}
}

// TestAxes: mean, deviation and quartiles are those of the values, whether the
// profile counts all of them or not; missing and infinite ones stay out.
func TestAxes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	for _, n := range []int{1000, 100_000} { // the latter has more values than are counted
		var values, known []float64
		for range n {
			x := 1.6e9 + 1e6*r.NormFloat64() // far from 0, as times are
			known = append(known, x)
			values = append(values, x)
		}
		values = append(values, math.NaN(), math.Inf(1), math.Inf(-1), math.NaN())
		config := Default()
		config.Scaling = Robust
		axes, coordinates, notes, err := Axes(t.Context(), []*partial.Column{profiled(t, values)}, &config, passes(values))
		if err != nil {
			t.Fatal(err)
		}
		sort.Float64s(known)
		mean, squares := 0.0, 0.0
		for _, x := range known {
			mean += x / float64(n)
		}
		for _, x := range known {
			squares += (x - mean) * (x - mean) / float64(n)
		}
		sd, iqr := math.Sqrt(squares), known[3*n/4-1]-known[n/4-1]
		a := axes[0]
		for what, x := range map[string][2]float64{
			"mean": {a.Mean, mean}, "deviation": {a.SD, sd}, "median": {a.Median, known[n/2-1]}, "quartile range": {a.IQR, iqr},
			"centre": {coordinates[0].Centre, known[n/2-1]}, "scale": {coordinates[0].Unit / math.Sqrt(coordinates[0].Weight), iqr / 1.3489795003921634},
		} {
			if math.Abs(x[0]-x[1]) > 3e-4*sd {
				t.Errorf("%d values: %s %v, not %v", n, what, x[0], x[1])
			}
		}
		if a.Missing != 2 || a.Infinite != 2 || !strings.Contains(strings.Join(notes, "\n"), "x is not known for 4 customers") {
			t.Errorf("%d values: %d missing, %d infinite, notes %q", n, a.Missing, a.Infinite, notes)
		}
	}
}

// TestExactPlaces: short decimals are kept as they are; others to 1/2²⁴ of
// their range; a column without spread is left out.
func TestExactPlaces(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []float64
		exact  bool
		unit   float64
	}{
		{"whole numbers", []float64{-3, 0, 7, 250}, true, 1},
		{"prices", []float64{0.05, 19.99, 1234.5}, true, 0.01},
		{"thirds", []float64{1.0 / 3, 2.0 / 3, 1}, false, 0},
		{"wide", []float64{0.01, 1e9, 2e9}, false, 0},
		{"missing", []float64{1, 2, math.NaN()}, false, 0},
	} {
		config := Default()
		axes, coordinates, _, err := Axes(t.Context(), []*partial.Column{profiled(t, c.values)}, &config, Passes{})
		if err != nil {
			t.Fatal(err)
		}
		x := coordinates[0]
		if axes[0].Exact != c.exact || c.exact && x.Unit != c.unit {
			t.Errorf("%s: exact %v, unit %v", c.name, axes[0].Exact, x.Unit)
		}
		for _, v := range c.values {
			place := math.Round((v - x.Centre) / x.Unit)
			if math.Abs(place) > encoder.MaxPlace {
				t.Errorf("%s: %v lies at %v", c.name, v, place)
			}
			if back := x.Value(place); math.Abs(back-v) > 1e-9*math.Abs(v)+x.Unit/2 && !math.IsNaN(v) {
				t.Errorf("%s: %v comes back as %v", c.name, v, back)
			}
		}
		if one := x.Weight / (x.Unit * x.Unit) * axes[0].SD * axes[0].SD; math.Abs(one-1) > 1e-12 {
			t.Errorf("%s: the variance is %v", c.name, one)
		}
	}
	config := Default()
	axes, _, notes, err := Axes(t.Context(), []*partial.Column{profiled(t, []float64{0.1, 0.1, 0.1, math.NaN()})}, &config, Passes{})
	if err != nil || len(axes) != 0 || len(notes) != 1 || !strings.Contains(notes[0], "every value is the same") {
		t.Errorf("a constant: %v, %q, %v", axes, notes, err)
	}
}

func TestChoose(t *testing.T) {
	at := func(x float64) *float64 { return &x }
	for want, options := range [][]Option{
		{{K: 2, Silhouette: 0.5, Eligible: true}, {K: 3, Silhouette: 0.5, Eligible: true}},
		{{K: 2, Silhouette: 0.5}, {K: 3, Silhouette: 0.1, Eligible: true}},
		{{K: 2, Stability: at(0.2)}, {K: 3}, {K: 4, Stability: at(0.4)}},
	} {
		if got := choose(options); got != want {
			t.Errorf("%+v: option %d, not %d", options, got, want)
		}
	}
}

func TestValidateReportsEverything(t *testing.T) {
	c := Config{KMin: 5, KMax: 4, Scaling: "odd", Starts: 0, Iterations: 0, Tolerance: -1, Weights: map[string]float64{"a": 0}, InitRows: []int64{3, 3, -1}}
	err := fmt.Sprint(c.Validate())
	for _, want := range []string{"--k 5..4", "--scale", "--starts", "--iterations", "--tolerance", "--feature-weight a=0", "names a row twice", "counted from 0"} {
		if !strings.Contains(err, want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	good := Default()
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}

func TestSamples(t *testing.T) {
	c := Default() // 8 clusters
	if c.Samples(199_999) || !c.Samples(200_000) {
		t.Error("a sample does for 200,000 customers, and not for fewer")
	}
	if c.KMax = 500; c.Samples(399_999) || !c.Samples(400_000) {
		t.Error("a sample leaves each cluster 100 rows")
	}
}
