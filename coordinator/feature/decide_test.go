package feature

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
)

func names(levels []encoder.Level) string {
	var s []string
	for _, l := range levels {
		s = append(s, l.Name)
	}
	return strings.Join(s, ", ")
}

// TestBankLevels are levels that a person looked at and found readable.
func TestBankLevels(t *testing.T) {
	want := map[string]string{
		"age":      "<30, 30-34, 35-39, 40-44, 45-49, 50-54, 55-59, 60+",
		"job":      "admin., blue-collar, entrepreneur, housemaid, management, retired, self-employed, services, student, technician, unemployed, unknown",
		"default":  "no, yes",
		"balance":  "<0, 0, 1-49, 50-149, 150-299, 300-499, 500-699, 700-999, 1000-1499, 1500-2999, 3000-4999, 5000+",
		"day":      "<5, 5-9, 10-14, 15-19, 20-24, 25-29, 30+",
		"campaign": "1, 2, 3, 4, 5, 6, 7-8, 9+",
		"pdays":    "-1, 0-99, 100-199, 200-299, 300+",
		"previous": "0, 1, 2, 3, 4-5, 6+",
		"poutcome": "failure, other, success, unknown",
	}
	csv := open(t, data(t, "bank-full.csv"))
	options := Options{MinCount: 50, Metrics: []string{"y"}, Exclude: []string{"duration"}}
	r, rounds := csv.decide(options)
	if rounds != 0 {
		t.Errorf("%d refinement rounds for a small table", rounds)
	}
	for _, f := range r.Features {
		if w, ok := want[f.Name]; ok && names(f.Levels) != w {
			t.Errorf("%s: %s\nwant %s", f.Name, names(f.Levels), w)
		}
	}
	if len(r.Features) != 15 {
		t.Errorf("%d features, want 15", len(r.Features))
	}
	roles := map[string]Role{}
	for _, c := range r.Columns {
		roles[c.Name] = c.Role
	}
	if roles["y"] != Metric || roles["duration"] != Ignore || roles["age"] != Feature {
		t.Errorf("roles: %v", roles)
	}
	if n := strings.Join(r.Columns[3].Notes, ""); !strings.Contains(n, `"unknown" is a level like any other (1,857 rows)`) {
		t.Errorf("education is noted as %q", n)
	}

	if again, _ := csv.decide(options); !cmp.Equal(r, again) {
		t.Errorf("decided again, it is another result:\n%s", cmp.Diff(r, again))
	}

	// The Parquet file holds booleans and integers, the CSV file words and
	// digits: the rows get the same codes, and only the words differ.
	pq := open(t, data(t, "bank-full.parquet"))
	q, _ := pq.decide(options)
	a, _ := csv.encode(&encoder.Plan{Features: r.Features})
	b, _ := pq.encode(&encoder.Plan{Features: q.Features})
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("codes differ between CSV and Parquet:\n%s", diff)
	}
	// And a plan made from one encodes the other.
	c, _ := pq.encode(&encoder.Plan{Features: r.Features})
	d, _ := csv.encode(&encoder.Plan{Features: q.Features})
	if !cmp.Equal(a, c) || !cmp.Equal(a, d) {
		t.Error("a plan made from the CSV file does not fit the Parquet file, or the other way round")
	}
	for i, counts := range a {
		for code, n := range counts {
			if code != encoder.Missing && n == 0 {
				t.Errorf("%s=%s is empty", r.Features[i].Name, r.Features[i].Levels[code-1].Name)
			}
		}
		if counts[encoder.Missing] != 0 {
			t.Errorf("%s: %d rows are missing", r.Features[i].Name, counts[encoder.Missing])
		}
	}
}

// numbersProfile profiles a column of numbers.
func numbersProfile(typ source.Type, values []float64) *partial.Profile {
	c := partial.Column{Name: "x", Type: typ, Rows: int64(len(values))}
	if typ == source.Text {
		c.Texts = map[string]int64{}
		for _, v := range values {
			c.Texts[strconv.FormatFloat(v, 'g', -1, 64)]++
		}
	} else {
		c.Ints = map[int64]int64{}
		for _, v := range values {
			if typ == source.Int {
				c.Ints[int64(v)]++
			} else {
				c.Ints[int64(math.Float64bits(v+0))]++
			}
		}
	}
	return &partial.Profile{Columns: []partial.Column{c}}
}

// TestLevelsPartition checks, for numbers of every shape, that each falls into
// exactly the level whose name and bounds say so, that no level is empty, and
// that names differ.
func TestLevelsPartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		shape := rapid.IntRange(0, 6).Draw(t, "shape")
		scale := math.Pow(10, float64(rapid.IntRange(-8, 12).Draw(t, "scale")))
		n := rapid.IntRange(30, 3000).Draw(t, "rows")
		typ := rapid.SampledFrom([]source.Type{source.Int, source.Float, source.Text}).Draw(t, "type")
		values := make([]float64, n)
		for i := range values {
			x := rng.NormFloat64()
			switch shape {
			case 0:
				x = rng.Float64()
			case 1:
				x = math.Exp(2 * x)
			case 2:
				x = []float64{0, -1, 999}[min(2, rng.IntN(5))] + float64(rng.IntN(2))*x
			case 3:
				x = math.Round(x * 30)
			case 4:
				x = math.Exp(20 * x)
			case 5:
				x = float64(rng.IntN(3))*1e6 + rng.Float64()
			}
			x *= scale
			if shape == 6 && typ != source.Int {
				x = []float64{x, math.Inf(1), math.Inf(-1), x, x}[rng.IntN(5)]
			}
			if typ == source.Int {
				x = math.Trunc(max(-1e15, min(1e15, x)))
			}
			values[i] = x + 0
		}
		p := numbersProfile(typ, values)
		r, ask, err := Decide(p, nil, Options{MinCount: int64(rapid.IntRange(1, 100).Draw(t, "min")), Roles: map[string]Role{"x": Feature}})
		if err != nil || ask != nil {
			t.Fatal(err, ask)
		}
		if len(r.Features) == 0 {
			return // constant
		}
		f := r.Features[0]
		if _, err := json.Marshal(f); err != nil {
			t.Fatal(err)
		}
		if f.Kind == encoder.Range && len(f.Levels) > DefaultLevels {
			t.Fatalf("%d levels: %s", len(f.Levels), names(f.Levels))
		}
		count := make([]int, len(f.Levels))
		for _, v := range values {
			in := 0
			single := -1
			for i, l := range f.Levels {
				if l.Low != nil && l.High != nil && *l.Low == *l.High && *l.Low == v || f.Kind == encoder.Discrete && l.Value == number(v) {
					single = i
				}
			}
			for i, l := range f.Levels {
				point := f.Kind == encoder.Discrete || l.Low != nil && l.High != nil && *l.Low == *l.High
				if i == single || single < 0 && !point && (l.Low == nil || v >= *l.Low) && (l.High == nil || v < *l.High) {
					in++
					count[i]++
				}
			}
			if in != 1 {
				t.Fatalf("%v is in %d levels of %s", v, in, names(f.Levels))
			}
		}
		seen := map[string]bool{}
		for i, l := range f.Levels {
			if count[i] == 0 || seen[l.Name] || l.Name == "" {
				t.Fatalf("level %q is empty or there twice: %s %v", l.Name, names(f.Levels), count)
			}
			seen[l.Name] = true
		}
	})
}

// TestManyValuesAreCutLikeFewer holds columns with more values than are counted
// exactly against the same decision made from all of their values.
func TestManyValuesAreCutLikeFewer(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	n := partial.ExactLimit + 30_000
	for name, draw := range map[string]func(i int) float64{
		"lognormal":  func(int) float64 { return math.Exp(3 + 2*rng.NormFloat64()) },
		"spikes":     func(i int) float64 { return []float64{0, -1, rng.NormFloat64() * 1000}[min(2, i%20)] },
		"narrow":     func(int) float64 { return 1000 + rng.Float64() },
		"clustered":  func(i int) float64 { return float64(i%3)*1e6 + rng.Float64() },
		"integers":   func(int) float64 { return float64(rng.IntN(1e7)) },
		"very large": func(int) float64 { return rng.NormFloat64() * 1e18 },
	} {
		values := make([]float64, n)
		texts := make([]string, n)
		for i := range values {
			values[i] = draw(i)
			texts[i] = strconv.FormatFloat(values[i], 'g', -1, 64)
		}
		exact := numbersProfile(source.Float, values)
		want, ask, err := Decide(exact, nil, Options{MinCount: 10})
		if err != nil || ask != nil {
			t.Fatal(err, ask)
		}
		x := textTable(t, "x", texts)
		got, rounds := x.decide(Options{MinCount: 10, Roles: map[string]Role{"x": Feature}})
		if rounds == 0 || rounds >= maxRounds {
			t.Errorf("%s: %d refinement rounds", name, rounds)
		}
		a, b := names(want.Features[0].Levels), names(got.Features[0].Levels)
		if name == "clustered" && len(got.Features[0].Levels) == len(want.Features[0].Levels) {
			continue // quantiles inside a bin are interpolated, so their rounding may differ
		}
		if a != b {
			t.Errorf("%s: cut as %s\nfrom all values as %s", name, b, a)
		}
	}
}

func TestRoles(t *testing.T) {
	x := csvTable(t, "id,code,constant,empty,age,signup,note\n", 500, func(i int) string {
		return fmt.Sprintf("%d,%03d,same,,%d,%s,n%d\n", 1000+i, i%40, 18+i%60, []string{"2024-01-31", "2024-02-29", "2023-12-01"}[i%3], i)
	})
	r, _ := x.decide(Options{})
	want := map[string]Role{"id": ID, "code": Feature, "constant": Ignore, "empty": Ignore, "age": Feature, "signup": Feature, "note": ID}
	for _, c := range r.Columns {
		if c.Role != want[c.Name] || c.Reason == "" {
			t.Errorf("%s is %s (%s), want %s", c.Name, c.Role, c.Reason, want[c.Name])
		}
	}
	if r.Key != "id" {
		t.Errorf("key is %q, want id", r.Key)
	}
	var features []string
	for _, f := range r.Features {
		features = append(features, f.Name)
		if f.Part == encoder.AgeDays && (f.AsOf != "2024-02-29" || names(f.Levels) != "<20, 20-89, 90+" && len(f.Levels) < 2) {
			t.Errorf("ages on %s: %s", f.AsOf, names(f.Levels))
		}
	}
	if got := strings.Join(features, " "); got != "code age signup.age signup.month signup.weekday" {
		t.Errorf("features: %s", got)
	}
	if r.Features[0].Kind != encoder.Category || r.Features[0].Levels[7].Name != "007" {
		t.Errorf("codes with zeros in front are not kept as text: %+v", r.Features[0].Levels[:8])
	}

	r, _ = x.decide(Options{Roles: map[string]Role{"id": Ignore, "age": ID}, Only: []string{"note", "code", "signup"}, AsOf: "2025-01-01", Exclude: []string{"code"}})
	if r.Key != "age" || r.Columns[0].Role != Ignore || r.Columns[1].Role != Ignore || r.Features[0].AsOf != "2025-01-01" {
		t.Errorf("options are not followed: %+v", r.Columns)
	}

	var unknown *source.UnknownColumnError
	_, _, err := Decide(x.profile(), nil, Options{Exclude: []string{"agee"}})
	if !errors.As(err, &unknown) || len(unknown.Nearest) == 0 || unknown.Nearest[0] != "age" {
		t.Errorf("an unknown column is reported as %v", err)
	}
}

func TestBinnings(t *testing.T) {
	x := csvTable(t, "age\n", 1000, func(i int) string { return strconv.Itoa(18+i%70) + "\n" })
	for text, want := range map[string]string{
		"width=20":      "<20, 20-39, 40-59, 60-79, 80+",
		"cuts=60,30,18": "<18, 18-29, 30-59, 60+",
		"levels=4":      "<30, 30-49, 50-69, 70+",
	} {
		b, err := ParseBinning(text)
		if err != nil {
			t.Fatal(err)
		}
		r, _ := x.decide(Options{Bins: map[string]Binning{"age": b}})
		if got := names(r.Features[0].Levels); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for _, s := range []string{"", "width", "width=0", "width=-1", "width=x", "width=nan", "cuts=", "cuts=1,x", "levels=1", "levels=2.5", "levels=999", "depth=3", "cuts=inf"} {
		if b, err := ParseBinning(s); err == nil {
			t.Errorf("%q is read as %+v", s, b)
		}
	}
	if _, _, err := Decide(x.profile(), nil, Options{Bins: map[string]Binning{"age": {Width: 0.01}}}); err == nil || !strings.Contains(err.Error(), "wider") {
		t.Errorf("a width that gives thousands of bins: %v", err)
	}
}
