package merge

import (
	"math"
	"testing"

	"github.com/headwater-dev/headwater/worker/encoder"
)

func at(x float64) *float64 { return &x }

func TestRulesInWordsAndSQL(t *testing.T) {
	features := []encoder.Feature{
		{Name: "job", Column: "job", Kind: encoder.Category, Levels: []encoder.Level{
			{Name: "clerk", Value: "clerk"}, {Name: "chef d'équipe", Value: "chef d'équipe"}, {Name: "other"},
		}, Other: 3},
		{Name: "age", Column: `a"ge`, Kind: encoder.Range, Levels: []encoder.Level{
			{Name: "0", Low: at(0), High: at(0)}, {Name: "under 20", High: at(20)}, {Name: "20-29", Low: at(20), High: at(30)}, {Name: "30 and over", Low: at(30)},
		}},
		{Name: "cars", Column: "cars", Kind: encoder.Discrete, Levels: []encoder.Level{{Name: "1", Value: "1"}, {Name: "2", Value: "2"}}},
		{Name: "seen month", Column: "seen", Part: encoder.Month, Kind: encoder.Category, Levels: []encoder.Level{{Name: "jan", Value: "jan"}, {Name: "dec", Value: "dec"}}},
		{Name: "seen weekday", Column: "seen", Part: encoder.Weekday, Kind: encoder.Category, Levels: []encoder.Level{{Name: "mon", Value: "mon"}, {Name: "sun", Value: "sun"}}},
		{Name: "tenure", Column: "since", Part: encoder.AgeDays, AsOf: "2024-05-31", Kind: encoder.Range, Levels: []encoder.Level{
			{Name: "under 365", High: at(365)}, {Name: "365 and over", Low: at(365)},
		}},
		{Name: "size", Column: "size", Kind: encoder.Discrete, Levels: []encoder.Level{{Name: "-Inf", Value: "-Inf"}, {Name: "9007199254740993", Value: "9007199254740993"}, {Name: "+Inf", Value: "+Inf"}}},
		{Name: "rest", Column: "rest", Kind: encoder.Range, Levels: []encoder.Level{{Name: "any", High: at(math.Inf(1))}, {Name: "+Inf", Low: at(math.Inf(1)), High: at(math.Inf(1))}}},
	}
	for _, c := range []struct {
		feature   int
		codes     []int
		text, sql string
	}{
		{0, []int{1}, "job is clerk", `("job" IN ('clerk'))`},
		{0, []int{1, 2}, "job in (clerk, chef d'équipe)", `("job" IN ('clerk', 'chef d''équipe'))`},
		{0, []int{0}, "job is missing", `"job" IS NULL`},
		{0, []int{0, 1}, "job in (missing, clerk)", `("job" IS NULL OR "job" IN ('clerk'))`},
		{0, []int{3}, "job is other", `("job" IS NOT NULL AND ("job" IN ('clerk', 'chef d''équipe')) IS NOT TRUE)`},
		{0, []int{0, 1, 3}, "job is not chef d'équipe", `("job" IN ('chef d''équipe')) IS NOT TRUE`},
		{0, []int{1, 2, 3}, "job is not missing", `"job" IS NOT NULL`},
		{1, []int{2, 3}, "age in (under 20, 20-29)", `(("a""ge" < 30 AND "a""ge" <> 0))`},
		{1, []int{1, 2, 3}, "age not in (missing, 30 and over)", `(("a""ge" < 30))`},
		{1, []int{1, 4}, "age in (0, 30 and over)", `(("a""ge" >= 30) OR "a""ge" IN (0))`},
		{1, []int{2, 3, 4}, "age not in (missing, 0)", `(("a""ge" IS NOT NULL AND "a""ge" <> 0))`},
		{1, []int{0, 2, 3, 4}, "age is not 0", `("a""ge" IN (0)) IS NOT TRUE`},
		{2, []int{0, 2}, "cars is not 1", `("cars" IN (1)) IS NOT TRUE`},
		{2, []int{0}, "cars is missing", `("cars" IN (1, 2)) IS NOT TRUE`},
		{3, []int{2}, "seen month is dec", `(EXTRACT(MONTH FROM CAST("seen" AS DATE)) IN (12))`},
		{4, []int{1, 2}, "seen weekday is not missing", `(EXTRACT(ISODOW FROM CAST("seen" AS DATE)) IN (1, 7))`},
		{5, []int{1}, "tenure is under 365", `(((DATE '2024-05-31' - CAST("since" AS DATE)) < 365))`},
		{6, []int{1, 2, 3}, "size is not missing", `("size" IN (CAST('-Inf' AS DOUBLE PRECISION), 9007199254740993, CAST('+Inf' AS DOUBLE PRECISION)))`},
		{7, []int{2}, "rest is +Inf", `("rest" IN (CAST('+Inf' AS DOUBLE PRECISION)))`},
		{7, []int{1}, "rest is any", `(("rest" < CAST('+Inf' AS DOUBLE PRECISION)))`},
	} {
		r := Rule{Conditions: []Condition{{Feature: c.feature, Codes: c.codes}}}
		if got := RuleText(features, r); got != c.text {
			t.Errorf("%s %v in words: %s, want %s", features[c.feature].Name, c.codes, got, c.text)
		}
		if got := RuleSQL(features, r); got != c.sql {
			t.Errorf("%s %v in SQL: %s, want %s", features[c.feature].Name, c.codes, got, c.sql)
		}
	}
	segments := []Segment{
		{Rules: []Rule{{Conditions: []Condition{{0, []int{1}}, {2, []int{1}}}}}},
		{Rules: []Rule{{}}},
	}
	want := "CASE\n  WHEN (\"job\" IN ('clerk')) AND (\"cars\" IN (1)) THEN 'It''s A'\n  WHEN TRUE THEN 'B'\nEND"
	if got := CaseSQL(features, segments, []string{"It's A", "B"}); got != want {
		t.Errorf("CASE is\n%s\nwant\n%s", got, want)
	}
	if got := RuleText(features, Rule{}); got != "everybody" {
		t.Errorf("a rule without conditions is %q", got)
	}
}
