package persona

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/wire"
)

// maxName is the length of a name in characters, and nameTraits how many
// traits make one unless more are needed to tell segments apart.
const (
	maxName    = 40
	nameTraits = 2
)

// typical is the share from which on a level stands for a segment's customers.
const typical = 0.75

// name gives every segment a name from its most telling levels.
func name(r *Result, plan *encoder.Plan, style Style) {
	words := vocabulary(plan)
	taken := map[string]bool{}
	for s := range r.Segments {
		p := &r.Segments[s]
		p.Name = unique(p.telling(words, style), taken, fallback(len(r.Segments)))
		taken[strings.ToLower(p.Name)] = true
	}
}

func fallback(segments int) string {
	if segments == 1 {
		return "All customers"
	}
	return "Mixed"
}

// telling returns the words for a segment's most telling levels: those that
// most of its customers have and that are far more frequent than among all,
// one per feature, by effect; defining and describing ones alike. One that says
// little of the customer is not the first if there is another.
func (p *Persona) telling(words map[[2]int]string, style Style) []string {
	list := slices.Concat(p.Defining, p.Over)
	list = slices.DeleteFunc(list, func(t Trait) bool { return t.H < 0 || t.Code == encoder.Missing || t.Role != "" })
	slices.SortStableFunc(list, func(a, b Trait) int {
		if x, y := a.Share >= typical, b.Share >= typical; x != y {
			if x {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.H, a.H)
	})
	lead := slices.IndexFunc(list, func(t Trait) bool {
		return style.Weak == nil || !style.Weak(wire.Item{Feature: t.Feature, Code: uint8(t.Code)})
	})
	if lead > 0 {
		t := list[lead]
		list = slices.Insert(slices.Delete(list, lead, lead+1), 0, t)
	}
	var out []string
	seen := map[int]bool{}
	for _, t := range list {
		if !seen[t.Feature] {
			seen[t.Feature] = true
			out = append(out, words[[2]int{t.Feature, t.Code}])
		}
	}
	return out
}

// unique makes the shortest name of the first words that nobody has yet.
func unique(words []string, taken map[string]bool, otherwise string) string {
	var made string
	for i, word := range words {
		next := word
		if made != "" {
			next = made + ", " + word
		}
		if utf8.RuneCountInString(next) > maxName {
			continue
		}
		made = next
		if i+1 >= min(nameTraits, len(words)) && !taken[strings.ToLower(capital(made))] {
			return capital(made)
		}
	}
	if made == "" {
		made = otherwise
	}
	made = capital(made)
	for i := 1; ; i++ {
		suffix := ""
		if i > 1 {
			suffix = fmt.Sprintf(" %d", i)
		}
		if try := cut(made, maxName-len(suffix)) + suffix; !taken[strings.ToLower(try)] {
			return try
		}
	}
}

// vocabulary says how to call each level: by its own name where that is a word
// which no other feature uses, else with its feature's name.
func vocabulary(plan *encoder.Plan) map[[2]int]string {
	users := map[string]int{}
	for _, f := range plan.Features {
		for _, l := range f.Levels {
			users[strings.ToLower(l.Name)]++
		}
	}
	out := map[[2]int]string{}
	for i, f := range plan.Features {
		for c, l := range f.Levels {
			word := l.Name
			if !speaks(l.Name) || users[strings.ToLower(l.Name)] > 1 || uint8(c+1) == f.Other {
				word = f.Name + " " + l.Name
			}
			out[[2]int{i, c + 1}] = cut(word, maxName)
		}
	}
	return out
}

// speaks says whether a level's name means something without its feature's.
func speaks(s string) bool {
	letters := 0
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Han, r):
			letters += 2
		case unicode.IsLetter(r):
			letters++
		}
	}
	switch strings.ToLower(s) {
	case "yes", "no", "true", "false", "unknown", "other", "none", "never", "low", "high", "medium":
		return false
	}
	return letters > 2 || letters == 2 && utf8.RuneCountInString(s) == 1
}

// capital makes the first letter large.
func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}

// cut shortens s to so many characters.
func cut(s string, characters int) string {
	if utf8.RuneCountInString(s) <= characters {
		return s
	}
	return strings.TrimRight(string([]rune(s)[:characters-1]), " ,") + "…"
}

// describe writes the one line about a segment.
func (p *Persona) describe(metrics []metric.Metric) {
	parts := []string{fmt.Sprintf("%s of all customers", percent(p.Share))}
	for i, m := range p.Metrics {
		if m.Mean == nil {
			continue
		}
		text := m.Name + " " + value(*m.Mean, metrics[i].Binary)
		if m.Lift != nil {
			text += fmt.Sprintf(" (%.2f times the average)", *m.Lift)
		}
		if u := m.Unseen; u != nil && u.Low != nil && u.Known < m.Known {
			text += fmt.Sprintf(", on unseen customers %s to %s", value(*u.Low, metrics[i].Binary), value(*u.High, metrics[i].Binary))
		}
		parts = append(parts, text)
	}
	often := phrases(slices.Concat(p.Defining, p.Over), func(t Trait) bool { return t.H > 0 })
	if len(often) > 0 {
		parts = append(parts, "more often "+strings.Join(often, ", "))
	}
	settled := p.settled()
	seldom := phrases(slices.Concat(p.Defining, p.Under), func(t Trait) bool { return t.H < 0 && !settled[t.Feature] })
	if len(seldom) > 0 {
		parts = append(parts, "seldom "+strings.Join(seldom, ", "))
	}
	p.Description = strings.Join(parts, "; ") + "."
}

// settled returns the features of which most customers share one level: that
// the other levels are seldom goes without saying.
func (p *Persona) settled() map[int]bool {
	out := map[int]bool{}
	for _, t := range slices.Concat(p.Defining, p.Over) {
		if t.H > 0 && t.Share >= typical {
			out[t.Feature] = true
		}
	}
	return out
}

// phrases puts the strongest traits that pass into words, three at most, one a
// feature.
func phrases(list []Trait, pass func(Trait) bool) []string {
	slices.SortStableFunc(list, func(a, b Trait) int { return cmp.Compare(math.Abs(b.H), math.Abs(a.H)) })
	var out []string
	seen := map[int]bool{}
	for _, t := range list {
		if pass(t) && t.Role == "" && !seen[t.Feature] && len(out) < 3 {
			seen[t.Feature] = true
			out = append(out, fmt.Sprintf("%s %s (%s, TGI %.0f)", t.Name, t.Level, percent(t.Share), t.TGI))
		}
	}
	return out
}

func percent(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }

func value(x float64, binary bool) string {
	if binary {
		return percent(x)
	}
	return fmt.Sprintf("%.4g", x)
}
