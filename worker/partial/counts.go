// Package partial holds the mergeable aggregates that workers answer with.
// Everything in them is an integer, and merging is associative and
// commutative, so that results do not depend on how the rows were cut.
package partial

import (
	"fmt"
	"math/big"
)

// Sums are exact sums of int64 values that may exceed 64 bits: the i-th sum is
// Hi[i]·2³² + Lo[i], with 0 ≤ Lo[i] < 2⁶³ over up to 2³¹ added int64 values.
type Sums struct {
	Hi, Lo []int64
}

// Counts are the counts and sums of a list of groups, in an order that the op
// defines.
type Counts struct {
	N        []int64
	Measures []MeasureCounts // one per Plan.Measures
}

// MeasureCounts are one measure's part of Counts.
type MeasureCounts struct {
	Known []int64 // rows on which the measure is known; nil = equal to N
	Sum   Sums
}

// Big returns the i-th sum.
func (s Sums) Big(i int) *big.Int {
	b := big.NewInt(s.Hi[i])
	return b.Add(b.Lsh(b, 32), big.NewInt(s.Lo[i]))
}

// Add adds x to the i-th sum.
func (s Sums) Add(i int, x int64) {
	s.Hi[i] += x >> 32
	s.Lo[i] += x & 0xffffffff
}

// Carry brings the sums, whose Lo may have become negative by subtracting, into
// canonical form: 0 ≤ Lo < 2³².
func (s Sums) Carry() {
	for i, lo := range s.Lo {
		if uint64(lo) > 0xffffffff { // else memory that was never touched stays so
			s.Hi[i] += lo >> 32
			s.Lo[i] = lo & 0xffffffff
		}
	}
}

// MakeSums returns n sums of zero.
func MakeSums(n int) Sums { return Sums{Hi: make([]int64, n), Lo: make([]int64, n)} }

// MakeCounts returns zero counts of n groups; known[m] says whether measure m
// is known on every row, so that no count of known rows is kept.
func MakeCounts(n int, complete []bool) Counts {
	c := Counts{N: make([]int64, n), Measures: make([]MeasureCounts, len(complete))}
	for m := range c.Measures {
		c.Measures[m].Sum = MakeSums(n)
		if !complete[m] {
			c.Measures[m].Known = make([]int64, n)
		}
	}
	return c
}

// Fits reports whether these are counts of n groups as MakeCounts makes them.
func (c *Counts) Fits(n int, complete []bool) error {
	fit := len(c.N) == n && len(c.Measures) == len(complete)
	for m := 0; fit && m < len(complete); m++ {
		mc := &c.Measures[m]
		fit = len(mc.Sum.Hi) == n && len(mc.Sum.Lo) == n && (mc.Known == nil) == complete[m] && (complete[m] || len(mc.Known) == n)
	}
	if !fit {
		return fmt.Errorf("counts of %d groups and %d measures are not the ones of %d and %d asked for", len(c.N), len(c.Measures), n, len(complete))
	}
	return nil
}

// Merge adds other, which counts the same groups, to c. Both must agree on
// which measures are complete.
func (c *Counts) Merge(other *Counts) error {
	if len(c.N) != len(other.N) || len(c.Measures) != len(other.Measures) {
		return fmt.Errorf("counts of %d groups and %d measures cannot be added to counts of %d and %d",
			len(other.N), len(other.Measures), len(c.N), len(c.Measures))
	}
	for m := range c.Measures {
		a, b := &c.Measures[m], &other.Measures[m]
		if len(a.Known) != len(b.Known) || len(a.Sum.Hi) != len(b.Sum.Hi) || len(a.Sum.Lo) != len(b.Sum.Lo) || len(a.Sum.Hi) != len(c.N) {
			return fmt.Errorf("measure %d: counts of unlike shape cannot be added", m)
		}
	}
	addTo(c.N, other.N)
	for m := range c.Measures {
		a, b := &c.Measures[m], &other.Measures[m]
		addTo(a.Known, b.Known)
		addTo(a.Sum.Hi, b.Sum.Hi)
		addTo(a.Sum.Lo, b.Sum.Lo)
	}
	return nil
}

func addTo(dst, src []int64) {
	for i, x := range src {
		dst[i] += x
	}
}

// AddEntry adds the from-th entry of other, of the same measures, to the i-th.
func (c *Counts) AddEntry(i int, other *Counts, from int) {
	c.N[i] += other.N[from]
	for m := range c.Measures {
		a, b := &c.Measures[m], &other.Measures[m]
		if a.Known != nil {
			a.Known[i] += b.Known[from]
		}
		a.Sum.Hi[i] += b.Sum.Hi[from]
		a.Sum.Lo[i] += b.Sum.Lo[from]
	}
}

// Last returns the last entry alone.
func (c *Counts) Last() Counts {
	i := len(c.N) - 1
	last := Counts{N: c.N[i:], Measures: make([]MeasureCounts, len(c.Measures))}
	for m, from := range c.Measures {
		last.Measures[m].Sum = Sums{Hi: from.Sum.Hi[i:], Lo: from.Sum.Lo[i:]}
		if from.Known != nil {
			last.Measures[m].Known = from.Known[i:]
		}
	}
	return last
}
