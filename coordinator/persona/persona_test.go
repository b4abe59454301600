package persona

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// customers are rows of level names per feature, a segment and a metric value.
type customers struct {
	plan     encoder.Plan
	segments int
	rows     []customer
}

type customer struct {
	codes   []uint8
	segment int
	value   int64
	known   bool
	unseen  bool
}

// people makes n customers in 3 segments: the first has only students, the
// second pensioners with a loan, the third the rest.
func people(n int) *customers {
	c := &customers{segments: 3}
	for _, f := range []struct {
		name   string
		levels []string
	}{{"job", []string{"student", "retired", "worker"}}, {"loan", []string{"no", "yes"}}, {"noise", []string{"a", "b"}}} {
		feature := encoder.Feature{Name: f.name, Column: f.name, Kind: encoder.Category}
		for _, l := range f.levels {
			feature.Levels = append(feature.Levels, encoder.Level{Name: l, Value: l})
		}
		c.plan.Features = append(c.plan.Features, feature)
	}
	c.plan.Measures = []encoder.Measure{{Name: "value"}}
	for i := range n {
		p := customer{codes: []uint8{3, 1, uint8(1 + i/7%2)}, segment: 2, value: int64(i%10) - 3, known: i%6 != 0, unseen: i/7%3 == 0}
		switch {
		case i%5 == 0:
			p.codes[0], p.segment = 1, 0
		case i%5 == 1:
			p.codes[0], p.codes[1], p.segment = 2, 2, 1
		case i%11 == 0:
			p.codes[1] = encoder.Missing
		}
		c.rows = append(c.rows, p)
	}
	return c
}

// counts returns what the ops would count.
func (c *customers) counts() (*partial.Segments, *partial.Counts) {
	offsets := encoder.Offsets(c.plan.Features)
	size := offsets[len(offsets)-1]
	levels := partial.MakeCounts(size+1, []bool{false})
	out := &partial.Segments{All: partial.MakeCounts(c.segments, []bool{false}), Squares: []partial.Squares{partial.MakeSquares(c.segments)}}
	for range c.segments {
		out.Levels = append(out.Levels, partial.MakeCounts(size, []bool{false}))
	}
	put := func(to *partial.Counts, g int, p customer) {
		to.N[g]++
		if p.known {
			to.Measures[0].Known[g]++
			to.Measures[0].Sum.Add(g, p.value)
		}
	}
	for _, p := range c.rows {
		put(&out.All, p.segment, p)
		put(&levels, size, p)
		if p.known {
			out.Squares[0].Add(p.segment, p.value)
		}
		for f, code := range p.codes {
			put(&out.Levels[p.segment], offsets[f]+int(code), p)
			put(&levels, offsets[f]+int(code), p)
		}
	}
	return out, &levels
}

// held returns the same counts of unseen customers.
func (c *customers) held() *partial.Segments {
	some := *c
	some.rows = nil
	for _, p := range c.rows {
		if p.unseen {
			some.rows = append(some.rows, p)
		}
	}
	counts, _ := some.counts()
	return counts
}

// result is the segmentation, whose rules test the job alone.
func (c *customers) result(counts *partial.Segments) *merge.Result {
	r := &merge.Result{Counts: counts, Held: c.held(), K: c.segments}
	for s := range c.segments {
		r.Segments = append(r.Segments, merge.Segment{
			N:     counts.All.N[s],
			Rules: []merge.Rule{{Conditions: []merge.Condition{{Feature: 0, Codes: []int{s + 1}}}}},
		})
	}
	return r
}

func describe(t testing.TB, c *customers, metrics []metric.Metric) *Result {
	t.Helper()
	counts, levels := c.counts()
	out, err := Describe(&c.plan, metrics, c.result(counts), levels, Style{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTraits(t *testing.T) {
	c := people(1100)
	out := describe(t, c, []metric.Metric{{Name: "value", Den: -1}})
	has := func(list []Trait, feature, code int) *Trait {
		for i := range list {
			if list[i].Feature == feature && list[i].Code == code {
				return &list[i]
			}
		}
		return nil
	}
	first, second := out.Segments[0], out.Segments[1]
	if tr := has(first.Defining, 0, 1); tr == nil || tr.TGI != 500 || tr.Share != 1 || tr.All != 0.2 || tr.P > 1e-10 {
		t.Errorf("students: %+v", tr)
	}
	if tr := has(second.Over, 1, 2); tr == nil || tr.TGI != 500 {
		t.Errorf("pensioners' loans: %+v", tr)
	}
	if has(second.Under, 1, 1) == nil {
		t.Errorf("pensioners without a loan are no trait: %+v", second.Under)
	}
	for s, p := range out.Segments {
		for _, list := range [][]Trait{p.Defining, p.Over, p.Under} {
			for i, tr := range list {
				if tr.Name == "noise" {
					t.Errorf("segment %d: noise is a trait: %+v", s, tr)
				}
				if math.Abs(tr.H) < MinEffect || i > 0 && math.Abs(tr.H) > math.Abs(list[i-1].H) {
					t.Errorf("segment %d: trait %d of effect %v", s, i, tr.H)
				}
			}
		}
	}
	if first.Name != "Student, loan no" || second.Name != "Retired, loan yes" {
		t.Errorf("names are %q and %q", first.Name, second.Name)
	}
	if want := "20.0 % of all customers; value "; !strings.HasPrefix(second.Description, want) || !strings.Contains(second.Description, "more often job retired (100.0 %, TGI 500), loan yes (100.0 %, TGI 500)") {
		t.Errorf("description is %q", second.Description)
	}
	if strings.Contains(second.Description, "seldom") {
		t.Errorf("what goes without saying is said: %q", second.Description)
	}
}

// Means of all customers, and means and intervals of unseen ones, against sums
// over the customers.
func TestMetricIntervals(t *testing.T) {
	c := people(1100)
	out := describe(t, c, []metric.Metric{{Name: "value", Den: -1, Digits: 1}, {Name: "ratio", Num: 0, Den: 0}})
	for s, p := range out.Segments {
		n, sum, squares, all, allSum, unseen := 0.0, 0.0, 0.0, 0.0, 0.0, int64(0)
		for _, row := range c.rows {
			if row.segment == s && row.unseen {
				unseen++
			}
			if row.segment == s && row.known {
				x := float64(row.value) / 10
				all, allSum = all+1, allSum+x
				if row.unseen {
					n, sum, squares = n+1, sum+x, squares+x*x
				}
			}
		}
		mean := sum / n
		half := 1.959963984540054 * math.Sqrt((squares-n*mean*mean)/(n-1)/n)
		if m := p.Metrics[0]; m.Known != int64(all) || math.Abs(*m.Mean-allSum/all) > 1e-12 || p.Unseen != unseen {
			t.Errorf("segment %d: %v of %d, %d unseen, want %v of %v, %d", s, *m.Mean, m.Known, p.Unseen, allSum/all, all, unseen)
		}
		m := p.Metrics[0].Unseen
		if m.Known != int64(n) || math.Abs(*m.Mean-mean) > 1e-12 || math.Abs(*m.Low-mean+half) > 1e-9 || math.Abs(*m.High-mean-half) > 1e-9 {
			t.Errorf("segment %d: %v of %d in %v to %v, want %v ± %v of %v", s, *m.Mean, m.Known, *m.Low, *m.High, mean, half, n)
		}
		if r := p.Metrics[1].Unseen; r.Low != nil || r.Mean == nil {
			t.Errorf("segment %d: ratio %+v", s, r)
		}
	}
}

// A binary metric and one that is known nowhere.
func TestMetricKinds(t *testing.T) {
	c := people(200)
	for i := range c.rows {
		c.rows[i].value &= 1
		c.rows[i].known = c.rows[i].segment != 1
	}
	out := describe(t, c, []metric.Metric{{Name: "yes", Den: -1, Binary: true}})
	if m := out.Segments[0].Metrics[0].Unseen; m.Low == nil || *m.Low < 0 || *m.High > 1 || *m.Low > *m.Mean {
		t.Errorf("binary: %+v", m)
	}
	if m := out.Segments[1].Metrics[0]; m.Mean != nil || m.Unseen.Mean != nil || m.Unseen.Low != nil || m.Unseen.Known != 0 {
		t.Errorf("known nowhere: %+v", m)
	}
}

func TestNamesAreUniqueAndShort(t *testing.T) {
	taken := map[string]bool{}
	for i := range 30 {
		name := unique([]string{"student", strings.Repeat("ä", 38), "retired"}, taken, "Mixed")
		if taken[strings.ToLower(name)] || utf8.RuneCountInString(name) > maxName || name == "" {
			t.Fatalf("name %d is %q", i, name)
		}
		taken[strings.ToLower(name)] = true
	}
	if got := unique(nil, map[string]bool{}, fallback(1)); got != "All customers" {
		t.Errorf("nobody to differ from: %q", got)
	}
	c := people(300)
	for i := range c.rows { // segments that do not differ
		c.rows[i].codes = []uint8{1, 1, 1}
	}
	var names []string
	for _, p := range describe(t, c, nil).Segments {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"Mixed", "Mixed 2", "Mixed 3"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestThreshold(t *testing.T) {
	p := []float64{0.9, 0.001, 0.03, 0.02, 0.2}
	if got := threshold(p); got != 0.03 { // 3rd of 5: 0.03 ≤ 0.05·3/5
		t.Errorf("threshold %v", got)
	}
	if got := threshold([]float64{0.5, 0.06}); got != -1 {
		t.Errorf("nothing passes, threshold %v", got)
	}
	if got := threshold(nil); got != -1 {
		t.Errorf("of nothing, threshold %v", got)
	}
}

func TestDescribeRefusesForeignCounts(t *testing.T) {
	c := people(100)
	counts, levels := c.counts()
	short := *levels
	short.N = short.N[1:]
	if _, err := Describe(&c.plan, nil, c.result(counts), &short, Style{}); err == nil {
		t.Error("level counts of another plan are accepted")
	}
	if _, err := Describe(&c.plan, nil, &merge.Result{Segments: make([]merge.Segment, 2)}, levels, Style{}); err == nil {
		t.Error("segments without counts are accepted")
	}
}

func TestVocabulary(t *testing.T) {
	plan := &encoder.Plan{Features: []encoder.Feature{
		{Name: "job", Levels: []encoder.Level{{Name: "student"}, {Name: "unknown"}, {Name: "other"}}, Other: 3},
		{Name: "age", Levels: []encoder.Level{{Name: "20-29"}, {Name: "学生"}}},
		{Name: "was", Levels: []encoder.Level{{Name: "clerk"}, {Name: "Student"}}},
	}}
	words := vocabulary(plan)
	got := fmt.Sprint(words[[2]int{0, 1}], "|", words[[2]int{0, 2}], "|", words[[2]int{0, 3}], "|", words[[2]int{1, 1}], "|", words[[2]int{1, 2}], "|", words[[2]int{2, 1}])
	if want := "job student|job unknown|job other|age 20-29|学生|clerk"; got != want {
		t.Errorf("words are %s, want %s", got, want)
	}
}
