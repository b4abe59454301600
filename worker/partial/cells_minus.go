package partial

import (
	"fmt"
	"math/bits"
)

// Minus returns the cells without some of their rows: those that other counts,
// all of whose keys are among c's. Every key stays, with nothing where no row is
// left, and level counts are left out. O(keys).
func (c *Cells) Minus(other *Cells) (*Cells, error) {
	for _, side := range []*Cells{c, other} {
		if err := side.check(); err != nil {
			return nil, err
		}
	}
	complete := make([]bool, len(c.Counts.Measures))
	for m := range complete {
		complete[m] = c.Counts.Measures[m].Known == nil
	}
	out := &Cells{Key: c.Key, High: c.High, Counts: MakeCounts(len(c.Key), complete)}
	for m := range c.Squares {
		out.Squares = append(out.Squares, MakeSquares(len(c.Key)))
		copy(out.Squares[m].Hi, c.Squares[m].Hi)
		copy(out.Squares[m].Lo, c.Squares[m].Lo)
	}
	for i := range c.Key {
		out.Counts.AddEntry(i, &c.Counts, i)
	}
	if len(other.Key) == 0 {
		return out, nil
	}
	if len(other.Counts.Measures) != len(complete) || len(other.Squares) != len(c.Squares) {
		return nil, fmt.Errorf("cells with %d measures cannot be taken from cells with %d", len(other.Counts.Measures), len(complete))
	}
	for m := range complete {
		if complete[m] != (other.Counts.Measures[m].Known == nil) {
			return nil, fmt.Errorf("measure %d: cells that disagree on its completeness cannot be taken away", m)
		}
	}
	at := 0
	for i := range other.Key {
		for at < len(c.Key) && c.CompareKeys(at, other, i) < 0 {
			at++
		}
		if at == len(c.Key) || c.CompareKeys(at, other, i) != 0 || other.Counts.N[i] > c.Counts.N[at] {
			return nil, fmt.Errorf("cell %d has rows that are not among those it is taken from", i)
		}
		out.take(at, other, i)
	}
	return out, nil
}

// take takes the i-th cell of other from the at-th.
func (c *Cells) take(at int, other *Cells, i int) {
	c.Counts.N[at] -= other.Counts.N[i]
	for m := range c.Counts.Measures {
		dst, src := &c.Counts.Measures[m], &other.Counts.Measures[m]
		if dst.Known != nil {
			dst.Known[at] -= src.Known[i]
		}
		dst.Sum.Hi[at] -= src.Sum.Hi[i]
		dst.Sum.Lo[at] -= src.Sum.Lo[i]
	}
	for m := range c.Squares {
		var borrow uint64
		dst, src := &c.Squares[m], &other.Squares[m]
		dst.Lo[at], borrow = bits.Sub64(dst.Lo[at], src.Lo[i], 0)
		dst.Hi[at], _ = bits.Sub64(dst.Hi[at], src.Hi[i], borrow)
	}
}
