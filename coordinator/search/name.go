package search

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/wire"
)

// How the two levels that are no value of their column are written.
const (
	missingName = "(missing)"
	otherName   = "(other)"
)

// Name writes a group as "age=30-39 & job=student": features in the plan's
// order. A missing level is (missing), *other* is (other), without quotes.
// What could be mistaken stands in double quotes, with "" for a quote: a
// feature containing = & or ", or with outer spaces, or empty; a level containing
// & or ", or with outer spaces, or empty, or spelt (missing) or (other).
// Without items the name is empty.
func Name(features []encoder.Feature, items []wire.Item) string {
	items = slices.Clone(items)
	slices.SortFunc(items, func(a, b wire.Item) int { return a.Feature - b.Feature })
	var s strings.Builder
	for i, item := range items {
		if i > 0 {
			s.WriteString(" & ")
		}
		f := &features[item.Feature]
		s.WriteString(quoted(f.Name, strings.ContainsAny(f.Name, `=&"`)))
		s.WriteByte('=')
		s.WriteString(levelName(f, item.Code))
	}
	return s.String()
}

func levelName(f *encoder.Feature, code uint8) string {
	switch {
	case code == encoder.Missing:
		return missingName
	case code == f.Other:
		return otherName
	}
	name := f.Levels[code-1].Name
	return quoted(name, strings.ContainsAny(name, `&"`) || name == missingName || name == otherName)
}

func quoted(s string, must bool) string {
	if must || s == "" || strings.TrimSpace(s) != s {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}

// ParseName is the inverse of Name. Items may come in any order; they are
// returned ascending by feature.
func ParseName(features []encoder.Feature, text string) ([]wire.Item, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var items []wire.Item
	for rest, more := text, true; more; {
		item, after, err := parseItem(features, rest)
		if err != nil {
			return nil, fmt.Errorf("group %q: %w", text, err)
		}
		items = append(items, item)
		rest, more = strings.CutPrefix(after, "&")
	}
	slices.SortFunc(items, func(a, b wire.Item) int { return a.Feature - b.Feature })
	for i := 1; i < len(items); i++ {
		if items[i].Feature == items[i-1].Feature {
			return nil, fmt.Errorf("group %q: feature %q stands twice", text, features[items[i].Feature].Name)
		}
	}
	return items, nil
}

// parseItem reads feature=level from the beginning of text; what is left is
// empty or begins with &.
func parseItem(features []encoder.Feature, text string) (item wire.Item, rest string, err error) {
	name, rest, _, err := parseWord(text, "=&")
	if err != nil {
		return item, "", err
	}
	rest, ok := strings.CutPrefix(rest, "=")
	if !ok {
		return item, "", fmt.Errorf("%q has no level: write feature=level", name)
	}
	level, rest, inQuotes, err := parseWord(rest, "&")
	if err != nil {
		return item, "", err
	}
	f := slices.IndexFunc(features, func(f encoder.Feature) bool { return f.Name == name })
	if f < 0 {
		return item, "", fmt.Errorf("there is no feature %q", name)
	}
	code, ok := findLevel(&features[f], level, inQuotes)
	if !ok {
		return item, "", fmt.Errorf("feature %q has no level %q", name, level)
	}
	return wire.Item{Feature: f, Code: code}, rest, nil
}

func findLevel(f *encoder.Feature, level string, inQuotes bool) (code uint8, ok bool) {
	switch {
	case !inQuotes && level == missingName:
		return encoder.Missing, true
	case !inQuotes && level == otherName:
		return f.Other, f.Other != 0
	}
	for i := range f.Levels {
		if code := uint8(i + 1); code != f.Other && f.Levels[i].Name == level {
			return code, true
		}
	}
	return 0, false
}

// parseWord reads a word, in quotes or up to one of the stop characters,
// without the spaces around it.
func parseWord(text, stop string) (word, rest string, inQuotes bool, err error) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexAny(text, stop)
		if end < 0 {
			end = len(text)
		}
		return strings.TrimSpace(text[:end]), text[end:], false, nil
	}
	var s strings.Builder
	for text = text[1:]; ; {
		part, after, ok := strings.Cut(text, `"`)
		if !ok {
			return "", "", true, errors.New("a quote is not closed")
		}
		s.WriteString(part)
		if text, ok = strings.CutPrefix(after, `"`); !ok {
			break
		}
		s.WriteByte('"')
	}
	rest = strings.TrimSpace(text)
	if rest != "" && !strings.ContainsAny(rest[:1], stop) {
		return "", "", true, fmt.Errorf("%q follows a closing quote", rest)
	}
	return s.String(), rest, true, nil
}
