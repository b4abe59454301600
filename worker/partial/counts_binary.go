package partial

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// maxGroups bounds the groups of counts that are decoded, so that a corrupt
// message cannot exhaust the memory.
const maxGroups = 1 << 26

// AppendBinary encodes counts column by column.
func (c Counts) AppendBinary(b []byte) ([]byte, error) {
	b = slices.Grow(b, 2*len(c.N)*(1+len(c.Measures))+64) // upper halves are mostly zeros
	b = binary.AppendUvarint(b, uint64(len(c.N)))
	b = binary.AppendUvarint(b, uint64(len(c.Measures)))
	b = appendColumn(b, c.N)
	for _, m := range c.Measures {
		if len(m.Sum.Hi) != len(c.N) || len(m.Sum.Lo) != len(c.N) || m.Known != nil && len(m.Known) != len(c.N) {
			return nil, errors.New("counts whose columns are not equally long")
		}
		b = appendColumn(b, m.Known)
		b = appendColumn(b, m.Sum.Hi)
		b = appendColumn(b, m.Sum.Lo)
	}
	return b, nil
}

// MarshalBinary is AppendBinary to nothing, as gob asks for it.
func (c Counts) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

// UnmarshalBinary decodes what AppendBinary wrote.
func (c *Counts) UnmarshalBinary(data []byte) error {
	r := columnReader{data: data}
	groups := r.size(maxGroups)
	measures := r.size(uint64(len(data)))
	*c = Counts{N: r.column(groups)}
	for range measures {
		m := MeasureCounts{Known: r.column(groups)}
		m.Sum.Hi, m.Sum.Lo = r.column(groups), r.column(groups)
		if r.bad = r.bad || m.Sum.Hi == nil && groups > 0 || m.Sum.Lo == nil && groups > 0; r.bad {
			break
		}
		c.Measures = append(c.Measures, m)
	}
	if r.bad || len(r.data) > 0 {
		return fmt.Errorf("counts of %d groups and %d measures: %w", groups, measures, errDamaged)
	}
	return nil
}

// MergeBinary adds counts that AppendBinary wrote, as Merge does, without
// making them first. After an error the counts mean nothing.
func (c *Counts) MergeBinary(data []byte) error {
	r := columnReader{data: data}
	groups := r.size(maxGroups)
	measures := r.size(uint64(len(data)))
	if !r.bad && (groups != len(c.N) || measures != len(c.Measures)) {
		return fmt.Errorf("counts of %d groups and %d measures cannot be added to counts of %d and %d",
			groups, measures, len(c.N), len(c.Measures))
	}
	r.add(c.N)
	for m := range c.Measures {
		mc := &c.Measures[m]
		r.add(mc.Known)
		r.add(mc.Sum.Hi)
		r.add(mc.Sum.Lo)
	}
	if r.bad || len(r.data) > 0 {
		return fmt.Errorf("counts of %d groups and %d measures, or of other measures than these: %w", groups, measures, errDamaged)
	}
	return nil
}
