package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/persona"
)

// segmentsView is the segments: a table of all and a card of each.
type segmentsView struct {
	Title string
	Said  []string
	Table grid
	Cards []segmentCard
}

type segmentCard struct {
	ID, Number, Name, Size string
	Class                  string
	Metrics                []cardMetric
	More, Less             []traitView
	Numbers                []numberView
	Rules                  []string
	SQL                    string
}

type cardMetric struct {
	Name, Mean, Lift, Between string
	Range                     template.HTML
}

// traitView is a level that sets a segment apart.
type traitView struct {
	Name, Share, TGI string
	Bar              template.HTML
}

// numberView is a numeric feature over a segment.
type numberView struct {
	Name, Mean, Low, Median, High string
}

// mostTraits is how many levels a card shows, more and less frequent ones.
const mostTraits = 6

func (p *document) segments() *segmentsView {
	r := p.f.Segments
	v := &segmentsView{Title: p.t("Segments")}
	v.Said = append(v.Said, p.t("Made of %s: %s cells.", strings.Join(r.Names, " × "), whole(r.Cells)))
	if r.Predicts && len(r.R2.Splits) > 0 {
		v.Said = append(v.Said, p.t("On customers held out the segments explain %s of the variance; a tree with as many rules %s.", percent(r.R2.HeldOut), percent(r.R2.Tree.SameRules)))
	}
	if c := r.R2.Compared; c != nil {
		v.Said = append(v.Said, p.t("Held out, metric / profile: merging %s, its rules %s; a tree grown directly for both %s with as many rules, %s with as many leaves as segments.",
			both(c.Merged), both(c.Rules), both(c.SameRules), both(c.SameSegments)))
	}
	if n := unseenCustomers(p.f.Personas.Segments); n > 0 && len(p.f.Overall.Metrics) > 0 {
		v.Said = append(v.Said, p.t("Sizes and means are of all customers. The marks and intervals are of the %s customers that did not form the segments, on whom these explain %s of the variance; the river shows the others, who formed them.",
			whole(n), percent(value(r.R2.Confirmed))))
	}
	p.list(v, r.Segments, p.f.Personas.Segments, true)
	return v
}

// list fills in the table and the cards; rules are exact or not.
func (p *document) list(v *segmentsView, segments []merge.Segment, personas []persona.Persona, exact bool) {
	f := p.f
	v.Table.Head = []head{{"", true}, {p.t("segment"), false}, {p.t("customers"), true}, {p.t("share"), true}}
	for _, m := range f.Overall.Metrics {
		v.Table.Head = append(v.Table.Head, head{m.Name, true}, head{p.t("lift"), true})
	}
	most := 0.0
	for _, s := range segments {
		most = max(most, s.Share)
	}
	scales := p.segmentScales(personas)
	for i := range segments {
		s, persona := &segments[i], &personas[i]
		row := gridRow{Cells: []cell{
			{Text: whole(i + 1), Right: true},
			{Text: persona.Name},
			{Text: whole(s.N), Right: true},
			{Text: percent(s.Share), Mark: meter("bar", s.Share, most, 90), Right: true},
		}}
		card := segmentCard{
			ID: fmt.Sprintf("segment%d", i+1), Number: whole(i + 1), Name: persona.Name, Class: "up",
			Size: p.t("%s customers", whole(s.N)) + " · " + percent(s.Share),
		}
		for k, m := range f.Overall.Metrics {
			x := spanOf(persona, k)
			all, lift := mean(m, value(persona.Metrics[k].Mean)), ratio(value(persona.Metrics[k].Lift))
			row.Cells = append(row.Cells, cell{Text: all, Mark: interval(scales[k], p.overall[k], x), Right: true}, cell{Text: lift, Right: true})
			c := cardMetric{Name: m.Name, Mean: all, Lift: lift, Between: x.between(m), Range: interval(scales[k], p.overall[k], x)}
			card.Metrics = append(card.Metrics, c)
		}
		if len(card.Metrics) > 0 {
			card.Class = above(spanOf(persona, 0).mean, p.overall[0])
		}
		p.fill(&card, s, persona)
		if !exact {
			card.SQL = ""
		}
		v.Table.Rows = append(v.Table.Rows, row)
		v.Cards = append(v.Cards, card)
	}
}

// segmentScales are the scales on which the segments' means are drawn.
func (p *document) segmentScales(personas []persona.Persona) []scale {
	var out []scale
	for k := range p.f.Overall.Metrics {
		var spans []span
		for i := range personas {
			spans = append(spans, spanOf(&personas[i], k))
		}
		out = append(out, spanScale(p.overall[k], 150, spans...))
	}
	return out
}

func spanOf(s *persona.Persona, k int) span {
	if k >= len(s.Metrics) {
		return span{math.NaN(), math.NaN(), math.NaN()}
	}
	return unseenSpan(&s.Metrics[k])
}

// fill fills in who is in a segment and how to pick them.
func (p *document) fill(card *segmentCard, s *merge.Segment, who *persona.Persona) {
	features := p.f.Overall.Features
	for _, list := range [][]persona.Trait{who.Defining, who.Over, who.Under} {
		for _, t := range list {
			if t.Role != "" {
				continue
			}
			v := traitView{Name: t.Name + " = " + t.Level, Share: percent(t.Share), TGI: fmt.Sprintf("%.0f", t.TGI), Bar: tgiBar(t.TGI)}
			if t.H > 0 && len(card.More) < mostTraits {
				card.More = append(card.More, v)
			} else if t.H < 0 && len(card.Less) < mostTraits/2 {
				card.Less = append(card.Less, v)
			}
		}
	}
	for i := range who.Numbers {
		v := numberView{Name: who.Numbers[i].Name}
		v.Mean, v.Low, v.Median, v.High = numberTexts(&who.Numbers[i])
		card.Numbers = append(card.Numbers, v)
	}
	var conditions []string
	wording := p.wording()
	for _, r := range s.Rules {
		card.Rules = append(card.Rules, wording.Rule(features, r)+" ("+p.t("%s customers", whole(r.N))+")")
		conditions = append(conditions, merge.RuleSQL(features, r))
	}
	if len(conditions) > 1 {
		for i := range conditions {
			conditions[i] = "(" + conditions[i] + ")"
		}
	}
	card.SQL = strings.Join(conditions, "\n   OR ")
}

// wording puts rules into the page's language.
func (p *document) wording() merge.Wording {
	w := merge.English
	for _, text := range []*string{&w.Everybody, &w.And, &w.Is, &w.IsNot, &w.In, &w.NotIn, &w.Comma, &w.End} {
		*text = p.t(*text)
	}
	return w
}
