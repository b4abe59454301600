package partial

import "fmt"

// Halves are the counts of the same groups on the two parts that customers are
// split into: findings are sought on the one and checked on the other.
type Halves struct {
	Discovery, Confirmation Counts
}

// MakeHalves returns zero counts, as MakeCounts does.
func MakeHalves(n int, complete []bool) Halves {
	return Halves{Discovery: MakeCounts(n, complete), Confirmation: MakeCounts(n, complete)}
}

// Merge adds other, which counts the same groups.
func (h *Halves) Merge(other *Halves) error {
	if err := h.Discovery.Merge(&other.Discovery); err != nil {
		return fmt.Errorf("discovery: %w", err)
	}
	if err := h.Confirmation.Merge(&other.Confirmation); err != nil {
		return fmt.Errorf("confirmation: %w", err)
	}
	return nil
}

// All returns the counts on both parts together.
func (h *Halves) All() (*Counts, error) {
	complete := make([]bool, len(h.Discovery.Measures))
	for m := range complete {
		complete[m] = h.Discovery.Measures[m].Known == nil
	}
	all := MakeCounts(len(h.Discovery.N), complete)
	if err := all.Merge(&h.Discovery); err != nil {
		return nil, err
	}
	return &all, all.Merge(&h.Confirmation)
}
