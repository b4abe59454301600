package report

import (
	"fmt"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/persona"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// The names in the tests' tables are what people's tables have, and worse.
const nasty = `<script>alert("x")</script> & 'quotes' 客户`

// findings returns a job's findings of n customers without metrics.
func findings(n int64) *Findings {
	features := []encoder.Feature{{Name: "age", Column: "age"}, {Name: nasty, Column: nasty}, {Name: "渠道", Column: "渠道"}}
	for i := range features {
		features[i].Kind = encoder.Category
		for _, v := range []string{"a", nasty, "手机银行"} {
			features[i].Levels = append(features[i].Levels, encoder.Level{Name: v, Value: v})
		}
	}
	f := &Findings{
		Source:  Source{Names: []string{"data/" + nasty + ".csv"}, Rows: n, Columns: 5},
		Minimum: 100, MaxShare: 0.05, Notes: []string{nasty},
		Overall: export.Overall{Features: features, All: partial.MakeCounts(1, nil)},
	}
	f.Overall.All.N[0] = n
	for i, feat := range features {
		f.Columns = append(f.Columns, feature.Column{Name: feat.Name, Type: "text", Role: feature.Feature, Reason: "3 values", Rows: n, Missing: n / 10, Distinct: 3, Features: []int{i}})
		f.Ranking = append(f.Ranking, feature.Ranked{Feature: i, Name: feat.Name, Completeness: 0.9, Evenness: 0.5})
	}
	f.Columns = append(f.Columns, feature.Column{Name: "duration", Type: "int", Role: feature.Ignore, Reason: "excluded", Rows: n})
	return f
}

// measure adds a metric with the mean sum/n.
func (f *Findings) measure(m metric.Metric, sum int64) {
	m.Num, m.Den = len(f.Overall.Metrics), -1
	f.Overall.Metrics = append(f.Overall.Metrics, m)
	f.Overall.All.Measures = append(f.Overall.All.Measures, partial.MeasureCounts{Sum: partial.MakeSums(1)})
	f.Overall.All.Measures[m.Num].Sum.Add(0, sum)
	for i := range f.Ranking {
		gain := 0.1 / float64(i+1)
		f.Ranking[i].Metrics = append(f.Ranking[i].Metrics, feature.Association{Metric: m.Name, Gain: &gain, EtaSquared: &gain})
	}
}

// addGroups adds so many groups, ranked by every metric; the i-th holds 100 + i
// customers, with the sums that the function says.
func (f *Findings) addGroups(n int, sum func(group, metric int) int64) {
	g := &search.Groups{Start: []int{0}, Counts: partial.MakeCounts(n, slices.Repeat([]bool{true}, len(f.Overall.Metrics)))}
	f.Tops = make([]export.Ranking, len(f.Overall.Metrics))
	for i := range n {
		g.Items = append(g.Items, wire.Item{Feature: i % 3, Code: uint8(1 + i/3%3)})
		if i%2 == 1 {
			g.Items = append(g.Items, wire.Item{Feature: (i + 1) % 3, Code: uint8(i / 9 % 4)})
		}
		g.Start = append(g.Start, len(g.Items))
		g.Counts.N[i] = int64(100 + i)
		for m := range f.Tops {
			g.Counts.Measures[m].Sum.Add(i, sum(i, m))
			f.Tops[m].Groups = append(f.Tops[m].Groups, i)
		}
	}
	for m := range f.Tops {
		f.Tops[m].Metric, f.Tops[m].Measure = f.Overall.Metrics[m].Name, "excess"
		for k := range f.Overall.Metrics {
			f.Tops[m].Squares = append(f.Tops[m].Squares, partial.MakeSquares(n))
			for i := range n {
				f.Tops[m].Squares[k].Add(i, sum(i, k))
			}
		}
	}
	f.Groups, f.Levels = g, []search.Level{{Order: 1, Done: true, Kept: n}}
}

// addSegments merges so many points into three segments; the i-th point's
// metrics lie i − half of them above the average.
func (f *Findings) addSegments(points int) {
	metrics := len(f.Overall.Metrics)
	r := &merge.Result{
		Crossed: []int{0, 1}, Names: []string{"age", nasty}, Cells: points, K: min(3, points), Predicts: true,
		Counts: &partial.Segments{All: partial.MakeCounts(3, slices.Repeat([]bool{true}, metrics))}, Notes: []string{nasty},
	}
	rows := f.Source.Rows
	for i := range points {
		p := merge.Point{Codes: []int{i % 4, i / 4 % 4}, N: rows / int64(points)}
		for range metrics {
			p.Known, p.Above = append(p.Known, float64(p.N)), append(p.Above, float64(p.N)*float64(i-points/2)/float64(points))
		}
		r.Points = append(r.Points, p)
		if i > 0 {
			r.Merges = append(r.Merges, merge.Merge{A: 0, B: i, Cost: float64(i), N: p.N * int64(i+1)})
		}
	}
	f.Personas = &persona.Result{}
	for range metrics {
		r.Counts.Squares = append(r.Counts.Squares, partial.MakeSquares(3))
	}
	for s := range 3 {
		segment := merge.Segment{N: rows / 3, Share: 1.0 / 3, Rules: []merge.Rule{{Conditions: []merge.Condition{{Feature: 1, Codes: []int{s}}}, N: rows / 3}, {N: 1}}}
		who := persona.Persona{
			Name: fmt.Sprintf("%d %s", s+1, nasty), N: rows / 3, Share: 1.0 / 3,
			Over:  []persona.Trait{{Name: nasty, Level: nasty, Share: 0.9, All: 0.3, TGI: 300, H: 1.2}},
			Under: []persona.Trait{{Name: "age", Level: "a", Share: 0, All: 0.3, TGI: 0, H: -1.2}},
		}
		for k, m := range f.Overall.Metrics {
			all := m.At(&f.Overall.All, 0)
			sum := all.Num.Int64() * int64(3-s) / 6
			r.Counts.All.N[s] = rows / 3
			r.Counts.All.Measures[k].Sum.Add(s, sum)
			r.Counts.Squares[k].Add(s, sum)
			x, _ := m.Mean(m.At(&r.Counts.All, s))
			low, high := x-1, x+1
			segment.Metrics = append(segment.Metrics, merge.Mean{Name: m.Name, Mean: &x})
			who.Metrics = append(who.Metrics, persona.Metric{Name: m.Name, Mean: &x, Unseen: &persona.Unseen{Mean: &x, Low: &low, High: &high}})
		}
		r.Segments, f.Personas.Segments = append(r.Segments, segment), append(f.Personas.Segments, who)
	}
	f.Segments = r
}

// prove adds one finding a metric.
func (f *Findings) prove() {
	number := func(x float64) *float64 { return &x }
	var found []evidence.Finding
	var trust []evidence.Trust
	for k, m := range f.Overall.Metrics {
		items := []wire.Item{{Feature: 0, Code: 1}, {Feature: 1, Code: 2}}
		figures := evidence.Figures{N: 700, Known: 700, Share: 0.03, Mean: number(0.31), Low: number(0.28), High: number(0.34), Lift: number(2.7), Excess: number(140)}
		found = append(found, evidence.Finding{
			Rank: 1, Metric: m.Name, Group: search.Name(f.Overall.Features, items), Items: items, Direction: "up",
			All: figures, Discovery: figures, Confirmation: figures, P: 1e-9, Q: 2e-7, Status: "new", Unexplained: 0.6, Covered: 0.2, Largest: 0.4,
			Steps:  []evidence.Step{{N: 9000, Mean: number(0.117)}, {Item: &items[0], N: 2000, Mean: number(0.09)}, {Item: &items[1], N: 700, Mean: number(0.31)}},
			Parent: &evidence.Parent{Group: "age=a", N: 2000, Mean: number(0.2), Gain: number(1.5)},
			Money:  &evidence.Money{Profit: 12345, BreakEven: 0.04, PerArm: 1800}, SQL: `"age" = 'a' AND "` + nasty + `" = '</pre>'`,
		})
		if k > 0 {
			found[k].Parent.Gain, found[k].Status, found[k].Heavy, found[k].Confirmation.Lift = nil, "derived", true, nil
		}
		trust = append(trust, evidence.Trust{
			Metric: m.Name, Direction: "both", Discovery: 6000, Confirmation: 4000, Tried: 500, Gated: 60, Distinct: 9, Confirmed: 1, Chance: 0.45,
			Top: []evidence.Share{{Customers: 0.03, Metric: 0.2}, {Customers: 0.087, Metric: 0.39}},
		})
	}
	f.Evidence = &evidence.Result{Findings: found, Trust: trust}
}
