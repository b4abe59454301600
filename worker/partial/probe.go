package partial

import "fmt"

// Probe is what is looked up of given groups, on both parts of the customers.
type Probe struct {
	Discovery, Confirmation ProbePart
}

// ProbePart is one part of Probe.
type ProbePart struct {
	N       []int64 // group → customers
	Columns []ProbeColumn
}

// ProbeColumn is one column of values over the groups.
type ProbeColumn struct {
	Known     []int64
	Sum       Sums
	Squares   Squares
	Low, High []int64 // the smallest and the largest value; 0 where Known is
}

// MakeProbePart returns what no row has been added to.
func MakeProbePart(groups, columns int) ProbePart {
	p := ProbePart{N: make([]int64, groups)}
	for range columns {
		p.Columns = append(p.Columns, ProbeColumn{
			Known: make([]int64, groups), Sum: MakeSums(groups), Squares: MakeSquares(groups),
			Low: make([]int64, groups), High: make([]int64, groups),
		})
	}
	return p
}

// Merge adds other, which looks up the same of the same groups.
func (p *Probe) Merge(other *Probe) error {
	if err := p.Discovery.merge(&other.Discovery); err != nil {
		return fmt.Errorf("discovery: %w", err)
	}
	if err := p.Confirmation.merge(&other.Confirmation); err != nil {
		return fmt.Errorf("confirmation: %w", err)
	}
	return nil
}

func (p *ProbePart) merge(other *ProbePart) error {
	if len(p.N) != len(other.N) || len(p.Columns) != len(other.Columns) {
		return fmt.Errorf("figures of %d groups and %d columns cannot be added to those of %d and %d",
			len(other.N), len(other.Columns), len(p.N), len(p.Columns))
	}
	for c := range p.Columns {
		for _, x := range []*ProbeColumn{&p.Columns[c], &other.Columns[c]} {
			if len(x.Known) != len(p.N) || len(x.Sum.Hi) != len(p.N) || len(x.Sum.Lo) != len(p.N) || len(x.Low) != len(p.N) || len(x.High) != len(p.N) {
				return fmt.Errorf("column %d: figures of unlike shape cannot be added", c)
			}
		}
	}
	addTo(p.N, other.N)
	for c := range p.Columns {
		a, b := &p.Columns[c], &other.Columns[c]
		for i, known := range b.Known {
			switch {
			case known == 0:
			case a.Known[i] == 0:
				a.Low[i], a.High[i] = b.Low[i], b.High[i]
			default:
				a.Low[i], a.High[i] = min(a.Low[i], b.Low[i]), max(a.High[i], b.High[i])
			}
		}
		addTo(a.Known, b.Known)
		addTo(a.Sum.Hi, b.Sum.Hi)
		addTo(a.Sum.Lo, b.Sum.Lo)
		if err := a.Squares.Merge(&b.Squares); err != nil {
			return fmt.Errorf("column %d: %w", c, err)
		}
	}
	return nil
}
