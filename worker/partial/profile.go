package partial

import (
	"fmt"
	"slices"

	"github.com/headwater-dev/headwater/worker/source"
)

// ExactLimit is the number of distinct values of a column up to which all are
// counted exactly. Beyond it a Sketch takes their place, for good.
const ExactLimit = 65536

// ExactBytes bounds the exactly counted texts of a column together, in bytes:
// a column of long free texts becomes a Sketch as well.
const ExactBytes = 16 << 20

// Profile is what the profile pass learns of a table: the rows of every unit
// and the values of every column. It is a function of the rows alone, however
// they were cut into units and in whatever order parts were merged.
type Profile struct {
	Units   []Unit // ascending by Unit
	Columns []Column
}

// Unit is one split of the table as it was read.
type Unit struct {
	Unit  int // index of the split in the table
	Rows  int64
	Marks []source.Mark
}

// Column is what is known of one column's values. Exactly one of Ints, Texts
// and Sketch holds the values (or none, when there are none).
type Column struct {
	Name  string
	Type  source.Type
	Scale int32 // Decimal: digits after the point
	Rows  int64
	Nulls int64
	NaN   int64 // Float: not numbers; they are neither null nor a value
	Wide  int64 // Decimal: values beyond 64 bits, not counted otherwise

	// Ints counts each value exactly: an Int, a Bool as 0 and 1, the bits of a
	// Float (−0 as 0), the unscaled integer of a Decimal, and for Date and
	// Timestamp the days since 1970-01-01.
	Ints   map[int64]int64
	Texts  map[string]int64 // Text: each value as it stands
	Sketch *Sketch          // beyond ExactLimit or ExactBytes
}

// Known returns the rows that hold a value; NaN is none.
func (c *Column) Known() int64 { return c.Rows - c.Nulls - c.NaN }

// Merge adds other, the profile of other units of the same table, which is
// used up.
func (p *Profile) Merge(other *Profile) error {
	if len(p.Columns) != len(other.Columns) {
		return fmt.Errorf("profiles of %d and %d columns cannot be merged", len(p.Columns), len(other.Columns))
	}
	for i := range p.Columns {
		a, b := &p.Columns[i], &other.Columns[i]
		if a.Name != b.Name || a.Type != b.Type || a.Scale != b.Scale {
			return fmt.Errorf("profiles of column %q (%s) and column %q (%s) cannot be merged", a.Name, a.Type, b.Name, b.Type)
		}
		if err := a.merge(b, wideLimit(len(p.Columns))); err != nil {
			return fmt.Errorf("column %q: %w", a.Name, err)
		}
	}
	p.Units = append(p.Units, other.Units...)
	slices.SortFunc(p.Units, func(a, b Unit) int { return a.Unit - b.Unit })
	for i := 1; i < len(p.Units); i++ {
		if p.Units[i].Unit == p.Units[i-1].Unit {
			return fmt.Errorf("unit %d is in both profiles", p.Units[i].Unit)
		}
	}
	return nil
}

// merge adds o; a sketch keeps up to wide values.
func (c *Column) merge(o *Column, wide int) error {
	c.Rows += o.Rows
	c.Nulls += o.Nulls
	c.NaN += o.NaN
	c.Wide += o.Wide
	if c.Sketch == nil && o.Sketch != nil { // the sketch takes in the exact counts
		c.Sketch, o.Sketch = o.Sketch, nil
		c.Ints, o.Ints = o.Ints, c.Ints
		c.Texts, o.Texts = o.Texts, c.Texts
	}
	if o.Sketch != nil {
		c.Sketch.mergeValues(o.Sketch.Ints, o.Sketch.Texts, wide)
		return c.Sketch.merge(o.Sketch)
	}
	if c.Sketch != nil {
		if len(o.Ints)+len(o.Texts) > 0 {
			c.Sketch.mergeValues(o.Ints, o.Texts, wide)
		}
	} else {
		c.Ints = union(c.Ints, o.Ints)
		c.Texts = union(c.Texts, o.Texts)
		if len(c.Ints) <= ExactLimit && len(c.Texts) <= ExactLimit && textBytes(c.Texts) <= ExactBytes {
			return nil
		}
		c.Sketch = newSketch(c.Type)
		c.Sketch.keepValues(c.Ints, c.Texts, wide)
		o.Ints, o.Texts, c.Ints, c.Texts = c.Ints, c.Texts, nil, nil
	}
	c.Sketch.addExact(c, o.Ints, o.Texts)
	return nil
}

func textBytes(texts map[string]int64) (n int64) {
	for s := range texts {
		n += int64(len(s))
	}
	return n
}

func union[K comparable](a, b map[K]int64) map[K]int64 {
	if len(a) < len(b) {
		a, b = b, a
	}
	for v, n := range b {
		a[v] += n
	}
	return a
}
