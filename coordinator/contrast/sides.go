package contrast

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
)

// Split says by what a table is taken apart: two values of a column, or where
// it is cut.
type Split struct {
	Column string `json:"split_by,omitempty"`
	A      string `json:"a,omitempty"` // "" = the two most frequent values
	B      string `json:"b,omitempty"`
	At     string `json:"at,omitempty"` // a number or a date: A is below, B from there on; "" = two values
}

// SplitFiles returns the sides of two inputs that were read one after the
// other; the first has so many rows.
func SplitFiles(rows int64, a, b string) *encoder.Feature {
	at := float64(rows)
	return &encoder.Feature{Name: encoder.Place, Part: encoder.Place, Kind: encoder.Range, Levels: []encoder.Level{
		{Name: a, High: &at}, {Name: b, Low: &at},
	}}
}

// Sides finds what a split means for a profiled column. note says what was
// chosen, "" where everything was given.
func (s Split) Sides(c *partial.Column) (sides *encoder.Feature, note string, err error) {
	inf := c.Infer()
	if inf.Known == 0 {
		return nil, "", fmt.Errorf("column %q has no value in any row", c.Name)
	}
	dated := inf.Type == source.Date || inf.Type == source.Timestamp
	switch {
	case s.At != "" && dated:
		sides, err = s.cutDays()
	case s.At != "" && inf.Numeric:
		sides, err = s.cutNumbers(&inf)
	case s.At != "":
		err = fmt.Errorf("column %q holds neither numbers nor dates (%s) that could be cut at %q: name two of its values with --a and --b", c.Name, inf.Type, s.At)
	case dated:
		err = fmt.Errorf("column %q holds dates: say from which one on B is, for example --at %s", c.Name, middle(c))
	case s.A != "":
		sides, err = s.values(c, &inf, s.A, s.B)
	default:
		var a, b string
		if a, b, note, err = frequent(c, &inf); err == nil {
			sides, err = s.values(c, &inf, a, b)
		}
	}
	if err != nil {
		return nil, "", fmt.Errorf("--split-by: %w", err)
	}
	return sides, note, nil
}

// cutDays has A before a day and B from it on: by the age on that day, which
// is 1 and more before it.
func (s Split) cutDays() (*encoder.Feature, error) {
	if _, timed, ok := encoder.ParseDay(s.At); !ok || timed || len(s.At) != len(time.DateOnly) {
		return nil, fmt.Errorf("column %q holds dates, and --at %q is none like 2026-07-01", s.Column, s.At)
	}
	one := 1.0
	asOf := s.At[:4] + "-" + s.At[5:7] + "-" + s.At[8:]
	return &encoder.Feature{
		Name: s.Column, Column: s.Column, Part: encoder.AgeDays, AsOf: asOf, Kind: encoder.Range,
		Levels: []encoder.Level{{Name: "before " + asOf, Low: &one}, {Name: "from " + asOf, High: &one}},
	}, nil
}

func (s Split) cutNumbers(inf *partial.Inference) (*encoder.Feature, error) {
	at, ok := encoder.ParseNumber(s.At)
	if !ok || at != at {
		return nil, fmt.Errorf("column %q holds numbers, and --at %q is none", s.Column, s.At)
	}
	if at <= inf.Min || at > inf.Max {
		return nil, fmt.Errorf("column %q reaches from %v to %v: --at %s leaves one side empty", s.Column, inf.Min, inf.Max, s.At)
	}
	return &encoder.Feature{
		Name: s.Column, Column: s.Column, Kind: encoder.Range,
		Levels: []encoder.Level{{Name: "below " + s.At, High: &at}, {Name: s.At + " and more", Low: &at}},
	}, nil
}

// values has the rows of one value each.
func (s Split) values(c *partial.Column, inf *partial.Inference, a, b string) (*encoder.Feature, error) {
	f := &encoder.Feature{Name: c.Name, Column: c.Name, Kind: encoder.Category}
	if c.Type != source.Text && c.Type != source.Bool {
		f.Kind = encoder.Discrete
	}
	for _, text := range []string{a, b} {
		value, err := metric.FindValue(c, inf, text)
		if err != nil {
			return nil, err
		}
		f.Levels = append(f.Levels, encoder.Level{Name: value, Value: value})
	}
	if f.Levels[0].Value == f.Levels[1].Value {
		return nil, fmt.Errorf("--a and --b are both %q of column %q: there is nothing to compare", f.Levels[0].Value, c.Name)
	}
	return f, nil
}

// mostValues bounds the different values among which the two most frequent are
// taken for the sides without being asked.
const mostValues = 255

// frequent returns the two most frequent values, ties by text, in the order of
// numbers or texts.
func frequent(c *partial.Column, inf *partial.Inference) (a, b, note string, err error) {
	type value struct {
		text   string
		number float64
		n      int64
	}
	var list []value
	switch {
	case c.Sketch != nil || inf.Distinct > mostValues:
		hint := "name two of them with --a and --b"
		if inf.Numeric {
			hint += ", or cut it with --at"
		}
		return "", "", "", fmt.Errorf("column %q has %d different values: %s", c.Name, inf.Distinct, hint)
	case c.Type == source.Bool:
		list = []value{{"false", 0, c.Ints[0]}, {"true", 1, c.Ints[1]}}
	case c.Type == source.Text:
		for s, n := range c.Texts {
			v := value{text: s, n: n}
			if yes, ok := encoder.ParseTruth(s); ok && yes {
				v.number = 1 // no before yes
			} else if x, ok := encoder.ParseNumber(s); ok && x == x {
				v.number = x
			}
			list = append(list, v)
		}
	default:
		numbers, _ := c.Numbers()
		for _, x := range numbers {
			list = append(list, value{strconv.FormatFloat(x.Value, 'f', -1, 64), x.Value, x.N})
		}
	}
	list = slices.DeleteFunc(list, func(v value) bool { return v.n == 0 })
	if len(list) < 2 {
		return "", "", "", fmt.Errorf("column %q has one value only: there is nothing to compare", c.Name)
	}
	slices.SortFunc(list, func(x, y value) int { return cmp.Or(cmp.Compare(y.n, x.n), cmp.Compare(x.text, y.text)) })
	two := list[:2]
	slices.SortFunc(two, func(x, y value) int {
		return cmp.Or(cmp.Compare(x.number, y.number), cmp.Compare(x.text, y.text))
	})
	a, b = two[0].text, two[1].text
	if len(list) > 2 {
		note = fmt.Sprintf("A is %s=%s and B is %s=%s, the most frequent of %d values: choose others with --a and --b", c.Name, a, c.Name, b, len(list))
	}
	return a, b, note, nil
}

// middle returns the day that halves a column of dates, as an example.
func middle(c *partial.Column) string {
	days, ok := c.Days()
	if !ok || len(days) == 0 {
		return "2026-07-01"
	}
	var all, so int64
	for _, d := range days {
		all += d.N
	}
	for _, d := range days {
		if so += d.N; 2*so >= all {
			return dayText(int64(d.Value))
		}
	}
	return dayText(int64(days[len(days)-1].Value))
}

func dayText(day int64) string { return time.Unix(day*86400, 0).UTC().Format(time.DateOnly) }
