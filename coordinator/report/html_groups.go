package report

import (
	"html/template"
	"math"
	"math/big"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// How much of the groups a page shows.
const (
	mostGroups = 1000 // in tables and bubbles, of all metrics together
	mostDots   = 1500 // in the cloud behind the bubbles
	mostLabels = 15   // bubbles with a number
)

// metricView is what there is to see of one metric.
type metricView struct {
	Name    string
	Spoken  string        // concentration in a sentence
	Best    string        // the foremost group in a sentence
	Curve   template.HTML // concentration
	Lines   []string      // what the lines of it are
	Kind    string        // what the groups are called
	Said    []string      // of how they were found
	Bubbles template.HTML
	Groups  grid
}

func (p *document) metric(k int) metricView {
	m := p.f.Overall.Metrics[k]
	v := metricView{Name: m.Name}
	var best []evidence.Share
	if t := p.trustOf(m.Name); t != nil {
		best = t.Top
		if n := len(best); n > 0 && best[n-1].Customers >= 1 {
			best = best[:n-1] // all customers: nothing is known of the way there
		}
	}
	points := p.f.concentration(k)
	s, ok := telling(best)
	if !ok {
		s, ok = telling(points)
	}
	if ok {
		v.Spoken = p.t("%s of the customers hold %s of %s.", percent(s.Customers), percent(s.Metric), m.Name)
	}
	if len(points)+len(best) > 0 {
		v.Curve = p.curve(m, points, best, v.Spoken)
		if len(points) > 0 {
			v.Lines = append(v.Lines, p.t("Blue: the segments, from the highest mean to the lowest."))
		}
		if len(best) > 0 {
			v.Lines = append(v.Lines, p.t("Amber: the best groups one after the other, as found on one part of the customers, measured on the others."))
		}
	}
	if k < len(p.f.Tops) && p.f.Groups != nil {
		p.groups(k, &v)
	}
	return v
}

// groups fills in the picture and the table of the groups of one metric.
func (p *document) groups(k int, v *metricView) {
	f, m, top := p.f, p.f.Overall.Metrics[k], p.f.Tops[k]
	v.Kind = p.t(f.kind())
	v.Said = append(v.Said, p.t("%s groups of at least %s customers were counted.", whole(f.looked()), whole(f.Minimum)))
	if f.MaxShare < 1 {
		v.Said = append(v.Said, p.t("Ranked are those of at most %s of the customers, by %s.", percent(f.MaxShare), p.t(top.Measure)))
	}
	v.Groups = grid{Head: []head{
		{"#", true},
		{p.t("group"), false},
		{p.t("customers"), true},
		{p.t("share"), true},
		{m.Name, true},
		{p.t("95 % interval"), true},
		{p.t("lift"), true},
		{p.t("excess"), true},
	}}
	all := m.At(&f.Overall.All, 0)
	listed := top.Groups[:min(len(top.Groups), max(25, mostGroups/len(f.Tops)))]
	if len(listed) < len(top.Groups) {
		v.Groups.After = append(v.Groups.After, p.t("%s more are in top.csv.", whole(len(top.Groups)-len(listed))))
	}
	bubbles := p.heldBubbles(m)
	isHeld := func(name string) bool {
		return slices.ContainsFunc(p.foundOf(m.Name), func(f *evidence.Finding) bool { return f.Group == name })
	}
	var shown []int
	for rank, g := range listed {
		items, n := f.Groups.At(g), f.Groups.Counts.N[g]
		value := m.At(&f.Groups.Counts, g)
		x, _ := m.Mean(value)
		lift, _ := m.Lift(value, all)
		excess, _ := m.Excess(value, all)
		variant := slices.ContainsFunc(shown, func(other int) bool { return f.variants(g, other) })
		b := bubble{n: n, share: float64(n) / float64(f.Source.Rows), mean: x, excess: excess, class: above(excess, 0)}
		row := gridRow{ID: p.id("g"), Cells: []cell{
			{Text: whole(rank + 1), Right: true},
			{Chips: chips(f, items)},
			{Text: whole(n), Right: true},
			{Text: percent(b.share), Right: true},
			{Text: mean(m, x), Right: true},
			{Text: p.between(m, value, top.Squares, rank), Right: true},
			{Text: ratio(lift), Right: true},
			{Text: signed(excess), Right: true},
		}}
		name := search.Name(f.Overall.Features, items)
		if variant {
			row.Class, b.class = "variant", b.class+" variant"
		} else if shown = append(shown, g); p.trust != nil {
			b.class += " variant"
		} else if len(shown) <= mostLabels {
			b.label, b.link = whole(rank+1), row.ID
		}
		if isHeld(name) {
			row.Class = "held"
		} else if !math.IsNaN(x) {
			b.text = name + ": " + p.t("%s customers", whole(n)) + ", " + mean(m, x) + ", " + ratio(lift) + ", " + signed(excess)
			bubbles = append(bubbles, b)
		}
		v.Groups.Rows = append(v.Groups.Rows, row)
	}
	if len(shown) > 0 {
		v.Best = p.best(m, listed[0], p.overall[k])
	}
	v.Bubbles = p.bubbles(m, p.chance(k), bubbles, p.cloud(m))
}

// heldBubbles are the findings of a metric; they lead to their cards.
func (p *document) heldBubbles(m metric.Metric) []bubble {
	var out []bubble
	for _, f := range p.foundOf(m.Name) {
		if f.All.Mean == nil || f.All.Share <= 0 {
			continue
		}
		b := bubble{n: f.All.N, share: f.All.Share, mean: *f.All.Mean, excess: value(f.All.Excess), class: f.Direction, link: findingID(f)}
		if f.Rank <= 2*mostLabels {
			b.label = whole(f.Rank)
		}
		b.text = f.Group + ": " + p.t("%s customers", whole(f.All.N)) + ", " + mean(m, b.mean) + ", " + signed(b.excess)
		out = append(out, b)
	}
	return out
}

// best says the foremost group in a sentence.
func (p *document) best(m metric.Metric, g int, overall float64) string {
	f := p.f
	x, ok := m.Mean(m.At(&f.Groups.Counts, g))
	if !ok || math.IsNaN(overall) {
		return ""
	}
	return p.t("The foremost group is %s: %s of the customers, %s %s against %s on average.",
		search.Name(f.Overall.Features, f.Groups.At(g)), percent(float64(f.Groups.Counts.N[g])/float64(f.Source.Rows)), m.Name, mean(m, x), mean(m, overall))
}

// chips are a group's items in words.
func chips(f *Findings, items []wire.Item) []string {
	var out []string
	for _, i := range items {
		out = append(out, f.Overall.Features[i.Feature].Name+" = "+codeName(&f.Overall.Features[i.Feature], int(i.Code)))
	}
	return out
}

// between writes the interval of a ranked group's mean.
func (p *document) between(m metric.Metric, v metric.Value, squares []partial.Squares, rank int) string {
	if m.Num >= len(squares) || rank >= len(squares[m.Num].Hi) {
		return "–"
	}
	low, high, ok := m.Interval(v, squares[m.Num].Big(rank))
	if !ok {
		return "–"
	}
	return mean(m, low) + " – " + mean(m, high)
}

// chance says how a metric strays by chance.
func (p *document) chance(k int) noise {
	f, m := p.f, p.f.Overall.Metrics[k]
	z := noise{mean: p.overall[k], sigma: math.NaN(), n: f.Source.Rows, tried: f.looked(), yes: yesNo(m), weight: m.Den >= 0}
	v := m.At(&f.Overall.All, 0)
	switch {
	case yesNo(m):
		z.sigma = math.Sqrt(z.mean * (1 - z.mean))
	case m.Den < 0 && f.Segments != nil && f.Segments.Counts != nil && v.Known > 1:
		total := new(big.Int)
		s := f.Segments.Counts.Squares[m.Num]
		for i := range s.Hi {
			total.Add(total, s.Big(i))
		}
		if low, high, ok := m.Interval(v, total); ok { // ± 1.96 σ/√n
			z.sigma = (high - low) / (2 * quantile(0.975)) * math.Sqrt(float64(v.Known))
		}
	}
	return z
}

// cloud picks groups from all that were found, evenly over their list, for
// those of the picture to be seen against.
func (p *document) cloud(m metric.Metric) []dot {
	g := p.f.Groups
	step := max(1, (g.Len()+mostDots-1)/mostDots)
	var out []dot
	for i := 0; i < g.Len(); i += step {
		share := float64(g.Counts.N[i]) / float64(p.f.Source.Rows)
		if x, ok := m.Mean(m.At(&g.Counts, i)); ok && share <= p.f.MaxShare && share > 0 {
			out = append(out, dot{share, x})
		}
	}
	return out
}
