package report

import (
	"fmt"
	"html/template"
	"math"
	"path/filepath"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/feature"
)

// document is what the template shows. Sections that were not looked for are empty.
type document struct {
	Lang   string
	Policy string
	Style  template.CSS
	Script template.JS

	Title    string
	Source   string // "45,211 customers × 17 columns from bank-full.csv"
	Headline string
	Further  []string // sentences below it
	Tiles    []tile
	Metrics  []metricView
	River    *river
	Segments *segmentsView
	Asides   []aside // context and levers
	Features []grid
	Columns  grid
	Trust    []grid
	Left     []string // columns left out, and why
	Notes    []string

	Findings *findingsView

	f       *Findings
	found   []evidence.Finding
	trust   []evidence.Trust // nil = no findings were sought
	words   words
	made    sentences
	overall []float64 // metric → mean of all customers; NaN = not known
	ids     int
}

// tile is a figure to see at a glance.
type tile struct{ Value, Label string }

// grid is a table that can be sorted.
type grid struct {
	Title string
	Head  []head
	Rows  []gridRow
	After []string
}

type head struct {
	Text  string
	Right bool // of numbers
}

type gridRow struct {
	ID    string
	Class string
	Cells []cell
}

// cell is a text with a mark beside it.
type cell struct {
	Text  string
	Mark  template.HTML
	Right bool
	Chips []string // in place of the text
}

func newDocument(f *Findings, texts words, made sentences) *document {
	p := &document{f: f, words: texts, made: made}
	if f.Evidence != nil {
		p.found, p.trust = f.Evidence.Findings, f.Evidence.Trust
	}
	for _, m := range f.Overall.Metrics {
		x, _ := m.Mean(m.At(&f.Overall.All, 0))
		p.overall = append(p.overall, x)
	}
	p.source()
	for k := range f.Overall.Metrics {
		p.Metrics = append(p.Metrics, p.metric(k))
	}
	if f.Segments != nil && f.Personas != nil {
		p.River = p.river()
		p.Segments = p.segments()
	}
	if f.Clusters != nil && f.ClusterPersonas != nil {
		p.Segments = p.clusters()
	}
	p.Asides = p.asides()
	p.Findings = p.findings()
	p.headline()
	p.tiles()
	p.addTrust()
	p.quality()
	return p
}

// t puts a text into the page's language.
func (p *document) t(text string, args ...any) string { return p.words.say(text, args...) }

// id makes an id that is unique in the page.
func (p *document) id(name string) string {
	p.ids++
	return fmt.Sprintf("%s%d", name, p.ids)
}

func (p *document) source() {
	s := &p.f.Source
	files := p.t("%s files", whole(len(s.Names)))
	if len(s.Names) == 1 {
		files = filepath.Base(s.Names[0])
	}
	p.Title = files
	p.Source = p.t("%s customers × %s columns from %s", whole(s.Rows), whole(s.Columns), files)
}

// headline says the most important in a sentence or two.
func (p *document) headline() {
	for _, v := range p.Metrics {
		if v.Spoken != "" {
			p.add(v.Spoken)
			break
		}
	}
	if p.trust != nil {
		p.sayHeld()
	} else {
		for _, v := range p.Metrics {
			if v.Best != "" {
				p.add(v.Best)
				break
			}
		}
	}
	if s := p.f.Segments; s != nil {
		text := p.t("%s segments cover all customers", whole(len(s.Segments)))
		if s.Predicts && s.R2.HeldOut > 0 {
			text = p.t("%s segments cover all customers; on customers held out they explain %s of the variance", whole(len(s.Segments)), percent(s.R2.HeldOut))
		}
		p.add(text + p.t("."))
	}
	if p.Headline == "" {
		p.Headline = p.t("%s customers at a glance.", whole(p.f.Source.Rows))
	}
}

// add adds a sentence.
func (p *document) add(text string) {
	text = unbroken(text)
	if p.Headline == "" {
		p.Headline = text
		return
	}
	p.Further = append(p.Further, text)
}

// unbroken keeps numbers and their unit on one line.
func unbroken(text string) string { return strings.ReplaceAll(text, " %", "\u00a0%") }

func (p *document) tiles() {
	add := func(value, label string) { p.Tiles = append(p.Tiles, tile{value, label}) }
	add(whole(p.f.Source.Rows), p.t("customers"))
	for k, m := range p.f.Overall.Metrics {
		if k < 3 {
			add(mean(m, p.overall[k]), p.t("%s overall", m.Name))
		}
	}
	if n := p.f.looked(); n > 0 {
		add(whole(n), p.t("groups looked at"))
	} else {
		add(whole(len(p.f.Overall.Features)), p.t("features"))
	}
	if p.trust != nil {
		add(whole(len(p.found)), p.t("findings that hold"))
	}
	if s := p.f.Segments; s != nil {
		add(whole(len(s.Segments)), p.t("segments"))
	}
}

// looked is how many groups were counted.
func (f *Findings) looked() (n int) {
	for _, l := range f.Levels {
		n += l.Kept
	}
	return n
}

// quality fills in features, columns, what was left out, and notes.
func (p *document) quality() {
	f := p.f
	for k := range max(1, len(f.Overall.Metrics)) {
		if len(f.Ranking) > 0 {
			p.Features = append(p.Features, p.features(k))
		}
	}
	c := f.columns()
	p.Columns = grid{Title: p.t("Data quality")}
	for i, h := range c.head {
		p.Columns.Head = append(p.Columns.Head, head{p.t(h), i >= 4})
	}
	for i, row := range c.rows {
		var cells []cell
		for j, text := range row {
			if j == 2 {
				text = p.t(text)
			}
			cells = append(cells, cell{Text: text, Right: j >= 4})
		}
		column := f.Columns[i]
		if j := 4; column.Rows > 0 {
			cells[j].Mark = meter("down", float64(column.Missing), float64(column.Rows), 60)
		}
		p.Columns.Rows = append(p.Columns.Rows, gridRow{Class: "role-" + string(column.Role), Cells: cells})
		if column.Role == feature.Ignore {
			p.Left = append(p.Left, column.Name+p.t(": ")+p.made.say(column.Reason))
		}
	}
	for _, r := range f.Ranking {
		if r.LeftOut != "" {
			p.Left = append(p.Left, p.made.say(r.LeftOut))
		}
	}
	p.Notes = append(p.Notes, f.warnings()...)
	if f.Segments != nil {
		p.Notes = append(p.Notes, f.Segments.Notes...)
	}
	for i, n := range p.Notes {
		p.Notes[i] = p.made.say(n)
	}
}

// features ranks the features by what they tell of one metric.
func (p *document) features(k int) grid {
	f := p.f
	t := grid{Title: p.t("Features"), Head: []head{{p.t("feature"), false}, {p.t("levels"), true}, {p.t("filled"), true}, {p.t("evenness"), true}}}
	var figures []string
	if k < len(f.Overall.Metrics) {
		m := f.Overall.Metrics[k]
		t.Title = p.t("What tells %s apart", m.Name)
		figures = associations(m)
		for _, name := range figures {
			t.Head = append(t.Head, head{p.t(name), true})
		}
	}
	most := 0.0
	values := func(r feature.Ranked) []*float64 {
		if len(figures) == 0 || k >= len(r.Metrics) {
			return nil
		}
		if a := r.Metrics[k]; yesNo(f.Overall.Metrics[k]) {
			return []*float64{a.Gain, a.IV, a.AUC}
		}
		return []*float64{r.Metrics[k].EtaSquared, r.Metrics[k].Correlation}
	}
	for _, r := range f.Ranking {
		if v := values(r); len(v) > 0 && v[0] != nil {
			most = max(most, *v[0])
		}
	}
	for _, i := range feature.ByStrength(f.Ranking, k) {
		r := f.Ranking[i]
		row := gridRow{Cells: []cell{
			{Text: r.Name},
			{Text: whole(len(f.Overall.Features[i].Levels)), Right: true},
			{Text: percent(r.Completeness), Right: true},
			{Text: fmt.Sprintf("%.2f", r.Evenness), Mark: meter("bar", r.Evenness, 1, 50), Right: true},
		}}
		if r.LeftOut != "" {
			row.Class = "left"
			row.Cells[0].Text += " (" + p.t("left out") + ")"
		}
		for j, x := range values(r) {
			c := cell{Text: figure(x), Right: true}
			if j == 0 && x != nil && !math.IsNaN(*x) {
				c.Mark = meter("bar", *x, most, 110)
			}
			row.Cells = append(row.Cells, c)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
