package report

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

//go:embed html/zh-sentences.json
var chineseSentences []byte

// sentences put made sentences, such as the notes of a job, into a language by
// the pattern that each was made of; outputs keep them in English.
type sentences []sentence

type sentence struct {
	pattern *regexp.Regexp // of the English text, a group for every %s
	text    string         // with %s or %[n]s
	opens   bool           // it begins with words of its own
	fixed   int            // length of what is not a %s: the longer, the surer
}

func sentencesOf(lang string) (sentences, error) {
	if lang != "zh" {
		return nil, nil
	}
	table := map[string]string{}
	if err := json.Unmarshal(chineseSentences, &table); err != nil {
		return nil, fmt.Errorf("the Chinese sentences: %w", err)
	}
	var out sentences
	for _, english := range slices.Sorted(maps.Keys(table)) {
		parts := strings.Split(english, "%s")
		fixed, opens := 0, parts[0] != ""
		for i := range parts {
			fixed += len(parts[i])
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		pattern, err := regexp.Compile(`(?s)\A` + strings.Join(parts, "(.+?)") + `\z`)
		if err != nil {
			return nil, err
		}
		out = append(out, sentence{pattern, table[english], opens, fixed})
	}
	slices.SortStableFunc(out, func(a, b sentence) int {
		if a.opens != b.opens { // a sentence that another is put into comes after it
			if a.opens {
				return -1
			}
			return 1
		}
		return b.fixed - a.fixed
	})
	return out, nil
}

// say translates a text, and what was put into it where that is a sentence as
// well. What it does not know stays as it is.
func (s sentences) say(text string) string {
	for _, x := range s {
		groups := x.pattern.FindStringSubmatch(text)
		if groups == nil {
			continue
		}
		var args []any
		for _, g := range groups[1:] {
			args = append(args, s.say(g))
		}
		if len(args) == 0 {
			return x.text
		}
		return fmt.Sprintf(x.text, args...)
	}
	return text
}
