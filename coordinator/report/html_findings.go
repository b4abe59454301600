package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/wire"
)

// findingsView is what stood up: all of it in a table, the foremost as cards.
// Without any it says so.
type findingsView struct {
	Said  string
	Cards []findingCard // to be seen at once
	More  []findingCard // to be unfolded
	Table grid
}

// How many findings have a card, and how many of these are seen at once, of
// all metrics together. The table has all.
const (
	mostCards = 60
	seenCards = 8
)

type findingCard struct {
	Rank, Class   string
	Chips         []string
	Metric        string
	Status        string // in words
	Mean, Against string
	Sentence      string
	Parts         []partRow
	Steps         []stepRow
	Facts         []string
	Money         []tile
	SQL           string
}

// partRow is the mean on one part of the customers.
type partRow struct {
	Name, N, Mean, Between string
	Range                  template.HTML
}

// stepRow is one bar of the waterfall.
type stepRow struct {
	Name, Mean, Change string
	Bar                template.HTML
}

// findings makes a card of each finding; nil where none were sought.
func (p *document) findings() *findingsView {
	if p.trust == nil {
		return nil
	}
	v := &findingsView{}
	v.Table = grid{Title: p.t("All findings"), Head: []head{
		{"#", true},
		{p.t("finding"), false},
		{p.t("status"), false},
		{p.t("customers"), true},
		{p.t("share"), true},
		{p.t("checked"), true},
		{p.t("95 % interval"), true},
		{p.t("lift"), true},
		{p.t("excess"), true},
	}}
	several := len(p.f.Overall.Metrics) > 1
	if several {
		v.Table.Head = append(v.Table.Head, head{p.t("metric"), false})
	}
	each := max(1, len(p.trust))
	for i := range p.found {
		f := &p.found[i]
		m, _ := p.metricNamed(f.Metric)
		check := spanOfFigures(&f.Confirmation)
		row := gridRow{ID: findingID(f), Class: "held " + f.Direction, Cells: []cell{
			{Text: whole(f.Rank), Right: true},
			{Chips: chips(p.f, f.Items)},
			{Text: p.status(f)},
			{Text: whole(f.All.N), Right: true},
			{Text: percent(f.All.Share), Right: true},
			{Text: mean(m, check.mean), Right: true},
			{Text: check.between(m), Right: true},
			{Text: ratio(value(f.Confirmation.Lift)), Right: true},
			{Text: signed(value(f.All.Excess)), Right: true},
		}}
		if several {
			row.Cells = append(row.Cells, cell{Text: f.Metric})
		}
		if f.Rank <= seenCards/each {
			v.Cards = append(v.Cards, p.card(f))
		} else if f.Rank <= mostCards/each {
			v.More = append(v.More, p.card(f))
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	if len(p.found) == 0 {
		v.Said = p.t("Nothing found that holds on unseen customers. What was looked for is said below.")
	} else {
		v.Said = p.t("Each was found on one part of the customers and checked on the others. What counts is the check.")
	}
	return v
}

// metricNamed returns the metric of a finding and its place.
func (p *document) metricNamed(name string) (metric.Metric, int) {
	for k, m := range p.f.Overall.Metrics {
		if m.Name == name {
			return m, k
		}
	}
	return metric.Metric{Name: name, Den: -1}, -1
}

func (p *document) card(f *evidence.Finding) findingCard {
	m, k := p.metricNamed(f.Metric)
	overall := math.NaN()
	if k >= 0 {
		overall = p.overall[k]
	}
	if len(f.Steps) > 0 && f.Steps[0].Mean != nil {
		overall = *f.Steps[0].Mean // on confirmation
	}
	check := spanOfFigures(&f.Confirmation)
	c := findingCard{
		Rank: whole(f.Rank), Class: f.Direction, Chips: chips(p.f, f.Items), Metric: f.Metric,
		Status: p.status(f), Mean: mean(m, check.mean), SQL: f.SQL,
		Against: p.t("%s on average", mean(m, overall)),
	}
	if lift := value(f.Confirmation.Lift); !math.IsNaN(lift) {
		c.Against += " · " + ratio(lift)
	}
	c.Sentence = p.t("%s customers, %s of all; %s against the average of as many.", whole(f.All.N), percent(f.All.Share), signed(value(f.All.Excess)))
	p.addParts(&c, f, m, overall)
	p.addSteps(&c, f, m)
	p.addFacts(&c, f, m)
	return c
}

// status says whether the business knew.
func (p *document) status(f *evidence.Finding) string {
	switch f.Status {
	case "confirmed":
		return p.t("known")
	case "derived":
		return p.t("derived")
	}
	return p.t("new")
}

// findingID is the place of a finding's card in the page.
func findingID(f *evidence.Finding) string {
	return fmt.Sprintf("finding-%x-%d", f.Metric, f.Rank)
}

func spanOfFigures(f *evidence.Figures) span {
	return span{value(f.Mean), value(f.Low), value(f.High)}
}

// addParts sets the check beside what it checks.
func (p *document) addParts(c *findingCard, f *evidence.Finding, m metric.Metric, overall float64) {
	parts := []struct {
		name string
		f    *evidence.Figures
	}{{p.t("checked on"), &f.Confirmation}, {p.t("found on"), &f.Discovery}, {p.t("all customers"), &f.All}}
	var spans []span
	for _, part := range parts {
		spans = append(spans, spanOfFigures(part.f))
	}
	if math.IsNaN(overall) {
		overall = spans[0].mean
	}
	s := spanScale(overall, 180, spans...)
	for i, part := range parts {
		row := partRow{Name: part.name, N: whole(part.f.N), Mean: mean(m, spans[i].mean), Between: spans[i].between(m), Range: interval(s, overall, spans[i])}
		c.Parts = append(c.Parts, row)
	}
}

// addSteps draws the waterfall from all customers to the group.
func (p *document) addSteps(c *findingCard, f *evidence.Finding, m metric.Metric) {
	const w, h = 180.0, 16.0
	s := scale{low: math.Inf(1), high: math.Inf(-1), from: 2, to: w - 2}
	for _, step := range f.Steps {
		if x := value(step.Mean); !math.IsNaN(x) {
			s.low, s.high = min(s.low, x), max(s.high, x)
		}
	}
	if s.low > 0 && s.low < s.high { // bars of what cannot be negative begin at 0
		s.low = 0
	}
	before := math.NaN()
	for _, step := range f.Steps {
		x := value(step.Mean)
		row := stepRow{Name: p.t("all customers"), Mean: mean(m, x)}
		if step.Item != nil {
			row.Name = chips(p.f, []wire.Item{*step.Item})[0]
		}
		if d := mark("step", w, h); !math.IsNaN(x) {
			from := before
			if math.IsNaN(from) {
				from, before = s.low, x
			} else {
				row.Change = change(m, x-before)
			}
			d.line("base", s.at(before), 0, s.at(before), h)
			class := "whole"
			if step.Item != nil {
				class = above(x, before)
			}
			d.rect(class, min(s.at(from), s.at(x)), 4, max(1.5, math.Abs(s.at(x)-s.at(from))), h-8, 2)
			row.Bar, before = d.done(), x
		}
		c.Steps = append(c.Steps, row)
	}
}

// change writes a difference of means; of rates in percentage points.
func change(m metric.Metric, x float64) string {
	if yesNo(m) {
		return fmt.Sprintf("%+.1f", 100*x)
	}
	return signed(x)
}

// addFacts adds what else is to be known, and the money.
func (p *document) addFacts(c *findingCard, f *evidence.Finding, m metric.Metric) {
	fact := func(text string, args ...any) { c.Facts = append(c.Facts, unbroken(p.t(text, args...))) }
	if x := f.Parent; x != nil {
		if x.Gain != nil {
			fact("Against its best shorter rule, %s (%s): %s.", x.Group, mean(m, value(x.Mean)), ratio(*x.Gain))
		} else {
			fact("Its best shorter rule is %s (%s).", x.Group, mean(m, value(x.Mean)))
		}
	}
	fact("As far from the others by chance: p %s. False discovery rate over all that were checked: q %s.", chance(f.P), chance(f.Q))
	switch {
	case f.Status == "confirmed":
	case f.Unexplained > 0.995:
		fact("Nothing simpler explains it.")
	default:
		fact("%s of its excess is explained by nothing simpler.", percent(f.Unexplained))
	}
	if f.Covered > 0 {
		fact("It shares %s of its customers with a finding ranked above.", percent(f.Covered))
	}
	if len(f.Shares) > 0 {
		var levels []string
		for _, t := range f.Shares[:min(3, len(f.Shares))] {
			levels = append(levels, fmt.Sprintf("%s %s (TGI %.0f)", t.Name, t.Level, t.TGI))
		}
		fact("These customers also share: %s.", strings.Join(levels, ", "))
	}
	if f.Heavy {
		fact("Careful: its largest customer alone brings %s of its sum.", percent(f.Largest))
	}
	if x := f.Money; x != nil {
		c.Money = []tile{
			{signed(x.Profit), p.t("expected profit of treating all of them")},
			{mean(m, x.BreakEven), p.t("breaks even at")},
			{whole(x.PerArm), p.t("customers in each arm of a test that proves it")},
		}
	}
}

// chance writes a probability, 0.05 as "= 0.05".
func chance(p float64) string {
	if p < 0.0001 {
		return "< 0.0001"
	}
	return "= " + strings.TrimRight(fmt.Sprintf("%.4f", p), "0")
}
