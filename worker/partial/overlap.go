package partial

import "fmt"

// Overlap counts the rows that given groups and segments have in common.
type Overlap struct {
	Segments int
	N        []int64 // group-major: group·Segments + segment
}

// Merge adds other, which counts the same groups and segments.
func (o *Overlap) Merge(other *Overlap) error {
	if len(o.N) != len(other.N) || o.Segments != other.Segments {
		return fmt.Errorf("%d counts by %d segments cannot be added to %d by %d", len(other.N), other.Segments, len(o.N), o.Segments)
	}
	addTo(o.N, other.N)
	return nil
}
