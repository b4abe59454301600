package proof

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

const readingSQL = `
-- 3. The customers: which part each is in, the columns that rules test, read as
-- the job reads them, and the metrics as whole numbers of their last digit.

CREATE OR REPLACE TEMP MACRO number(text) AS
  CASE WHEN regexp_full_match(trim(text, e' \t'), '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?')
       THEN trim(text, e' \t')::DOUBLE END;
CREATE OR REPLACE TEMP MACRO not_nan(x) AS CASE WHEN NOT isnan(x) THEN x END;
CREATE OR REPLACE TEMP MACRO day(text) AS
  CASE WHEN regexp_matches(trim(text, e' \t'), '^[0-9]{4}([-]..[-]|/../)..($|[ T])')
       THEN try_cast(replace(left(trim(text, e' \t'), 10), '/', '-') AS DATE) END;
CREATE OR REPLACE TEMP MACRO day_of(microseconds) AS
  (DATE '1970-01-01' + floor(microseconds / 86400e6)::INTEGER);
CREATE OR REPLACE TEMP MACRO yes(text) AS
  CASE WHEN lower(text) IN ('true', 'yes', 'y', 't', '1', 'on') THEN true
       WHEN lower(text) IN ('false', 'no', 'n', 'f', '0', 'off') THEN false END;
`

// customers writes the table that everything else is computed from.
func (s *script) customers() {
	s.say("%s", readingSQL)
	key := s.prefix + "ordinal::UHUGEINT"
	if s.job.Plan.Key != "" {
		key = fmt.Sprintf("coalesce(fnv1a(%s), %s)", s.keyText(), key)
	}
	columns := []string{s.prefix + "ordinal", fmt.Sprintf("in_confirmation(%s) AS %sconfirmation", key, s.prefix)}
	for _, f := range s.tested() {
		columns = append(columns, s.reading(f)+" AS "+quoteName(f.Column))
	}
	for i, m := range s.job.metrics() {
		columns = append(columns, fmt.Sprintf("%s AS %snum_%d", s.measure(m.Num), s.prefix, i+1))
		if m.Den >= 0 {
			columns = append(columns, fmt.Sprintf("%s AS %sden_%d", s.measure(m.Den), s.prefix, i+1))
		}
	}
	s.say("CREATE OR REPLACE TEMP TABLE customers AS\n  SELECT %s\n  FROM source;\n", strings.Join(columns, ",\n         "))
}

// tested returns a feature of every column that some rule tests.
func (s *script) tested() []*encoder.Feature {
	var wanted []int
	test := func(items []wire.Item) {
		for _, i := range items {
			wanted = append(wanted, i.Feature)
		}
	}
	for _, r := range s.rules {
		test(r.items)
	}
	for i := range s.job.Evidence.Trust {
		for _, items := range s.job.Evidence.Trust[i].Curve {
			test(items)
		}
	}
	if r := s.job.Segments; r != nil {
		for _, segment := range r.Segments {
			for _, rule := range segment.Rules {
				for _, c := range rule.Conditions {
					wanted = append(wanted, c.Feature)
				}
			}
		}
	}
	slices.Sort(wanted)
	var out []*encoder.Feature
	for _, i := range slices.Compact(wanted) {
		f := &s.job.Plan.Features[i]
		if !slices.ContainsFunc(out, func(o *encoder.Feature) bool { return o.Column == f.Column }) {
			out = append(out, f)
		}
	}
	return out
}

// reading is a feature's column as the encoder takes it: a number, a day, a
// truth value or text.
func (s *script) reading(f *encoder.Feature) string {
	column := quoteName(f.Column)
	typ := s.typeOf(f.Column)
	switch {
	case f.Part != "":
		return asDay(column, typ)
	case f.Kind == encoder.Category && typ == source.Text:
		if truths(f) {
			return "yes(" + column + ")"
		}
		return column
	case f.Kind == encoder.Category && typ == source.Bool:
		return column
	}
	return asNumber(column, typ)
}

// truths reports whether the levels are true and false, for which other words
// stand as well.
func truths(f *encoder.Feature) bool {
	has := func(word string) bool {
		return slices.ContainsFunc(f.Levels, func(l encoder.Level) bool { return l.Value == word })
	}
	return f.Other == 0 && len(f.Levels) == 2 && has("true") && has("false")
}

func (s *script) typeOf(column string) source.Type {
	c, _ := s.job.Table.Column(column)
	return c.Type
}

func asNumber(column string, typ source.Type) string {
	switch typ {
	case source.Text:
		return "number(" + column + ")"
	case source.Float:
		return "not_nan(" + column + "::DOUBLE)"
	}
	return column + "::DOUBLE"
}

func asDay(column string, typ source.Type) string {
	switch typ {
	case source.Date:
		return column
	case source.Timestamp:
		return "day_of(epoch_us(" + column + "))"
	}
	return "day(" + column + ")"
}

// keyText is the id as the text that is hashed, as encoder's appendKey writes it.
func (s *script) keyText() string {
	column := quoteName(s.job.Plan.Key)
	switch s.typeOf(s.job.Plan.Key) {
	case source.Text: // UUIDs are of a type of their own in Parquet
		if s.job.Table.Format == source.CSV {
			return column
		}
	case source.Timestamp:
		return "epoch_us(" + column + ")::VARCHAR"
	case source.Date:
		return "strftime(" + column + ", '%Y-%m-%d')"
	case source.Float:
		return fmt.Sprintf("CASE WHEN %[1]s = trunc(%[1]s) AND abs(%[1]s) < 9e18 THEN %[1]s::DOUBLE::BIGINT::VARCHAR ELSE format('{:.16e}', %[1]s::DOUBLE) END", column)
	}
	return column + "::VARCHAR"
}

// measure is a measure as a whole number, NULL where it is not known.
func (s *script) measure(at int) string {
	m := &s.job.Plan.Measures[at]
	value := s.gauge(m.Column, m.Equals, m.Digits)
	if m.Weight != "" {
		value += "::BIGINT * " + s.gauge(m.Weight, nil, m.WeightDigits)
	}
	if m.With != "" {
		value = fmt.Sprintf("CASE WHEN %s IS NOT NULL THEN %s END", quoteName(m.With), value)
	}
	return "(" + value + ")::BIGINT"
}

// gauge is a column as a whole number: 1 where it has a value, or its decimals
// × 10^digits, rounded half away from zero.
func (s *script) gauge(name string, equals *string, digits int) string {
	column, typ := quoteName(name), s.typeOf(name)
	if equals != nil {
		return "(" + s.equals(column, typ, *equals) + ")::BIGINT"
	}
	switch typ {
	case source.Text:
		column = `trim(` + column + `, e' \t')`
	case source.Float:
		column += "::DOUBLE::VARCHAR" // the shortest decimal that reads as the value
	case source.Bool:
		column += "::INTEGER"
	}
	return fmt.Sprintf("(%s::DECIMAL(18, %d) * %s)", column, digits, "1"+strings.Repeat("0", digits))
}

func (s *script) equals(column string, typ source.Type, value string) string {
	switch typ {
	case source.Text:
		return column + " = " + quoteText(value)
	case source.Bool:
		yes, ok := encoder.ParseTruth(value)
		return fmt.Sprintf("%s = %t", column, yes && ok)
	case source.Date, source.Timestamp:
		return asDay(column, typ) + " = day(" + quoteText(value) + ")"
	}
	x, _ := encoder.ParseNumber(value)
	return asNumber(column, typ) + " = " + double(x)
}

// double writes a number that DuckDB reads as the same DOUBLE.
func double(x float64) string { return strconv.FormatFloat(x, 'e', -1, 64) }

// where is a rule as a condition on the customers' columns.
func (s *script) where(r merge.Rule) string { return merge.RuleSQL(s.job.Plan.Features, r) }
