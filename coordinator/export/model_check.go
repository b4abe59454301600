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
	names := namer{"segment": {}, "feature": {}, "measure": {}}
	if len(m.Segments) == 0 {
		return errors.New("there are no segments")
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
	return checkTree(&m.Tree, &m.Plan, len(m.Segments))
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
func checkTree(t *encoder.Tree, p *encoder.Plan, segments int) error {
	if len(t.Nodes) == 0 {
		return errors.New("the tree has no nodes")
	}
	for i, n := range t.Nodes {
		if len(n.Codes) == 0 {
			if n.Segment < 0 || n.Segment >= segments {
				return fmt.Errorf("tree node %d: segment %d is not among the %d", i, n.Segment, segments)
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
