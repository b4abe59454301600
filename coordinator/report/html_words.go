package report

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

// Languages are the ones that report.html can be written in.
var Languages = []string{"en", "zh"}

//go:embed html/zh.json
var chinese []byte

// words are a language's texts by the English ones; what is not among them is
// shown in English.
type words map[string]string

func wordsOf(lang string) (words, error) {
	switch lang {
	case "", "en":
		return nil, nil
	case "zh":
		w := words{}
		if err := json.Unmarshal(chinese, &w); err != nil {
			return nil, fmt.Errorf("the Chinese words: %w", err)
		}
		return w, nil
	}
	return nil, fmt.Errorf("the report is not to be had in the language %q: choose one of %v", lang, Languages)
}

// say puts a text, with what belongs at its verbs, into the language.
func (w words) say(text string, args ...any) string {
	translated, ok := w[text]
	if !ok {
		translated = text
	}
	if len(args) == 0 {
		return translated
	}
	return fmt.Sprintf(translated, args...)
}
