package partial

import "github.com/headwater-dev/headwater/worker/source"

// The values that sketches keep, so that amounts of money need no further pass
// over the table: of one column, and of all columns of a profile together.
const (
	wideColumn  = 1 << 18
	wideProfile = 6 << 20
)

// wideLimit returns how many values the sketch of each of a number of columns
// may keep; 0 stands for none.
func wideLimit(columns int) int {
	if limit := min(wideColumn, wideProfile/max(columns, 1)); limit > ExactLimit {
		return limit
	}
	return 0
}

// keepValues takes in all values of a new sketch where there are not too many.
func (s *Sketch) keepValues(ints map[int64]int64, texts map[string]int64, wide int) {
	if len(ints) <= wide && len(texts) <= wide && textBytes(texts) <= ExactBytes {
		s.Ints, s.Texts = ints, texts
	}
}

// mergeValues adds all values of other rows; without them, or with too many,
// the sketch keeps none.
func (s *Sketch) mergeValues(ints map[int64]int64, texts map[string]int64, wide int) {
	all := (s.Ints != nil || s.Texts != nil) && (ints != nil || texts != nil)
	a, b := s.Ints, s.Texts
	s.Ints, s.Texts = nil, nil
	if all {
		s.keepValues(added(a, ints), added(b, texts), wide)
	}
}

// added adds b to a, which it changes; b it does not.
func added[K comparable](a, b map[K]int64) map[K]int64 {
	if a == nil && len(b) > 0 {
		a = make(map[K]int64, len(b))
	}
	for v, n := range b {
		a[v] += n
	}
	return a
}

// Refine answers of a question what the profile knows: what is asked of columns
// all of whose values it keeps. It returns the answer, and what is left to be
// asked of the table; nil when nothing is. Cost: about 30 ns a value kept.
func (p *Profile) Refine(ask *RefineParams) (known Refinement, open *RefineParams) {
	open = &RefineParams{}
	for _, question := range ask.Columns {
		c := p.kept(question.Column)
		if c == nil {
			open.Columns = append(open.Columns, question)
			continue
		}
		r := NewRefiner(source.Column{Name: c.Name, Type: c.Type, Scale: c.Scale}, question)
		for v, n := range c.Sketch.Ints {
			r.addInt(v, n)
		}
		for v, n := range c.Sketch.Texts {
			r.addText(v, n)
		}
		known.Columns = append(known.Columns, r.Refined())
	}
	if len(open.Columns) == 0 {
		open = nil
	}
	return known, open
}

// kept returns the column of a name if its sketch keeps all values.
func (p *Profile) kept(name string) *Column {
	for i := range p.Columns {
		if c := &p.Columns[i]; c.Name == name && c.Sketch != nil && (c.Sketch.Ints != nil || c.Sketch.Texts != nil) {
			return c
		}
	}
	return nil
}
