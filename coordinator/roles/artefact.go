package roles

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/headwater-dev/headwater/coordinator/feature"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// noAnswer are the spellings of what was not recorded, in lower case, without
// signs around them.
var noAnswer = []string{
	"", "unknown", "unk", "undefined", "undisclosed", "unspecified", "missing", "null", "nil", "nan", "na", "n/a", "n.a",
	"not available", "not applicable", "not known", "not specified", "not stated", "not provided", "not set", "not recorded",
	"no data", "no answer", "no value", "no information", "prefer not to say", "blank", "empty", "default", "dummy", "tbd",
	"未知", "不详", "无", "空", "缺失", "未填", "未填写",
}

// residue are the words for what fits nowhere else.
var residue = []string{"other", "others", "misc", "miscellaneous", "其他", "其它"}

// placeholders are dates that systems write where there is none.
var placeholders = []string{
	"0000-00-00", "0001-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1901-01-01", "1970-01-01", "2099-12-31", "2999-12-31", "9999-12-31",
}

// sentinels are numbers that are written where there is none.
var sentinels = []float64{-1, -9, -99, -999, -9999, 99, 999, 9999, 99999, 999999}

// natural are the ends of ranges at which values gather by nature: none, one
// and all.
var natural = []float64{0, 1, 100}

// spikeShare is the share of customers from which a single value at the end of
// its column's range looks like one that was filled in.
const spikeShare = 0.05

// Artefacts are the levels that occur and that look like an artefact of recording, each with
// the reason why: words for no answer, missing values, placeholder dates and
// numbers, default values. Levels are the counts of wire.OpLevels.
func Artefacts(features []encoder.Feature, columns []feature.Column, levels *partial.Counts) map[wire.Item]string {
	found := map[wire.Item]string{}
	offsets := encoder.Offsets(features)
	rows := levels.N[offsets[len(features)]]
	for i := range features {
		f := &features[i]
		var ends [2]*float64
		for _, c := range columns {
			if c.Name == f.Column && f.Part == "" {
				ends = [2]*float64{c.Min, c.Max}
			}
		}
		for code := range f.Codes() {
			share := float64(levels.N[offsets[i]+code]) / float64(max(rows, 1))
			if share == 0 {
				continue
			}
			if why := artefact(f, code, ends, share); why != "" {
				found[wire.Item{Feature: i, Code: uint8(code)}] = why
			}
		}
	}
	return found
}

// artefact says why a level looks like an artefact; "" = it does not. Ends are
// the column's smallest and largest number, nil where it has none.
func artefact(f *encoder.Feature, code int, ends [2]*float64, share float64) string {
	switch {
	case code == encoder.Missing:
		return "the value is missing"
	case code == int(f.Other):
		return "" // the rest of many values: Headwater's own
	case f.Kind == encoder.Category:
		return word(f.Levels[code-1].Value)
	}
	x, ok := single(f, code)
	if !ok {
		return ""
	}
	if f.Part == encoder.AgeDays {
		asOf, err := time.Parse(time.DateOnly, f.AsOf)
		if err == nil && slices.Contains(placeholders, asOf.AddDate(0, 0, -int(x)).Format(time.DateOnly)) {
			return "a placeholder for no date"
		}
		return ""
	}
	for end, bound := range ends {
		if bound == nil || *bound != x {
			continue
		}
		if slices.Contains(sentinels, x) && (x < 0) == (end == 0) && apart(f, code, x, *ends[1]) {
			return "a number that stands for none"
		}
		if f.Kind == encoder.Range && share >= spikeShare && !slices.Contains(natural, x) && !stair(f, x) {
			return fmt.Sprintf("%.1f %% of the customers have just this %s value, as if it were filled in", 100*share, [2]string{"smallest", "largest"}[end])
		}
	}
	return ""
}

// word says why a text looks like an artefact.
func word(text string) string {
	plain := strings.Trim(strings.ToLower(strings.ReplaceAll(text, "_", " ")), " .?!-*#()[]<>\"'")
	switch {
	case plain == "none":
		return "no answer, or none"
	case slices.Contains(noAnswer, plain):
		return "a word for no answer"
	case slices.Contains(residue, plain):
		return "a word for what fits nowhere else"
	case slices.Contains(placeholders, plain):
		return "a placeholder for no date"
	}
	if x, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil && x < 0 && slices.Contains(sentinels, x) {
		return "a number that stands for none"
	}
	return ""
}

// single returns the number of a level that is a single one.
func single(f *encoder.Feature, code int) (float64, bool) {
	l := &f.Levels[code-1]
	if f.Kind == encoder.Discrete {
		x, err := strconv.ParseFloat(l.Value, 64)
		return x, err == nil
	}
	if l.Low == nil || l.High == nil || *l.Low != *l.High {
		return 0, false
	}
	return *l.Low, true
}

// apart reports whether a sentinel lies apart from the other values: −1 from
// those of a scale that does not end at 1, others from the next single one by
// half of it.
func apart(f *encoder.Feature, code int, x, largest float64) bool {
	if x == -1 {
		return largest > 1
	}
	for other := 1; other < f.Codes(); other++ {
		if y, ok := single(f, other); ok && other != code && y/x > 0.5 {
			return false
		}
	}
	return true
}

// stair reports whether a neighbouring whole number is a level of its own, as
// it is where values thin out: 1, 2, 3–5.
func stair(f *encoder.Feature, x float64) bool {
	for code := 1; code < f.Codes(); code++ {
		if y, ok := single(f, code); ok && (y == x+1 || y == x-1) {
			return true
		}
	}
	return false
}

// Warning says what rests on levels that look like artefacts of recording; "" =
// nothing does.
func Warning(artefacts []Artefact) string {
	var parts []string
	for i := range artefacts {
		a := &artefacts[i]
		var by []string
		if len(a.Segments) > 0 {
			by = append(by, count(len(a.Segments), "segment")+" "+strings.Trim(strings.ReplaceAll(fmt.Sprint(a.Segments), " ", ", "), "[]"))
		}
		if n := len(a.Findings); n > 0 {
			by = append(by, fmt.Sprintf("%d %s", n, count(n, "finding")))
		}
		parts = append(parts, fmt.Sprintf("%s (%s; %s)", a.Level, a.Why, strings.Join(by, ", ")))
	}
	if parts == nil {
		return ""
	}
	return "these may say how the data was recorded and not who the customer is: " + strings.Join(parts, ", ")
}

func count(n int, what string) string {
	if n == 1 {
		return what
	}
	return what + "s"
}
