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
	parts := []string{plural(traits, "trait", "traits")}
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

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return whole(n) + " " + many
}

// aside are the sections on what is no trait of the customer.
func (f *Findings) aside(l length) []section {
	r := f.Roles
	if r == nil {
		return nil
	}
	var out []section
	if len(r.Context) > 0 {
		out = append(out, f.context())
		if l.every && r.ContextAdds != nil {
			out = append(out, f.contextWithin())
		}
	}
	if len(r.Levers) > 0 {
		out = append(out, f.levers(l))
	}
	return out
}

// context says what context adds to the traits, and where each goes with the
// highest and the lowest mean.
func (f *Findings) context() section {
	s := section{title: "What context adds", head: f.headed("context", "strength", "highest", "", "lowest", "")}
	if a := f.Roles.ContextAdds; a != nil {
		s.say("%s", addsInWords(a, "context"))
	}
	for _, c := range f.Roles.Context {
		for k, levels := range c.Metrics {
			m := f.Overall.Metrics[k]
			high, low := extremes(m, levels.Levels)
			s.add(f.celled(m, c.Name, strength(m, &levels), high[0], high[1], low[0], low[1])...)
		}
	}
	s.note("levels of at least %d customers, with their number; behind the mean its 95 %% interval", roles.Fewest)
	return s
}

// contextWithin shows how far the strongest context moves each segment.
func (f *Findings) contextWithin() section {
	s := section{title: "Context inside the segments", head: f.headed("segment", "context", "highest", "", "lowest", "")}
	for _, w := range f.Roles.ContextAdds.Within {
		for i, levels := range w.Segments {
			m := f.named(w.Metric)
			high, low := extremes(m, levels)
			s.add(f.celled(m, f.segmentName(i), w.Name, high[0], high[1], low[0], low[1])...)
		}
	}
	return s
}

// levers shows the metrics on the levels of what the business can change.
func (f *Findings) levers(l length) section {
	s := section{title: "Levers", head: f.headed("of", "lever", "best", "", "least", "", "p")}
	if a := f.Roles.LeversAdd; a != nil {
		s.say("%s", addsInWords(a, "levers"))
	}
	s.say("association, not effect, unless the lever was assigned at random; the best of several levels looks better than it is")
	row := func(of, lever string, m metric.Metric, levels []roles.Level) {
		high, low := extremes(m, levels)
		s.add(f.celled(m, of, lever, high[0], high[1], low[0], low[1], sameByChance(m, levels))...)
	}
	for _, c := range f.Roles.Levers {
		for k, levels := range c.Metrics {
			row("all customers", c.Name, f.Overall.Metrics[k], levels.Levels)
		}
	}
	if a := f.Roles.LeversAdd; a != nil {
		for _, w := range a.Within {
			for i, levels := range w.Segments {
				row(f.segmentName(i), w.Name, f.named(w.Metric), levels)
			}
		}
	}
	for i, x := range f.Roles.Findings {
		if !l.every {
			s.note("findings.json has the levers of every finding")
			break
		}
		if i == l.groups {
			s.note("and %d more: findings.json has them", len(f.Roles.Findings)-i)
			break
		}
		row(x.Group, x.Name, f.named(x.Metric), x.Levels)
	}
	s.note("levels of fewer than %d customers are left out; p: of levels that differ by chance alone", roles.Fewest)
	return s
}

// headed puts the metric before the columns that a table's row begins with,
// where there are several.
func (f *Findings) headed(columns ...string) []string {
	if len(f.Overall.Metrics) > 1 {
		return append([]string{columns[0], "metric"}, columns[1:]...)
	}
	return columns
}

func (f *Findings) celled(m metric.Metric, cells ...string) []string {
	if len(f.Overall.Metrics) > 1 {
		return append([]string{cells[0], m.Name}, cells[1:]...)
	}
	return cells
}

// named returns the metric of a name.
func (f *Findings) named(name string) metric.Metric {
	for _, m := range f.Overall.Metrics {
		if m.Name == name {
			return m
		}
	}
	return metric.Metric{Name: name}
}

func (f *Findings) segmentName(i int) string {
	return fmt.Sprintf("%d %s", i+1, f.Personas.Segments[i].Name)
}

// addsInWords says by how much more is explained with some features than by
// traits alone.
func addsInWords(a *roles.Adds, what string) string {
	return fmt.Sprintf("of the variance on customers held out, cells of traits explain %s (± %.1f), cells of traits and %s %s (± %.1f): %+.1f points (± %.1f)",
		percent(a.Traits), 100*a.TraitsError, what, percent(a.Both), 100*a.BothError, 100*a.Gain, 100*a.GainError)
}

// strength is the foremost figure of a feature against a metric.
func strength(m metric.Metric, l *roles.Levels) string {
	name := associations(m)[0]
	if yesNo(m) {
		return figure(l.Gain) + " " + name
	}
	return figure(l.EtaSquared) + " " + name
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
