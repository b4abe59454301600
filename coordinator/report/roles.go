package report

import (
	"fmt"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/roles"
)

// mostNames is how many columns of a role are named in a line.
const mostNames = 8

// rolesInWords says how many traits there are and which columns have another
// role: "11 traits; context: month, day; not used: duration (excluded)".
func (f *Findings) rolesInWords() string {
	traits := 0
	named := map[feature.Role][]string{}
	for _, c := range f.Columns {
		switch c.Role {
		case feature.Feature:
			traits++
		case feature.Ignore:
			named[c.Role] = append(named[c.Role], fmt.Sprintf("%s (%s)", c.Name, c.Reason))
		default:
			named[c.Role] = append(named[c.Role], c.Name)
		}
	}
	parts := []string{whole(traits) + " traits"}
	for _, r := range []struct {
		role  feature.Role
		title string
	}{{feature.Context, "context"}, {feature.Lever, "levers"}, {feature.ID, "id"}, {feature.Ignore, "not used"}} {
		list := named[r.role]
		if len(list) > mostNames {
			list = append(list[:mostNames:mostNames], fmt.Sprintf("%d more", len(list)-mostNames))
		}
		if len(list) > 0 {
			parts = append(parts, r.title+": "+strings.Join(list, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

// asides are the sections on what is no trait of the customer, in the language
// of the words.
func (f *Findings) asides(l length, w words) []section {
	r := f.Roles
	if r == nil || len(f.Overall.Metrics) == 0 {
		return nil
	}
	a := asideTable{Findings: f, say: w}
	var out []section
	if len(r.Context) > 0 {
		out = append(out, a.context())
		if l.every && r.ContextAdds != nil && len(r.ContextAdds.Within) > 0 {
			out = append(out, a.contextWithin())
		}
	}
	if len(r.Levers) > 0 {
		out = append(out, a.levers(l))
	}
	return out
}

// asideTable makes the sections' tables.
type asideTable struct {
	*Findings
	say words
}

// context says what context adds to the traits, and where each goes with the
// highest and the lowest mean.
func (a *asideTable) context() section {
	s := section{title: a.say("What context adds"), head: a.headed("context", "strength", "highest", "", "lowest", "")}
	if x := a.Roles.ContextAdds; x != nil {
		s.say("%s", a.adds("Of the variance on customers held out, cells of traits explain %s (± %s), cells of traits and context %s (± %s): %s points (± %s)", x))
	}
	for _, c := range a.Roles.Context {
		for k, levels := range c.Metrics {
			m := a.Overall.Metrics[k]
			high, low := extremes(m, levels.Levels)
			s.add(a.celled(m, c.Name, a.strength(m, &levels), high[0], high[1], low[0], low[1])...)
		}
	}
	s.note("%s", a.say.say("Levels of at least %s customers, with their number; in brackets behind the mean its 95 %% interval", whole(roles.Fewest)))
	return s
}

// contextWithin shows how far the strongest context moves each segment.
func (a *asideTable) contextWithin() section {
	s := section{title: a.say("Context inside the segments"), head: a.headed("segment", "context", "highest", "", "lowest", "")}
	for _, w := range a.Roles.ContextAdds.Within {
		for i, levels := range w.Segments {
			m := a.named(w.Metric)
			high, low := extremes(m, levels)
			s.add(a.celled(m, a.segmentName(i), w.Name, high[0], high[1], low[0], low[1])...)
		}
	}
	return s
}

// levers shows the metrics on the levels of what the business can change.
func (a *asideTable) levers(l length) section {
	s := section{title: a.say("Levers"), head: a.headed("where", "lever", "highest", "", "lowest", "", "p")}
	if x := a.Roles.LeversAdd; x != nil {
		s.say("%s", a.adds("Of the variance on customers held out, cells of traits explain %s (± %s), cells of traits and levers %s (± %s): %s points (± %s)", x))
	}
	s.say("%s", a.say("Association, not effect, unless the lever was assigned at random; the best of several levels looks better than it is"))
	row := func(of, lever string, m metric.Metric, levels []roles.Level) {
		high, low := extremes(m, levels)
		s.add(a.celled(m, of, lever, high[0], high[1], low[0], low[1], sameByChance(m, levels))...)
	}
	for _, c := range a.Roles.Levers {
		for k, levels := range c.Metrics {
			row(a.say("all customers"), c.Name, a.Overall.Metrics[k], levels.Levels)
		}
	}
	hidden := false
	if x := a.Roles.LeversAdd; x != nil {
		for k, w := range x.Within {
			if k > 0 && !l.every { // a screen holds the strongest lever and the first metric
				hidden = true
				continue
			}
			for i, levels := range w.Segments {
				row(a.segmentName(i), w.Name, a.named(w.Metric), levels)
			}
		}
	}
	found := a.Roles.Findings
	shown := 0
	if l.every {
		shown = min(l.groups, len(found))
	}
	for _, x := range found[:shown] {
		row(x.Group, x.Name, a.named(x.Metric), x.Levels)
	}
	s.note("%s", a.say.say("Levels of fewer than %s customers are left out; p: that levels differ as much by chance alone", whole(roles.Fewest)))
	if hidden {
		s.note("report.md has the segments by other levers and metrics")
	}
	if n := len(found) - shown; n > 0 {
		s.note("%s", a.say.say("findings.json has the levers on every finding (tables left out here: %s)", whole(n)))
	}
	return s
}

// headed puts the metric behind the column that a table's row begins with,
// where there are several.
func (a *asideTable) headed(columns ...string) []string {
	for i := range columns {
		if columns[i] != "" {
			columns[i] = a.say(columns[i])
		}
	}
	if len(a.Overall.Metrics) > 1 {
		return append([]string{columns[0], a.say("metric")}, columns[1:]...)
	}
	return columns
}

func (a *asideTable) celled(m metric.Metric, cells ...string) []string {
	if len(a.Overall.Metrics) > 1 {
		return append([]string{cells[0], m.Name}, cells[1:]...)
	}
	return cells
}

// named returns the metric of a name.
func (a *asideTable) named(name string) metric.Metric {
	for _, m := range a.Overall.Metrics {
		if m.Name == name {
			return m
		}
	}
	return metric.Metric{Name: name}
}

func (a *asideTable) segmentName(i int) string {
	return fmt.Sprintf("%d %s", i+1, a.Personas.Segments[i].Name)
}

// adds says by how much more is explained with some features than by traits
// alone.
func (a *asideTable) adds(text string, x *roles.Adds) string {
	points := func(share float64) string { return fmt.Sprintf("%.1f", 100*share) }
	return a.say.say(text, percent(x.Traits), points(x.TraitsError), percent(x.Both), points(x.BothError), fmt.Sprintf("%+.1f", 100*x.Gain), points(x.GainError))
}

// strength is the foremost figure of a feature against a metric.
func (a *asideTable) strength(m metric.Metric, l *roles.Levels) string {
	x := l.EtaSquared
	if yesNo(m) {
		x = l.Gain
	}
	return figure(x) + " " + a.say(associations(m)[0])
}

// extremes writes the first and the last of levels that are ordered by mean:
// the level, and its mean with the interval.
func extremes(m metric.Metric, levels []roles.Level) (high, low [2]string) {
	if len(levels) == 0 {
		return [2]string{"–", ""}, [2]string{"–", ""}
	}
	return levelInWords(m, &levels[0]), levelInWords(m, &levels[len(levels)-1])
}

func levelInWords(m metric.Metric, l *roles.Level) [2]string {
	text := mean(m, value(l.Mean))
	if l.Low != nil && l.High != nil {
		text += " (" + mean(m, *l.Low) + " – " + mean(m, *l.High) + ")"
	}
	return [2]string{fmt.Sprintf("%s (%s)", l.Level, whole(l.N)), text}
}

// sameByChance writes the p-value of levels that do not differ.
func sameByChance(m metric.Metric, levels []roles.Level) string {
	p, ok := roles.Differ(m, levels)
	if !ok {
		return "–"
	}
	return strings.TrimPrefix(chance(p), "= ")
}
