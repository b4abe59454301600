package search

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/wire"
)

func named(name string, other uint8, levels ...string) encoder.Feature {
	f := encoder.Feature{Name: name, Other: other}
	for _, l := range levels {
		f.Levels = append(f.Levels, encoder.Level{Name: l})
	}
	return f
}

var awkward = []encoder.Feature{
	named("age", 0, "20-29", "30-39"),
	named("job", 2, "student", "(other)"),
	named("a=b", 3, "(missing)", "(other)", "rest"),
	named(" spaced ", 0, "", " ", "x & y", `say "hi"`, "a=b", "two words"),
	named(`"`, 0, "ü,;"),
}

func TestName(t *testing.T) {
	for _, test := range []struct {
		want  string
		items []wire.Item
	}{
		{"", nil},
		{"age=30-39 & job=student", []wire.Item{{Feature: 0, Code: 2}, {Feature: 1, Code: 1}}},
		{"age=30-39 & job=(other)", []wire.Item{{Feature: 1, Code: 2}, {Feature: 0, Code: 2}}},
		{`age=(missing) & "a=b"="(missing)"`, []wire.Item{{Feature: 0}, {Feature: 2, Code: 1}}},
		{`"a=b"="(other)"`, []wire.Item{{Feature: 2, Code: 2}}},
		{`"a=b"=(other)`, []wire.Item{{Feature: 2, Code: 3}}},
		{`" spaced "=""`, []wire.Item{{Feature: 3, Code: 1}}},
		{`" spaced "=" "`, []wire.Item{{Feature: 3, Code: 2}}},
		{`" spaced "="x & y"`, []wire.Item{{Feature: 3, Code: 3}}},
		{`" spaced "="say ""hi"""`, []wire.Item{{Feature: 3, Code: 4}}},
		{`" spaced "=a=b`, []wire.Item{{Feature: 3, Code: 5}}},
		{`" spaced "=two words & """"=ü,;`, []wire.Item{{Feature: 3, Code: 6}, {Feature: 4, Code: 1}}},
	} {
		if got := Name(awkward, test.items); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
		sorted := slices.SortedFunc(slices.Values(test.items), func(a, b wire.Item) int { return a.Feature - b.Feature })
		if got, err := ParseName(awkward, test.want); err != nil || !slices.Equal(got, sorted) {
			t.Errorf("%s: parsed as %v, %v", test.want, got, err)
		}
	}
}

func TestParseNameByHand(t *testing.T) {
	want := []wire.Item{{Feature: 0, Code: 2}, {Feature: 1, Code: 1}}
	for _, text := range []string{`job=student&age=30-39`, ` "job" = "student"  &  "age"="30-39" `} {
		if got, err := ParseName(awkward, text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: parsed as %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"age":                     `"age" has no level`,
		"ages=30-39":              `no feature "ages"`,
		"age=30":                  `feature "age" has no level "30"`,
		"age=(other)":             `feature "age" has no level "(other)"`,
		`job="(other)"`:           `no level "(other)"`,
		`age="30-39`:              "not closed",
		`age="30-39" or so`:       "follows a closing quote",
		"age=30-39 &":             "no level",
		"age=30-39 & age=20-29":   `"age" stands twice`,
		"& age=30-39":             `"" has no level`,
		"age=30-39 & & job=other": `"" has no level`,
	} {
		if _, err := ParseName(awkward, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestParseNameIsTheInverseOfName(t *testing.T) {
	text := rapid.StringOf(rapid.RuneFrom([]rune{'a', 'b', ' ', '=', '&', '"', '(', ')', '\n', '\t', '客', '\u00a0'}))
	special := rapid.SampledFrom([]string{"(missing)", "(other)", "", `""`, " & ", "a=b & c=d"})
	word := rapid.OneOf(text, special, rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		var features []encoder.Feature
		for _, name := range rapid.SliceOfNDistinct(word, 1, 5, rapid.ID[string]).Draw(t, "features") {
			levels := rapid.SliceOfNDistinct(word, 1, 5, rapid.ID[string]).Draw(t, "levels")
			other := rapid.SampledFrom([]uint8{0, uint8(len(levels))}).Draw(t, "other")
			features = append(features, named(name, other, levels...))
		}
		var items []wire.Item
		for f := range features {
			if rapid.Bool().Draw(t, "listed") {
				items = append(items, wire.Item{Feature: f, Code: uint8(rapid.IntRange(0, len(features[f].Levels)).Draw(t, "code"))})
			}
		}
		name := Name(features, items)
		got, err := ParseName(features, name)
		if err != nil || !slices.Equal(got, items) {
			t.Fatalf("%q: parsed as %v (%v), want %v", name, got, err, items)
		}
	})
}

func FuzzParseName(f *testing.F) {
	f.Add(`age=30-39 & "a=b"="(missing)"`)
	f.Fuzz(func(t *testing.T, text string) {
		items, err := ParseName(awkward, text)
		if err != nil {
			return
		}
		again, err := ParseName(awkward, Name(awkward, items))
		if err != nil || !slices.Equal(again, items) {
			t.Errorf("%q: %v, then %v (%v)", text, items, again, err)
		}
	})
}
