package partial

import "fmt"

// Pairs are the rows by the codes of two features, for several pairs: that with
// the codes a and b is entry a·k + b of the pair's counts, where the second
// feature has k codes, missing included.
type Pairs struct {
	Counts [][]int64 // pair → combination
}

// Merge adds other, which counts the same pairs.
func (p *Pairs) Merge(other *Pairs) error {
	if len(p.Counts) != len(other.Counts) {
		return fmt.Errorf("counts of %d pairs cannot be added to those of %d", len(other.Counts), len(p.Counts))
	}
	for i := range p.Counts {
		if len(p.Counts[i]) != len(other.Counts[i]) {
			return fmt.Errorf("pair %d: counts of %d combinations cannot be added to those of %d", i, len(other.Counts[i]), len(p.Counts[i]))
		}
		addTo(p.Counts[i], other.Counts[i])
	}
	return nil
}
