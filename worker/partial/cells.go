package partial

import (
	"errors"
	"fmt"
	"math/big"
	"math/bits"
)

// Cells are the occupied cells of one crossing of features, ascending by Key.
type Cells struct {
	Key     []uint64  // see CellKeys
	High    []uint64  // the keys' high numbers; nil where they have none
	Counts  Counts    // in the order of Key
	Squares []Squares // where asked for: measure → one entry per key
	Levels  []int64   // where asked for: key-major, rows by feature × code of the plan, as in OpLevels
}

// Overflow is what a crossing of more occupied cells than the limit comes back as.
func Overflow() Cells { return Cells{Counts: Counts{N: []int64{-1}}} }

// Overflown says whether the crossing had more occupied cells than the limit.
func (c *Cells) Overflown() bool { return len(c.Key) == 0 && len(c.Counts.N) == 1 }

// Distinct returns the number of cells when the low foldBits bits of the keys
// are left out of account.
func (c *Cells) Distinct(foldBits int) int {
	n := 0
	for i, k := range c.Key {
		if i == 0 || k>>foldBits != c.Key[i-1]>>foldBits || c.High != nil && c.High[i] != c.High[i-1] {
			n++
		}
	}
	return n
}

// Merge adds the cells of other rows. The result is overflown when either side
// was, or when together they have more than limit cells, so it does not depend
// on how the rows were cut. O(keys).
func (c *Cells) Merge(other *Cells, limit, foldBits int) error {
	if c.Overflown() || other.Overflown() {
		*c = Overflow()
		return nil
	}
	for _, side := range []*Cells{c, other} {
		if err := side.check(); err != nil {
			return err
		}
	}
	switch {
	case len(other.Key) == 0:
	case len(c.Key) == 0:
		*c = *other
	default:
		if err := c.add(other); err != nil {
			return err
		}
	}
	if c.Distinct(foldBits) > limit {
		*c = Overflow()
	}
	return nil
}

// check looks for the damage that a corrupt answer could carry.
func (c *Cells) check() error {
	n := len(c.Key)
	if len(c.Counts.N) != n {
		return fmt.Errorf("%d cells with %d counts", n, len(c.Counts.N))
	}
	for m := range c.Counts.Measures {
		a := &c.Counts.Measures[m]
		if len(a.Sum.Hi) != n || len(a.Sum.Lo) != n || a.Known != nil && len(a.Known) != n {
			return fmt.Errorf("measure %d: %d cells with counts of another length", m, n)
		}
	}
	for m := range c.Squares {
		if len(c.Squares[m].Hi) != n || len(c.Squares[m].Lo) != n {
			return fmt.Errorf("measure %d: %d cells with squares of another length", m, n)
		}
	}
	if n > 0 && len(c.Levels)%n != 0 {
		return fmt.Errorf("%d cells with %d level counts", n, len(c.Levels))
	}
	if c.High != nil && len(c.High) != n {
		return fmt.Errorf("%d cells with high numbers of %d keys", n, len(c.High))
	}
	for i := 1; i < n; i++ {
		if c.CompareKeys(i, c, i-1) <= 0 {
			return fmt.Errorf("cell %d is out of order", i)
		}
	}
	return nil
}

// add merges two sorted lists of cells that both hold some.
func (c *Cells) add(other *Cells) error {
	if len(c.Counts.Measures) != len(other.Counts.Measures) || len(c.Squares) != len(other.Squares) {
		return fmt.Errorf("cells with %d measures cannot be added to cells with %d", len(other.Counts.Measures), len(c.Counts.Measures))
	}
	width := len(c.Levels) / len(c.Key)
	if len(other.Levels)/len(other.Key) != width {
		return fmt.Errorf("cells with %d levels cannot be added to cells with %d", len(other.Levels)/len(other.Key), width)
	}
	complete := make([]bool, len(c.Counts.Measures))
	for m := range complete {
		complete[m] = c.Counts.Measures[m].Known == nil
		if complete[m] != (other.Counts.Measures[m].Known == nil) {
			return fmt.Errorf("measure %d: cells that disagree on its completeness cannot be added", m)
		}
	}
	if (c.High == nil) != (other.High == nil) {
		return errors.New("cells of wide keys cannot be added to cells of narrow ones")
	}
	out := Cells{Key: make([]uint64, 0, len(c.Key)+len(other.Key)), Squares: make([]Squares, len(c.Squares))}
	if c.High != nil {
		out.High = make([]uint64, 0, cap(out.Key))
	}
	for i, j := 0, 0; i < len(c.Key) || j < len(other.Key); {
		order := -1
		if i == len(c.Key) {
			order = 1
		} else if j < len(other.Key) {
			order = c.CompareKeys(i, other, j)
		}
		if order <= 0 {
			out.addKey(c, i)
			i++
		} else {
			out.addKey(other, j)
		}
		if order >= 0 {
			j++
		}
	}
	keys := out.Key
	out.Counts = MakeCounts(len(keys), complete)
	if width > 0 {
		out.Levels = make([]int64, len(keys)*width)
	}
	for m := range out.Squares {
		out.Squares[m] = MakeSquares(len(keys))
	}
	out.scatter(c)
	out.scatter(other)
	*c = out
	return nil
}

// scatter adds cells whose keys are all among c's.
func (c *Cells) scatter(from *Cells) {
	at, width := 0, len(from.Levels)/len(from.Key)
	for i := range from.Key {
		for c.CompareKeys(at, from, i) != 0 {
			at++
		}
		c.Counts.N[at] += from.Counts.N[i]
		for m := range c.Counts.Measures {
			dst, src := &c.Counts.Measures[m], &from.Counts.Measures[m]
			if src.Known != nil {
				dst.Known[at] += src.Known[i]
			}
			dst.Sum.Hi[at] += src.Sum.Hi[i]
			dst.Sum.Lo[at] += src.Sum.Lo[i]
		}
		for m := range c.Squares {
			c.Squares[m].add(at, from.Squares[m].Hi[i], from.Squares[m].Lo[i])
		}
		addTo(c.Levels[at*width:(at+1)*width], from.Levels[i*width:(i+1)*width])
	}
}

// Segments are counts per segment.
type Segments struct {
	All     Counts    // one entry per segment
	Levels  []Counts  // segment → every feature × code, feature-major, as in OpLevels
	Squares []Squares // measure → one entry per segment
}

// Merge adds the segments of other rows.
func (s *Segments) Merge(other *Segments) error {
	if len(s.Levels) != len(other.Levels) || len(s.Squares) != len(other.Squares) {
		return fmt.Errorf("counts of %d segments cannot be added to counts of %d", len(other.Levels), len(s.Levels))
	}
	if err := s.All.Merge(&other.All); err != nil {
		return err
	}
	for i := range s.Levels {
		if err := s.Levels[i].Merge(&other.Levels[i]); err != nil {
			return fmt.Errorf("segment %d: %w", i, err)
		}
	}
	for m := range s.Squares {
		if err := s.Squares[m].Merge(&other.Squares[m]); err != nil {
			return fmt.Errorf("measure %d: %w", m, err)
		}
	}
	return nil
}

// Squares are sums of squared measure values, exact while they stay below 2^128:
// 2^30 rows of values up to 2^48.
type Squares struct {
	Hi, Lo []uint64
}

// MakeSquares returns n sums of zero.
func MakeSquares(n int) Squares { return Squares{Hi: make([]uint64, n), Lo: make([]uint64, n)} }

// Add adds x² to the i-th sum.
func (s Squares) Add(i int, x int64) {
	u := uint64(x)
	if x < 0 {
		u = -u
	}
	hi, lo := bits.Mul64(u, u)
	s.add(i, hi, lo)
}

// AddSum adds a sum of squares to the i-th sum.
func (s Squares) AddSum(i int, squares uint64) { s.add(i, 0, squares) }

// AddEntry adds the from-th sum of other to the i-th.
func (s Squares) AddEntry(i int, other *Squares, from int) { s.add(i, other.Hi[from], other.Lo[from]) }

func (s Squares) add(i int, hi, lo uint64) {
	var carry uint64
	s.Lo[i], carry = bits.Add64(s.Lo[i], lo, 0)
	s.Hi[i], _ = bits.Add64(s.Hi[i], hi, carry)
}

// Big returns the i-th sum.
func (s Squares) Big(i int) *big.Int {
	b := new(big.Int).SetUint64(s.Hi[i])
	return b.Add(b.Lsh(b, 64), new(big.Int).SetUint64(s.Lo[i]))
}

// Merge adds other, sums over the same groups.
func (s Squares) Merge(other *Squares) error {
	if len(s.Hi) != len(other.Hi) || len(s.Lo) != len(other.Lo) || len(s.Hi) != len(s.Lo) {
		return fmt.Errorf("squares of %d groups cannot be added to squares of %d", len(other.Hi), len(s.Hi))
	}
	for i := range s.Hi {
		s.add(i, other.Hi[i], other.Lo[i])
	}
	return nil
}

// Moments are exact sums of squares of given groups.
type Moments struct {
	Measures []Squares // measure → group
}

// Merge adds other, the squares of the same groups, to m.
func (m *Moments) Merge(other *Moments) error {
	if len(m.Measures) != len(other.Measures) {
		return fmt.Errorf("squares of %d measures cannot be added to those of %d", len(other.Measures), len(m.Measures))
	}
	for i := range m.Measures {
		if err := m.Measures[i].Merge(&other.Measures[i]); err != nil {
			return fmt.Errorf("measure %d: %w", i, err)
		}
	}
	return nil
}
