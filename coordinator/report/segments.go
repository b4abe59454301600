package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/coordinator/persona"
)

// segments lists the final segments with their rules.
func (f *Findings) segments() section {
	r := f.Segments
	s := section{title: fmt.Sprintf("%d segments", r.K), head: []string{"", "segment", "share", ""}, right: []int{2}}
	for _, m := range f.Overall.Metrics {
		s.head = append(s.head, m.Name, "lift", "95 %, unseen")
		s.right = append(s.right, len(s.head)-3, len(s.head)-2, len(s.head)-1)
	}
	most := 0.0
	for _, g := range r.Segments {
		most = max(most, g.Share)
	}
	for i, g := range r.Segments {
		cells := []string{fmt.Sprint(i + 1), f.Personas.Segments[i].Name, percent(g.Share), bar(g.Share, most, 12)}
		for k, m := range f.Overall.Metrics {
			cells = append(cells, mean(m, value(g.Metrics[k].Mean)), ratio(value(g.Metrics[k].Lift)),
				unseenBetween(m, &f.Personas.Segments[i].Metrics[k]))
		}
		s.add(cells...)
	}
	s.note("made of %s: %s cells", strings.Join(r.Names, " × "), whole(r.Cells))
	if n := unseenCustomers(f.Personas.Segments); n > 0 && len(f.Overall.Metrics) > 0 {
		s.note("sizes and means are of all customers; intervals are of the %s that did not form the segments, on whom these explain %s of the variance",
			whole(n), percent(value(r.R2.Confirmed)))
	}
	if len(r.R2.Lambdas) > 0 {
		s.note("explained held out, metric / profile, by weight λ of the metric: %s", trades(r))
	}
	if len(r.Options) > 0 {
		s.note("segments found again by bootstraps (median adjusted Rand index): %s", stability(r))
	}
	if again := r.Repeated; again != nil {
		bound := ""
		if formed := f.Source.Rows - unseenCustomers(f.Personas.Segments); again.Customers < formed {
			bound = fmt.Sprintf(" of %s, so a lower bound", whole(formed))
		}
		s.note("with the features chosen anew in each, from %s customers%s: %s; %s of them choose others (the same draws with these features: %s)",
			whole(again.Customers), bound, repeated(again, func(o *merge.RepeatedOption) float64 { return o.Stable }),
			percent(again.Changed), repeated(again, func(o *merge.RepeatedOption) float64 { return o.Fixed }))
	}
	if len(r.R2.Splits) > 0 {
		s.note("on customers held out the segments explain %s of the variance; a tree with as many rules %s",
			percent(r.R2.HeldOut), percent(r.R2.Tree.SameRules))
	}
	if c := r.R2.Compared; c != nil {
		s.note("held out, metric / profile: merging %s, its rules %s; a tree grown directly for both %s with as many rules, %s with as many leaves as segments",
			both(c.Merged), both(c.Rules), both(c.SameRules), both(c.SameSegments))
	}
	for _, n := range r.Notes {
		s.note("! %s", n)
	}
	return s
}

func both(b merge.Both) string { return percent(b.Metric) + " / " + percent(b.Profile) }

// trades says what every λ explains of metric and profile.
func trades(r *merge.Result) string {
	var parts []string
	for _, t := range r.R2.Lambdas {
		part := fmt.Sprintf("%.2f: %s", t.Lambda, both(merge.Both{Metric: t.Metric, Profile: t.Profile}))
		if t.Lambda == r.Lambda {
			part += " (taken)"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// stability says how stable every number of segments that was looked at is.
func stability(r *merge.Result) string {
	var parts []string
	for _, o := range r.Options {
		parts = append(parts, fmt.Sprintf("%d: %.2f", o.K, o.Stable))
	}
	return strings.Join(parts, ", ")
}

// repeated says how stable every number of segments is.
func repeated(r *merge.Repeated, of func(o *merge.RepeatedOption) float64) string {
	var parts []string
	for i := range r.Options {
		parts = append(parts, fmt.Sprintf("%d: %.2f", r.Options[i].K, of(&r.Options[i])))
	}
	return strings.Join(parts, ", ")
}

func value(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

// portraits says of each segment who is in it and what sets them apart.
func (f *Findings) portraits(l length) section {
	s := section{title: "Who is in them"}
	for i, g := range f.Segments.Segments {
		p := f.Personas.Segments[i]
		if !l.every {
			s.say("%d %s: %s", i+1, p.Name, traitsInWords(p, l.levels))
			continue
		}
		s.say("%d %s: %s", i+1, p.Name, p.Description)
		if len(p.Numbers) > 0 {
			s.say("    mean (quartiles): %s", quartiles(p.Numbers))
		}
		for _, rule := range g.Rules {
			s.say("    rule: %s (%s customers)", merge.RuleText(f.Overall.Features, rule), whole(rule.N))
		}
	}
	return s
}

// quartiles says of each numeric feature the mean and the quartiles; where they
// were not counted, in which levels the quartiles lie.
func quartiles(numbers []persona.Quartiles) string {
	var parts []string
	for _, q := range numbers {
		mean, low, middle, high := numberTexts(&q)
		parts = append(parts, fmt.Sprintf("%s %s (%s / %s / %s)", q.Name, mean, low, middle, high))
	}
	return strings.Join(parts, ", ")
}

// numberTexts writes mean and quartiles, or the levels that hold these.
func numberTexts(q *persona.Quartiles) (mean, low, median, high string) {
	if d := q.Exact; d != nil {
		return amount(d.Mean), amount(d.Quartiles[0]), amount(d.Quartiles[1]), amount(d.Quartiles[2])
	}
	return "–", q.Low, q.Median, q.High
}

// traitsInWords lists what is most over-represented in a segment.
func traitsInWords(p persona.Persona, most int) string {
	traits := slices.DeleteFunc(slices.Concat(p.Defining, p.Over), func(t persona.Trait) bool { return t.H <= 0 || t.Role != "" })
	slices.SortStableFunc(traits, func(a, b persona.Trait) int { return cmp.Compare(b.H, a.H) })
	var parts []string
	for _, t := range traits[:min(most, len(traits))] {
		parts = append(parts, fmt.Sprintf("%s %s (TGI %.0f)", t.Name, t.Level, t.TGI))
	}
	if parts == nil {
		return "like everybody, but for the rules"
	}
	return strings.Join(parts, ", ")
}
