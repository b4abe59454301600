package feature

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/source"
)

// Result is what was decided of a table.
type Result struct {
	Features []encoder.Feature // in the order of their columns
	Columns  []Column          // every column of the table, in its order
	Key      string            // the id column that seeds hashes; "" = none
}

// Column is what was decided of one column, and why.
type Column struct {
	Name     string      `json:"name"`
	Type     source.Type `json:"type"` // of its values: a CSV column of numbers is int or float
	Role     Role        `json:"role"`
	Reason   string      `json:"reason"`
	Rows     int64       `json:"rows"`
	Missing  int64       `json:"missing"` // rows without a value, NaN included
	Distinct int64       `json:"distinct"`
	About    bool        `json:"about,omitempty"` // Distinct is an estimate
	Min      *float64    `json:"min,omitempty"`   // of numbers
	Max      *float64    `json:"max,omitempty"`
	Features []int       `json:"features,omitempty"` // made of it; indexes into Result.Features
	Notes    []string    `json:"notes,omitempty"`
}

// maxRounds bounds the refinement rounds; what is still open then is decided
// from the profile's bins, which differ by 0.4 % of a value at most.
const maxRounds = 4

// Decide decides roles, cuts and levels from a merged profile. Where the
// profile leaves something open, ask is not nil: run it over all splits, append
// the merged answer to answers and call again.
func Decide(p *partial.Profile, answers []partial.Refinement, o Options) (r *Result, ask *partial.RefineParams, err error) {
	d := decider{profile: p, options: o, answers: answers, result: &Result{}, names: map[string]bool{}}
	d.options.MinCount = max(o.MinCount, 1)
	if err := d.check(); err != nil {
		return nil, nil, err
	}
	for i := range p.Columns {
		if err := d.column(&p.Columns[i]); err != nil {
			return nil, nil, err
		}
	}
	if len(d.ask) > 0 && len(answers) < maxRounds {
		return nil, &partial.RefineParams{Columns: d.ask}, nil
	}
	return d.result, nil, nil
}

// decider is one run of Decide.
type decider struct {
	profile *partial.Profile
	options Options
	answers []partial.Refinement
	result  *Result
	ask     []partial.RefineColumn
	names   map[string]bool // of features
}

// check reports every option that names a column the table does not have.
func (d *decider) check() error {
	var all []string
	for _, c := range d.profile.Columns {
		all = append(all, c.Name)
	}
	var named []string
	named = append(append(append(named, d.options.Only...), d.options.Exclude...), d.options.Metrics...)
	for c := range d.options.Roles {
		named = append(named, c)
	}
	for c := range d.options.Bins {
		named = append(named, c)
	}
	slices.Sort(named)
	var errs []error
	for _, c := range slices.Compact(named) {
		if !slices.Contains(all, c) {
			errs = append(errs, &source.UnknownColumnError{Column: c, Nearest: source.Nearest(c, all)})
		}
	}
	return errors.Join(errs...)
}

func (d *decider) column(c *partial.Column) error {
	inf := c.Infer()
	out := Column{Name: c.Name, Type: inf.Type, Rows: c.Rows, Missing: c.Rows - inf.Known, Distinct: inf.Distinct, About: inf.About}
	if inf.Numeric && inf.Min <= inf.Max {
		out.Min, out.Max = &inf.Min, &inf.Max
	}
	out.Role, out.Reason = d.role(c, &inf)
	if out.Role == ID && d.result.Key == "" {
		d.result.Key = c.Name
	}
	if out.Role.Carried() {
		if err := d.features(c, &inf, &out); err != nil {
			return fmt.Errorf("column %q: %w", c.Name, err)
		}
		if len(out.Features) == 0 {
			out.Role = Ignore
		}
	}
	d.result.Columns = append(d.result.Columns, out)
	return nil
}

// role infers what a column is used for, and says why.
func (d *decider) role(c *partial.Column, inf *partial.Inference) (Role, string) {
	o := &d.options
	given, ok := o.Roles[c.Name]
	if ok && !given.Carried() {
		return given, "as asked"
	}
	asked := ok || slices.Contains(o.Only, c.Name)
	switch {
	case slices.Contains(o.Metrics, c.Name):
		return Metric, "read by a metric"
	case slices.Contains(o.Exclude, c.Name):
		return Ignore, "excluded"
	case o.Only != nil && !asked:
		return Ignore, "not among the features asked for"
	case c.Wide > 0:
		return Ignore, fmt.Sprintf("%s values are beyond 64 bits", count(c.Wide))
	case inf.Known == inf.NaN && inf.Numeric || inf.Known == 0:
		return Ignore, "no row has a value"
	case inf.Distinct == 1 && inf.Known == c.Rows:
		return Ignore, "constant: every row has the same value"
	case asked:
		return cmp.Or(given, Feature), "as asked"
	}
	if (inf.Type == source.Text || inf.Type == source.Int && inf.Distinct > maxDiscreteInts) &&
		float64(inf.Distinct) >= idShare*float64(inf.Known) {
		about := ""
		if inf.About {
			about = "about "
		}
		return ID, fmt.Sprintf("%s%s different values in %s rows", about, count(inf.Distinct), count(inf.Known))
	}
	return Feature, ""
}

// idShare is the share of different values from which a column is an id.
const idShare = 0.99

// features makes the features of a column.
func (d *decider) features(c *partial.Column, inf *partial.Inference, out *Column) error {
	asked := out.Reason
	var reason string
	var err error
	switch {
	case inf.Type == source.Date || inf.Type == source.Timestamp:
		reason, err = d.dates(c, out)
	case inf.Numeric && inf.Type != source.Bool && !(inf.Padded > 0 && inf.Type == source.Int && d.options.Bins[c.Name].none()):
		reason, err = d.numbers(c, inf, out)
	case !d.options.Bins[c.Name].none():
		err = fmt.Errorf("bins are for numbers and dates: each value is a level (%s)", inf.Type)
	default:
		if inf.Padded > 0 && inf.Numeric {
			out.Notes = append(out.Notes, fmt.Sprintf("numbers with zeros in front, such as codes have, are taken as text (%s rows); --bins %s:levels=12 takes them as numbers", count(inf.Padded), c.Name))
		}
		if inf.NotNumbers > 0 && 2*inf.NotNumbers < inf.Known {
			out.Notes = append(out.Notes, fmt.Sprintf("%s of %s values are not numbers, for example %q; list it with --null to take the others as numbers", count(inf.NotNumbers), count(inf.Known), inf.NotNumber))
		}
		reason = d.category(c, out)
	}
	if asked == "" || len(out.Features) == 0 {
		out.Reason = reason
	} else {
		out.Reason = asked + ": " + reason
	}
	return err
}

// none reports whether nothing was asked.
func (b Binning) none() bool { return b.Width == 0 && b.Cuts == nil && b.Levels == 0 }

// add adds a feature; its name is made unique.
func (d *decider) add(out *Column, f encoder.Feature) {
	for d.names[f.Name] {
		f.Name += "'"
	}
	d.names[f.Name] = true
	out.Features = append(out.Features, len(d.result.Features))
	d.result.Features = append(d.result.Features, f)
}

// A refinement counts the values of at most maxBuckets hash buckets exactly,
// fewer where they would hold more than maxValues different ones.
const (
	maxBuckets = 4096
	maxValues  = 1 << 18
)

// values returns the exactly counted values of a sketched column, among them all
// that occur in at least least rows, once answered; until then they are asked
// for. Where more buckets than can be asked for hold so many rows, those with
// the most rows are, ties by number.
func (d *decider) values(c *partial.Column, least int64) (texts map[string]int64, ints map[int64]int64, ok bool) {
	for _, a := range d.answers {
		for _, r := range a.Columns {
			if r.Column == c.Name && len(r.Buckets) > 0 {
				return r.Texts, r.Ints, true
			}
		}
	}
	var wanted []uint32
	for b, n := range c.Sketch.Buckets {
		if n >= least {
			wanted = append(wanted, uint32(b))
		}
	}
	if len(wanted) == 0 {
		return nil, nil, true
	}
	most := int(min(maxBuckets, max(1, maxValues*partial.HashBuckets/max(1, int64(c.Sketch.Distinct.Estimate())))))
	if len(wanted) > most {
		slices.SortStableFunc(wanted, func(x, y uint32) int {
			return int(min(1, max(-1, c.Sketch.Buckets[y]-c.Sketch.Buckets[x])))
		})
		wanted = wanted[:most]
		slices.Sort(wanted)
	}
	d.ask = append(d.ask, partial.RefineColumn{Column: c.Name, Buckets: wanted})
	return nil, nil, false
}

// category makes one feature with a level per frequent value.
func (d *decider) category(c *partial.Column, out *Column) (reason string) {
	counts, complete := c.Texts, true
	switch {
	case c.Type == source.Bool:
		counts = map[string]int64{}
		for v, n := range c.Ints {
			counts[[2]string{"false", "true"}[v&1]] = n
		}
	case c.Sketch != nil:
		var ok bool
		if counts, _, ok = d.values(c, d.options.MinCount); !ok {
			return ""
		}
		complete = false
	}
	levels, other := categoryLevels(counts, complete, d.options.MinCount)
	if len(levels) == 0 || len(levels) == 1 && other != 0 {
		return fmt.Sprintf("no value occurs in %s rows", count(d.options.MinCount))
	}
	for _, word := range []string{"unknown", "?"} {
		if n := counts[word]; n > 0 {
			out.Notes = append(out.Notes, fmt.Sprintf("%q is a level like any other (%s rows); list it with --null if it means missing", word, count(n)))
		}
	}
	d.add(out, encoder.Feature{Name: c.Name, Column: c.Name, Kind: encoder.Category, Levels: levels, Other: other})
	if other == 0 {
		return fmt.Sprintf("%d values", len(levels))
	}
	about := ""
	if out.About {
		about = "about "
	}
	return fmt.Sprintf("%d of %s%s values, the rest is %s", len(levels)-1, about, count(out.Distinct), OtherName)
}

var english = message.NewPrinter(language.English)

// count writes a number with commas.
func count(n int64) string { return english.Sprintf("%d", n) }
