package metric

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/agnivade/levenshtein"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
)

// notNumbersError says that a column holds text where a sum is wanted.
type notNumbersError struct{ column, example string }

func (e *notNumbersError) Error() string { return fmt.Sprintf("column %q holds no numbers", e.column) }

// roomy bounds values in fixed point where digits can be given up: sums over
// two thousand million rows stay far from 128 bits, and fewer bit planes are
// needed.
const roomy = 1 << 40

// scale chooses how many digits after the point a numeric column is summed
// with: as many as its values have, unless that makes them too large.
func (r *resolver) scale(c *partial.Column, inf *partial.Inference) (scale, error) {
	if s, ok := r.scales[c.Name]; ok {
		return s, nil
	}
	switch {
	case inf.Known == 0:
		return scale{}, fmt.Errorf("column %q has no value in any row", c.Name)
	case inf.Type == source.Date || inf.Type == source.Timestamp:
		return scale{}, fmt.Errorf("column %q holds dates, not numbers", c.Name)
	case inf.NotNumbers == inf.Known:
		return scale{}, &notNumbersError{c.Name, inf.NotNumber}
	case !inf.Numeric:
		return scale{}, fmt.Errorf("column %q is not numeric: %d of %d values are not numbers, for example %q; list it with --null if it means missing",
			c.Name, inf.NotNumbers, inf.Known, inf.NotNumber)
	case inf.NaN+inf.Infinite > 0:
		return scale{}, fmt.Errorf("column %q holds NaN in %d rows and infinity in %d, which cannot be summed; make them null (in CSV, list them with --null)", c.Name, inf.NaN, inf.Infinite)
	case c.Wide > 0:
		return scale{}, fmt.Errorf("column %q holds %d values beyond 64 bits, which cannot be summed exactly; use a coarser unit", c.Name, c.Wide)
	}
	s := scale{largest: max(math.Abs(inf.Min), math.Abs(inf.Max))}
	var ok bool
	if s.digits, ok = Digits(inf); !ok {
		return scale{}, fmt.Errorf("column %q reaches %v, too large to be summed exactly (at most %d); use a coarser unit", c.Name, s.largest, int64(encoder.MaxFixed))
	}
	if s.digits < inf.Decimals {
		s.rounded = fmt.Sprintf("%s: each value rounded to %d digits after the point, half away from zero", c.Name, s.digits)
	}
	r.scales[c.Name] = s
	return s, nil
}

// Digits returns how many digits after the point the numbers of a column are
// summed with: as many as they have, unless that makes them too large. ok is
// false where even whole ones are.
func Digits(inf *partial.Inference) (digits int, ok bool) {
	largest := max(math.Abs(inf.Min), math.Abs(inf.Max))
	digits = min(inf.Decimals, partial.MaxDecimals)
	for digits > 0 && largest*math.Pow10(digits) > roomy {
		digits--
	}
	return digits, largest <= encoder.MaxFixed
}

// yesWord returns the value that means yes in a text column of two yes/no
// words, else nil.
func yesWord(c *partial.Column) *string {
	yes, no := words(c)
	if len(yes) == 1 && len(no) == 1 {
		return &yes[0]
	}
	return nil
}

// words returns the values that mean yes and those that mean no, where the
// column has no others.
func words(c *partial.Column) (yes, no []string) {
	if c.Sketch != nil || len(c.Texts) > 12 {
		return nil, nil
	}
	for s := range c.Texts {
		switch t, ok := encoder.ParseTruth(s); {
		case !ok:
			return nil, nil
		case t:
			yes = append(yes, s)
		default:
			no = append(no, s)
		}
	}
	return yes, no
}

// FindValue returns the spelling of value that the column's rows are compared
// with. A boolean or 0/1 column understands every yes/no word.
func FindValue(c *partial.Column, inf *partial.Inference, value string) (string, error) {
	yes, isWord := encoder.ParseTruth(value)
	switch {
	case c.Type == source.Text && c.Sketch == nil:
		if c.Texts[value] > 0 {
			return value, nil
		}
		yeses, nos := words(c)
		if isWord && yes && len(yeses) == 1 {
			return yeses[0], nil
		}
		if isWord && !yes && len(nos) == 1 {
			return nos[0], nil
		}
		if same := sameNumber(c, value); len(same) == 1 {
			return same[0], nil
		}
	case c.Type == source.Text:
		return value, nil // too many values to know them all
	case c.Type == source.Bool:
		if isWord {
			return strconv.FormatBool(yes), nil
		}
	case c.Type == source.Date || c.Type == source.Timestamp:
		if day, _, ok := encoder.ParseDay(value); ok && (c.Sketch != nil || c.Ints[day] > 0) {
			return value, nil
		}
	default:
		if isWord && inf.Min == 0 && inf.Max == 1 && inf.Distinct == 2 {
			if yes {
				return "1", nil
			}
			return "0", nil
		}
		v, ok := encoder.ParseNumber(value)
		if ok && (c.Sketch != nil || hasNumber(c, v)) {
			return value, nil
		}
	}
	return "", unknownValue(c, value)
}

func hasNumber(c *partial.Column, v float64) bool {
	list, _ := c.Numbers()
	return slices.ContainsFunc(list, func(x partial.ValueCount) bool { return x.Value == v })
}

// sameNumber returns the texts that are the same number as value.
func sameNumber(c *partial.Column, value string) (same []string) {
	v, ok := encoder.ParseNumber(value)
	if !ok {
		return nil
	}
	for s := range c.Texts {
		if x, ok := encoder.ParseNumber(s); ok && x == v {
			same = append(same, s)
		}
	}
	return same
}

// shownValues is the number of values that an error lists.
const shownValues = 10

// unknownValue says that no row of the column has the value, and which values
// there are, those spelled most like it first.
func unknownValue(c *partial.Column, value string) error {
	type near struct {
		text     string
		distance int
		n        int64
	}
	var list []near
	add := func(s string, n int64) {
		list = append(list, near{s, levenshtein.ComputeDistance(value, s), n})
	}
	for s, n := range c.Texts {
		add(s, n)
	}
	switch c.Type {
	case source.Text, source.Date, source.Timestamp:
	case source.Bool:
		add("true", c.Ints[1])
		add("false", c.Ints[0])
	default:
		numbers, _ := c.Numbers()
		for _, v := range numbers {
			add(strconv.FormatFloat(v.Value, 'f', -1, 64), v.N)
		}
	}
	slices.SortFunc(list, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(b.n, a.n), cmp.Compare(a.text, b.text))
	})
	text := fmt.Sprintf("no row of column %q has the value %q", c.Name, value)
	for i, v := range list[:min(len(list), shownValues)] {
		sep := ", "
		if i == 0 {
			sep = "; it has "
		}
		text += sep + strconv.Quote(v.text)
	}
	if more := len(list) - shownValues; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return errors.New(text)
}
