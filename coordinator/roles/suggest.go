// Package roles keeps apart what describes the customer (traits), what
// describes the contact (context) and what the business can change (levers):
// it knows which names look like context and which levels look like recording
// artefacts, and says what context and levers go with beside the segments.
package roles

import (
	"slices"
	"strings"
	"unicode"
)

// contextWords are words that name the circumstances of a contact, a campaign
// or a recording. A column that has one among the words of its name looks like
// context.
var contextWords = []string{
	"month", "week", "weekday", "wday", "dow", "day", "date", "hour", "minute", "quarter", "timestamp", "datetime",
	"contact", "channel", "campaign", "call", "attempt", "session", "visit", "wave", "batch",
	"source", "medium", "referrer", "referer", "utm", "agent", "operator", "device", "browser",
}

// traitWords name dates in a customer's own life: a column that has one of them
// is no context, whatever its other words are.
var traitWords = []string{
	"birth", "born", "birthday", "dob", "signup", "sign", "join", "joined", "register", "registered", "registration",
	"open", "opened", "opening", "since", "age", "tenure", "last", "first", "income", "per",
}

// LooksLikeContext reports whether a column's name looks like context and not
// like a trait of the customer.
func LooksLikeContext(name string) bool {
	words := wordsOf(name)
	in := func(list []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(list, w) })
	}
	return in(contextWords) && !in(traitWords)
}

// wordsOf splits a name into its words, in lower case: at whatever is no
// letter, and where a capital follows a small letter.
func wordsOf(name string) []string {
	var b strings.Builder
	before := ' '
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		before = r
	}
	return strings.FieldsFunc(strings.ToLower(b.String()), func(r rune) bool { return !unicode.IsLetter(r) })
}
