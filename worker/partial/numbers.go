package partial

import (
	"fmt"
	"math/bits"
)

// Numbers are the distributions of numeric columns within segments.
type Numbers struct {
	Columns []NumberCounts
}

// NumberCounts is one column of Numbers.
type NumberCounts struct {
	Known []int64 // segment → rows that have a number
	Sum   Sums    // segment → their sum
	Bins  []int64 // segment-major: rows by bin, from that of the smallest value to that of the largest
}

// MakeNumbers returns zero counts of columns of so many bins each.
func MakeNumbers(segments int, bins []int) *Numbers {
	out := &Numbers{}
	for _, n := range bins {
		out.Columns = append(out.Columns, NumberCounts{Known: make([]int64, segments), Sum: MakeSums(segments), Bins: make([]int64, segments*n)})
	}
	return out
}

// BinOf returns the bin of a value: of those up to 2^(precision+1) each is its own,
// further ones share 2^precision bins to a doubling. Bins ascend with their values.
func BinOf(x int64, precision int) int {
	if x < 0 {
		return -binOf(-uint64(x), precision)
	}
	return binOf(uint64(x), precision)
}

func binOf(u uint64, precision int) int {
	octave := max(bits.Len64(u)-precision-1, 0)
	return octave<<precision + int(u>>octave)
}

// BinEdges returns the smallest and the largest value of a bin.
func BinEdges(bin, precision int) (low, high int64) {
	if bin < 0 {
		low, high = BinEdges(-bin, precision)
		return -high, -low
	}
	octave := max(bin>>precision-1, 0)
	mantissa := int64(bin - octave<<precision)
	return mantissa << octave, (mantissa+1)<<octave - 1
}

// Merge adds the counts of other rows.
func (n *Numbers) Merge(other *Numbers) error {
	if len(n.Columns) != len(other.Columns) {
		return fmt.Errorf("numbers of %d and %d columns cannot be added", len(other.Columns), len(n.Columns))
	}
	for c := range n.Columns {
		a, b := &n.Columns[c], &other.Columns[c]
		segments := len(a.Known)
		if len(b.Known) != segments || len(a.Bins) != len(b.Bins) || len(b.Sum.Hi) != segments || len(b.Sum.Lo) != segments {
			return fmt.Errorf("column %d: numbers of unlike shape cannot be added", c)
		}
		addTo(a.Known, b.Known)
		addTo(a.Sum.Hi, b.Sum.Hi)
		addTo(a.Sum.Lo, b.Sum.Lo)
		addTo(a.Bins, b.Bins)
	}
	return nil
}
