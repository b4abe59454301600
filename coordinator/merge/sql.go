package merge

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// CaseSQL writes the rules as one CASE expression over the raw columns, which
// DuckDB and PostgreSQL read alike. NULL is what missing is; spellings such as
// NA must have been loaded as NULL.
func CaseSQL(features []encoder.Feature, segments []Segment, names []string) string {
	var b strings.Builder
	b.WriteString("CASE\n")
	for s := range segments {
		for _, r := range segments[s].Rules {
			fmt.Fprintf(&b, "  WHEN %s THEN %s\n", RuleSQL(features, r), quoteText(names[s]))
		}
	}
	b.WriteString("END")
	return b.String()
}

// RuleSQL writes a rule as a condition over the raw columns.
func RuleSQL(features []encoder.Feature, r Rule) string {
	if len(r.Conditions) == 0 {
		return "TRUE"
	}
	var parts []string
	for _, c := range r.Conditions {
		parts = append(parts, conditionSQL(&features[c.Feature], c.Codes))
	}
	return strings.Join(parts, " AND ")
}

// conditionSQL splits the codes into named levels, missing, and other: the
// last takes in every value that no level holds, and where the feature has no
// other, missing does.
func conditionSQL(f *encoder.Feature, codes []int) string {
	missing, other := false, false
	var named []int
	for _, c := range codes {
		switch {
		case c == encoder.Missing:
			missing = true
		case c == int(f.Other):
			other = true
		default:
			named = append(named, c)
		}
	}
	if f.Other == 0 {
		other = missing
	}
	var rest []int
	for _, c := range complement(f, codes) {
		if c != encoder.Missing && c != int(f.Other) {
			rest = append(rest, c)
		}
	}
	column := quoteName(f.Column)
	switch {
	case other && missing && len(rest) == 0:
		return "TRUE"
	case other && missing:
		return "(" + levelsSQL(f, rest) + ") IS NOT TRUE"
	case other && len(rest) == 0:
		return column + " IS NOT NULL"
	case other:
		return "(" + column + " IS NOT NULL AND (" + levelsSQL(f, rest) + ") IS NOT TRUE)"
	case missing && len(named) == 0:
		return column + " IS NULL"
	case missing:
		return "(" + column + " IS NULL OR " + levelsSQL(f, named) + ")"
	}
	return "(" + levelsSQL(f, named) + ")"
}

// levelsSQL is true on rows of the named levels, of which there is at least one.
func levelsSQL(f *encoder.Feature, codes []int) string {
	value := quoteName(f.Column)
	switch f.Part {
	case encoder.AgeDays:
		value = "(DATE " + quoteText(f.AsOf) + " - CAST(" + value + " AS DATE))"
	case encoder.Month:
		return "EXTRACT(MONTH FROM CAST(" + value + " AS DATE)) IN (" + positions(f, codes, encoder.MonthNames[:]) + ")"
	case encoder.Weekday:
		return "EXTRACT(ISODOW FROM CAST(" + value + " AS DATE)) IN (" + positions(f, codes, encoder.WeekdayNames[:]) + ")"
	}
	if f.Kind == encoder.Range {
		return rangesSQL(f, codes, value)
	}
	var values []string
	for _, c := range codes {
		if v := f.Levels[c-1].Value; f.Kind == encoder.Discrete {
			values = append(values, numberText(v))
		} else {
			values = append(values, quoteText(v))
		}
	}
	return value + " IN (" + strings.Join(values, ", ") + ")"
}

// positions lists the levels' places in names, from 1.
func positions(f *encoder.Feature, codes []int, names []string) string {
	var out []string
	for _, c := range codes {
		out = append(out, strconv.Itoa(slices.Index(names, f.Levels[c-1].Value)+1))
	}
	return strings.Join(out, ", ")
}

// interval is low ≤ x < high; nil = unbounded.
type interval struct{ low, high *float64 }

// rangesSQL joins intervals that touch. A level of a single value is apart
// from the interval that it lies in.
func rangesSQL(f *encoder.Feature, codes []int, value string) string {
	var in, out []float64 // single values that belong, and that do not
	var ranges []interval
	for i := range f.Levels {
		l, listed := &f.Levels[i], slices.Contains(codes, i+1)
		switch single := l.Low != nil && l.High != nil && *l.Low == *l.High; {
		case i+1 == int(f.Other):
		case single && listed:
			in = append(in, *l.Low)
		case single:
			out = append(out, *l.Low)
		case listed:
			ranges = append(ranges, interval{l.Low, l.High})
		}
	}
	var parts []string
	for _, r := range joined(ranges) {
		parts = append(parts, r.sql(value, out))
		in = slices.DeleteFunc(in, r.holds)
	}
	if len(in) > 0 {
		var list []string
		for _, x := range in {
			list = append(list, number(x))
		}
		parts = append(parts, value+" IN ("+strings.Join(list, ", ")+")")
	}
	return strings.Join(parts, " OR ")
}

// joined unites intervals that touch.
func joined(ranges []interval) []interval {
	slices.SortStableFunc(ranges, func(a, b interval) int {
		switch {
		case a.low == nil && b.low == nil:
			return 0
		case a.low == nil:
			return -1
		case b.low == nil:
			return 1
		}
		return cmp.Compare(*a.low, *b.low)
	})
	var out []interval
	for _, r := range ranges {
		if last := len(out) - 1; last >= 0 && out[last].high != nil && r.low != nil && *out[last].high == *r.low {
			out[last].high = r.high
		} else {
			out = append(out, r)
		}
	}
	return out
}

func (r interval) holds(x float64) bool {
	return (r.low == nil || x >= *r.low) && (r.high == nil || x < *r.high)
}

// sql writes the interval without some single values.
func (r interval) sql(value string, without []float64) string {
	var parts []string
	if r.low != nil {
		parts = append(parts, value+" >= "+number(*r.low))
	}
	if r.high != nil {
		parts = append(parts, value+" < "+number(*r.high))
	}
	if len(parts) == 0 {
		parts = append(parts, value+" IS NOT NULL")
	}
	for _, x := range without {
		if r.holds(x) {
			parts = append(parts, value+" <> "+number(x))
		}
	}
	return "(" + strings.Join(parts, " AND ") + ")"
}

func number(x float64) string {
	if math.IsInf(x, 0) {
		return fmt.Sprintf("CAST('%+f' AS DOUBLE PRECISION)", x)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// numberText writes the number that a level holds as text: as it stands, but
// infinities, which engines take for names.
func numberText(s string) string {
	if x, err := strconv.ParseFloat(s, 64); err == nil && math.IsInf(x, 0) {
		return number(x)
	}
	return s
}

func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
