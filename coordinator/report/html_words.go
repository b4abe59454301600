package report

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
)

// Languages are the ones that report.html can be written in.
var Languages = []string{"en", "zh"}

//go:embed html/zh.json
var chinese []byte

// words finds a language's text for an English one.
type words func(text string) string

// wordsOf returns the words of a language. What it does not know stays English.
func wordsOf(lang string) (words, error) {
	table := map[string]string{}
	switch lang {
	case "", "en":
	case "zh":
		if err := json.Unmarshal(chinese, &table); err != nil {
			return nil, fmt.Errorf("the Chinese words: %w", err)
		}
	default:
		return nil, fmt.Errorf("the report is not to be had in the language %q: choose one of %v", lang, Languages)
	}
	return func(text string) string { return cmp.Or(table[text], text) }, nil
}

// say puts a text, with what belongs at its verbs, into the language.
func (w words) say(text string, args ...any) string {
	if len(args) == 0 {
		return w(text)
	}
	return fmt.Sprintf(w(text), args...)
}
