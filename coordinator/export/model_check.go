package export

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// maxDigits bounds fixed-point digits, see encoder.FixedFloat.
const maxDigits = 15

// check finds the first thing in the model by which no row could be assigned,
// or not the way it reads.
func (m *Model) check() error {
	names := namer{"segment": {}, "feature": {}, "measure": {}, "metric": {}}
	if m.Customers < 0 {
		return fmt.Errorf("it is of %d customers", m.Customers)
	}
	for i := range m.Segments {
		if err := names.take("segment", i, m.Segments[i].Name); err != nil {
			return err
		}
		if m.Segments[i].Rows < 0 {
			return fmt.Errorf("segment %q has %d rows", m.Segments[i].Name, m.Segments[i].Rows)
		}
	}
	for i := range m.Plan.Features {
		f := &m.Plan.Features[i]
		if err := names.take("feature", i, f.Name); err != nil {
			return err
		}
		if err := checkFeature(f); err != nil {
			return fmt.Errorf("feature %q: %w", f.Name, err)
		}
	}
	for i := range m.Plan.Measures {
		x := &m.Plan.Measures[i]
		if err := names.take("measure", i, x.Name); err != nil {
			return err
		}
		if x.Column == "" || !utf8.ValidString(x.Column) {
			return fmt.Errorf("measure %q: its column is %q", x.Name, x.Column)
		}
		if x.Digits < 0 || x.Digits > maxDigits || x.WeightDigits < 0 || x.WeightDigits > maxDigits {
			return fmt.Errorf("measure %q: digits %d and %d are not within 0 to %d", x.Name, x.Digits, x.WeightDigits, maxDigits)
		}
	}
	for i := range m.Metrics {
		x := &m.Metrics[i]
		if err := names.take("metric", i, x.Name); err != nil {
			return err
		}
		if x.Column == "" || !utf8.ValidString(x.Column) || !utf8.ValidString(x.Per) {
			return fmt.Errorf("metric %q: its columns are %q and %q", x.Name, x.Column, x.Per)
		}
		if x.Known < 0 || x.Known > m.Customers {
			return fmt.Errorf("metric %q: it is known for %d of %d customers", x.Name, x.Known, m.Customers)
		}
	}
	if err := m.checkLevels(); err != nil {
		return err
	}
	if len(m.Segments) == 0 && len(m.Tree.Nodes) == 0 {
		return nil
	}
	if m.Clusters != nil {
		return m.checkClusters()
	}
	return m.checkTree()
}

// checkClusters makes sure that the centres are those of the segments, in the
// space of the plan.
func (m *Model) checkClusters() error {
	c, codes := m.Clusters, 0
	if len(m.Tree.Nodes) > 0 {
		return errors.New("both a tree and clusters assign")
	}
	for i, o := range c.OneHot {
		if o.Feature < 0 || o.Feature >= len(m.Plan.Features) {
			return fmt.Errorf("clusters: feature %d is not among the %d", o.Feature, len(m.Plan.Features))
		}
		if !(o.Weight > 0) || math.IsInf(o.Weight, 0) {
			return fmt.Errorf("clusters: one-hot feature %d weighs %v", i, o.Weight)
		}
		codes += m.Plan.Features[o.Feature].Codes()
	}
	for i, x := range m.Plan.Coordinates {
		if x.Column == "" || !utf8.ValidString(x.Column) || !(x.Unit > 0) || math.IsInf(x.Unit, 0) || !(x.Weight > 0) || math.IsInf(x.Weight, 0) {
			return fmt.Errorf("clusters: coordinate %d is of column %q, unit %v and weight %v", i, x.Column, x.Unit, x.Weight)
		}
	}
	if len(c.Places) != len(m.Segments) || len(c.Shares) != len(m.Segments) {
		return fmt.Errorf("clusters: %d and %d centres for %d segments", len(c.Places), len(c.Shares), len(m.Segments))
	}
	for i := range c.Places {
		if len(c.Places[i]) != len(m.Plan.Coordinates) || len(c.Shares[i]) != codes {
			return fmt.Errorf("clusters: centre %d has %d places and %d shares for %d coordinates and %d levels",
				i, len(c.Places[i]), len(c.Shares[i]), len(m.Plan.Coordinates), codes)
		}
	}
	return nil
}

// checkLevels makes sure that every customer has one code of every feature.
func (m *Model) checkLevels() error {
	if len(m.Levels) != len(m.Plan.Features) {
		return fmt.Errorf("the levels of %d features are counted, but there are %d", len(m.Levels), len(m.Plan.Features))
	}
	for i, counts := range m.Levels {
		f := &m.Plan.Features[i]
		if len(counts) != f.Codes() {
			return fmt.Errorf("feature %q: %d codes are counted, but it has %d", f.Name, len(counts), f.Codes())
		}
		left := m.Customers
		for _, n := range counts {
			if n < 0 || n > left {
				return fmt.Errorf("feature %q: its codes count %v, which are not the %d customers", f.Name, counts, m.Customers)
			}
			left -= n
		}
		if left != 0 {
			return fmt.Errorf("feature %q: its codes count %v, %d short of the %d customers", f.Name, counts, left, m.Customers)
		}
	}
	return nil
}

// namer holds the names taken so far, by what they name.
type namer map[string]map[string]struct{}

func (n namer) take(what string, i int, name string) error {
	if name == "" || !utf8.ValidString(name) {
		return fmt.Errorf("%s %d is named %q", what, i, name)
	}
	if _, ok := n[what][name]; ok {
		return fmt.Errorf("two %ss are named %q", what, name)
	}
	n[what][name] = struct{}{}
	return nil
}

func checkFeature(f *encoder.Feature) error {
	switch {
	case f.Column == "" || !utf8.ValidString(f.Column):
		return fmt.Errorf("its column is %q", f.Column)
	case !slices.Contains([]string{encoder.Category, encoder.Discrete, encoder.Range}, f.Kind):
		return fmt.Errorf("the kind %q is not known", f.Kind)
	case !slices.Contains([]string{"", encoder.AgeDays, encoder.Month, encoder.Weekday}, f.Part):
		return fmt.Errorf("the part of a date %q is not known", f.Part)
	case len(f.Levels) > encoder.MaxLevels:
		return fmt.Errorf("%d levels are more than %d", len(f.Levels), encoder.MaxLevels)
	case f.Other != 0 && int(f.Other) != len(f.Levels):
		return fmt.Errorf("the code of other is %d, but the last level's is %d", f.Other, len(f.Levels))
	}
	if f.Part == encoder.AgeDays {
		if _, err := time.Parse(time.DateOnly, f.AsOf); err != nil {
			return fmt.Errorf("the as-of date %q is none", f.AsOf)
		}
	}
	seen := map[string]bool{}
	for i, l := range f.Levels {
		if err := checkLevel(f, i); err != nil {
			return fmt.Errorf("level %d (%q): %w", i+1, l.Name, err)
		}
		if f.Kind == encoder.Range || i+1 == int(f.Other) {
			continue
		}
		if seen[l.Value] {
			return fmt.Errorf("two levels have the value %q", l.Value)
		}
		seen[l.Value] = true
	}
	return nil
}

func checkLevel(f *encoder.Feature, i int) error {
	l := f.Levels[i]
	if !utf8.ValidString(l.Name) || !utf8.ValidString(l.Value) {
		return errors.New("its text is not valid UTF-8")
	}
	if i+1 == int(f.Other) {
		return nil
	}
	switch f.Kind {
	case encoder.Discrete:
		if x, ok := encoder.ParseNumber(l.Value); !ok || math.IsNaN(x) {
			return fmt.Errorf("its value %q is not a number", l.Value)
		}
	case encoder.Range:
		for _, end := range []*float64{l.Low, l.High} {
			if end != nil && (math.IsNaN(*end) || math.IsInf(*end, 0)) {
				return errors.New("its ends are not finite")
			}
		}
		if l.Low != nil && l.High != nil && *l.Low > *l.High {
			return fmt.Errorf("it ends at %v, before its beginning %v", *l.High, *l.Low)
		}
	}
	return nil
}

// checkTree makes sure that every row comes to a segment. Children must follow
// their parents, so there is no way round in circles.
func (m *Model) checkTree() error {
	t, p, segments := &m.Tree, &m.Plan, len(m.Segments)
	if segments == 0 {
		return errors.New("there are no segments for the tree to assign to")
	}
	if len(t.Nodes) == 0 {
		return errors.New("the tree has no nodes")
	}
	for i, n := range t.Nodes {
		if len(n.Codes) == 0 {
			if n.Segment < 0 || n.Segment >= segments {
				return fmt.Errorf("tree node %d: segment %d is not among the %d", i, n.Segment, segments)
			}
			if rules := len(m.Segments[n.Segment].Rules); n.Rule < 0 || n.Rule > max(0, rules-1) {
				return fmt.Errorf("tree node %d: rule %d is not among the %d of segment %q", i, n.Rule, rules, m.Segments[n.Segment].Name)
			}
			continue
		}
		if n.Feature < 0 || n.Feature >= len(p.Features) {
			return fmt.Errorf("tree node %d: feature %d is not among the %d", i, n.Feature, len(p.Features))
		}
		if n.Yes <= i || n.No <= i || n.Yes >= len(t.Nodes) || n.No >= len(t.Nodes) {
			return fmt.Errorf("tree node %d: its children %d and %d do not follow it among the %d nodes", i, n.Yes, n.No, len(t.Nodes))
		}
		f := &p.Features[n.Feature]
		for k, c := range n.Codes {
			if int(c) >= f.Codes() || k > 0 && c <= n.Codes[k-1] {
				return fmt.Errorf("tree node %d: code %d of feature %q is out of range or order", i, c, f.Name)
			}
		}
	}
	return nil
}
