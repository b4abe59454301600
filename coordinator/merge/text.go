package merge

import (
	"strings"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// Wording is what stands around the names of features and levels in a rule.
type Wording struct {
	Everybody, And, Is, IsNot, In, NotIn, Comma, End string
}

// English is the wording of all outputs but a report in another language.
var English = Wording{
	Everybody: "everybody", And: " and ", Is: " is ", IsNot: " is not ", In: " in (", NotIn: " not in (", Comma: ", ", End: ")",
}

// RuleText writes a rule for people: "month in (apr, mar) and contact is not
// unknown". Of a condition and its opposite the shorter is written.
func RuleText(features []encoder.Feature, r Rule) string { return English.Rule(features, r) }

// Rule writes a rule for people, as RuleText does in English.
func (w *Wording) Rule(features []encoder.Feature, r Rule) string {
	if len(r.Conditions) == 0 {
		return w.Everybody
	}
	var parts []string
	for _, c := range r.Conditions {
		parts = append(parts, w.condition(&features[c.Feature], c.Codes))
	}
	return strings.Join(parts, w.And)
}

func (w *Wording) condition(f *encoder.Feature, codes []int) string {
	one, many := w.Is, w.In
	codes, not := Written(f, codes)
	if not {
		one, many = w.IsNot, w.NotIn
	}
	var names []string
	for _, code := range codes {
		names = append(names, f.LevelName(code))
	}
	if len(names) == 1 {
		return f.Name + one + names[0]
	}
	return f.Name + many + strings.Join(names, w.Comma) + w.End
}

// Written returns the codes that a condition is written with: those listed, or,
// where they are fewer, the others, which must not occur.
func Written(f *encoder.Feature, codes []int) (written []int, not bool) {
	if rest := complement(f, codes); len(rest) < len(codes) {
		return rest, true
	}
	return codes, false
}

// complement returns the feature's other codes, ascending.
func complement(f *encoder.Feature, codes []int) []int {
	listed := make([]bool, f.Codes())
	for _, c := range codes {
		listed[c] = true
	}
	var out []int
	for c, ok := range listed {
		if !ok {
			out = append(out, c)
		}
	}
	return out
}
