package metric

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
)

// Columns returns the columns that metrics and weight read, each once, sorted:
// none of them is a feature.
func Columns(specs []Spec, weight string) []string {
	var names []string
	for _, s := range specs {
		names = append(names, s.Column, s.Per)
	}
	names = append(names, weight)
	slices.Sort(names)
	names = slices.Compact(names)
	return slices.DeleteFunc(names, func(s string) bool { return s == "" })
}

// Resolve finds what metrics and an optional weight column mean in a profiled
// table: the measures to encode, and for each spec the metric that reads them.
//
// A weighted metric is Σ w·x / Σ w. A ratio is known where both sides are.
// Every problem is reported at once.
func Resolve(specs []Spec, weight string, p *partial.Profile) ([]encoder.Measure, []Metric, error) {
	r := resolver{profile: p, weight: weight, scales: map[string]scale{}}
	var errs []error
	var metrics []Metric
	names := map[string]bool{}
	for _, s := range specs {
		if names[s.Name] {
			errs = append(errs, fmt.Errorf("two metrics are named %q; name one of them otherwise with \" as name\"", s.Name))
			continue
		}
		names[s.Name] = true
		m, err := r.metric(s)
		if err != nil {
			errs = append(errs, fmt.Errorf("metric %q: %w", s.Name, err))
			continue
		}
		metrics = append(metrics, m)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, nil, err
	}
	return r.measures, metrics, nil
}

// Pinned returns specs that mean on any other table what they meant on the one
// that metrics were resolved against: the value that counts as yes is spelt out.
func Pinned(specs []Spec, metrics []Metric) []Spec {
	pinned := slices.Clone(specs)
	for i, m := range metrics {
		if m.Equals != "" {
			pinned[i].Equals = &m.Equals
		}
	}
	return pinned
}

type resolver struct {
	profile  *partial.Profile
	weight   string
	measures []encoder.Measure
	scales   map[string]scale // by column
}

// scale is how a numeric column is held in fixed point.
type scale struct {
	digits  int
	rounded string // what rounding that makes, "" = exact
	largest float64
}

func (r *resolver) column(name string) (*partial.Column, error) {
	var all []string
	for i := range r.profile.Columns {
		c := &r.profile.Columns[i]
		if c.Name == name {
			return c, nil
		}
		all = append(all, c.Name)
	}
	return nil, &source.UnknownColumnError{Column: name, Nearest: source.Nearest(name, all)}
}

func (r *resolver) metric(s Spec) (Metric, error) {
	c, err := r.column(s.Column)
	if err != nil {
		return Metric{}, err
	}
	if s.Per != "" {
		return r.ratio(s, c)
	}
	inf := c.Infer()
	if inf.Known == 0 {
		return Metric{}, fmt.Errorf("column %q has no value in any row", c.Name)
	}
	if inf.Distinct == 1 {
		return Metric{}, fmt.Errorf("column %q has one value only, so there is nothing to explain", c.Name)
	}
	m := Metric{Name: s.Name, Column: c.Name, Den: -1}
	num := encoder.Measure{Name: s.Name, Column: c.Name, Complete: inf.Known == c.Rows}
	equals := s.Equals
	if equals == nil && !inf.Numeric {
		equals = yesWord(c)
	}
	if equals != nil {
		value, err := FindValue(c, &inf, *equals)
		if err != nil {
			return Metric{}, err
		}
		num.Equals, m.Equals, m.Binary = &value, value, true
	} else {
		sc, err := r.scale(c, &inf)
		if e := (*notNumbersError)(nil); errors.As(err, &e) {
			return Metric{}, fmt.Errorf("%w; to count the rows with a value, write for example %s=%s", err, c.Name, e.example)
		}
		if err != nil {
			return Metric{}, err
		}
		if inf.Min == inf.Max {
			return Metric{}, fmt.Errorf("column %q has one value only, so there is nothing to explain", c.Name)
		}
		num.Digits, m.Digits, m.Rounded = sc.digits, sc.digits, sc.rounded
		m.Binary = sc.digits == 0 && (c.Type == source.Bool || inf.Distinct == 2 && inf.Min == 0 && inf.Max == 1)
	}
	return r.weighted(m, num)
}

// ratio resolves a metric that is a ratio of sums.
func (r *resolver) ratio(s Spec, c *partial.Column) (Metric, error) {
	per, err := r.column(s.Per)
	if err != nil {
		return Metric{}, err
	}
	a, b := c.Infer(), per.Infer()
	num, err1 := r.scale(c, &a)
	den, err2 := r.scale(per, &b)
	if err := errors.Join(err1, err2); err != nil {
		return Metric{}, err
	}
	if b.Min == 0 && b.Max == 0 {
		return Metric{}, fmt.Errorf("column %q is 0 in every row, so nothing can be divided by it", per.Name)
	}
	if a.Min == a.Max && b.Min == b.Max {
		return Metric{}, fmt.Errorf("columns %q and %q have one value each, so there is nothing to explain", c.Name, per.Name)
	}
	complete := a.Known == c.Rows && b.Known == per.Rows
	m := Metric{Name: s.Name, Column: c.Name, Digits: num.digits, DenDigits: den.digits, Rounded: joinNotes(num.rounded, den.rounded)}
	over := encoder.Measure{Name: s.Name, Column: c.Name, Digits: num.digits, With: per.Name, Complete: complete}
	under := encoder.Measure{Name: s.Name + " (divisor)", Column: per.Name, Digits: den.digits, With: c.Name, Complete: complete}
	if r.weight != "" {
		w, wc, err := r.weigh()
		if err != nil {
			return Metric{}, err
		}
		for _, x := range []struct {
			measure *encoder.Measure
			largest float64
		}{{&over, num.largest}, {&under, den.largest}} {
			x.measure.Weight, x.measure.WeightDigits = r.weight, w.digits
			x.measure.Complete = complete && wc
			if err := fits(x.measure, x.largest, w); err != nil {
				return Metric{}, err
			}
		}
		m.Digits += w.digits
		m.DenDigits += w.digits
		m.Rounded = joinNotes(m.Rounded, w.rounded)
	}
	m.Num = r.add(over)
	m.Den = r.add(under)
	return m, nil
}

// weighted adds a metric's measure, and with a weight its denominator.
func (r *resolver) weighted(m Metric, num encoder.Measure) (Metric, error) {
	if r.weight == "" {
		m.Num = r.add(num)
		return m, nil
	}
	w, complete, err := r.weigh()
	if err != nil {
		return Metric{}, err
	}
	num.Weight, num.WeightDigits = r.weight, w.digits
	den := encoder.Measure{Name: num.Name + " (weight)", Column: r.weight, Digits: w.digits, With: num.Column}
	num.Complete = num.Complete && complete
	den.Complete = num.Complete
	largest := 1.0
	if num.Equals == nil {
		largest = r.scales[num.Column].largest
	}
	if err := fits(&num, largest, w); err != nil {
		return Metric{}, err
	}
	m.Binary = false // its values are 0 and the weights
	m.Digits += w.digits
	m.DenDigits = w.digits
	m.Rounded = joinNotes(m.Rounded, w.rounded)
	m.Num = r.add(num)
	m.Den = r.add(den)
	return m, nil
}

// weigh resolves the weight column; complete says whether every row has one.
func (r *resolver) weigh() (w scale, complete bool, err error) {
	c, err := r.column(r.weight)
	if err != nil {
		return scale{}, false, fmt.Errorf("weight: %w", err)
	}
	inf := c.Infer()
	if w, err = r.scale(c, &inf); err != nil {
		return scale{}, false, fmt.Errorf("weight: %w", err)
	}
	if inf.Min < 0 || inf.Max <= 0 {
		return scale{}, false, fmt.Errorf("weight: column %q reaches from %v to %v, but weights are 0 or more, and not all 0", c.Name, inf.Min, inf.Max)
	}
	return w, inf.Known == c.Rows, nil
}

// fits checks that a weighted value stays within what sums hold exactly.
func fits(m *encoder.Measure, largest float64, w scale) error {
	if largest*math.Pow10(m.Digits)*w.largest*math.Pow10(w.digits) <= encoder.MaxFixed {
		return nil
	}
	return fmt.Errorf("column %q times weight %q is too large to be summed exactly; use coarser units", m.Column, m.Weight)
}

func (r *resolver) add(m encoder.Measure) int {
	r.measures = append(r.measures, m)
	return len(r.measures) - 1
}

func joinNotes(notes ...string) string {
	return strings.Join(slices.DeleteFunc(notes, func(s string) bool { return s == "" }), "; ")
}
