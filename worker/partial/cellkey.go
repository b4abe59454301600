package partial

import (
	"cmp"
	"math/bits"
)

// CellKeys is how the cells of a crossing are numbered: the mixed-radix number
// of the features' codes, ((c0·r1 + c1)·r2 + c2)…, with folds times 2^SplitBits
// plus the row's Fold, and 2^Folds on confirmation. Where 64 bits do not hold
// it, it is two numbers: one of the first High features, and one of the others
// with the folds. The order is that of the codes either way.
type CellKeys struct {
	Codes    []uint64 // of each crossed feature, missing included
	FoldBits int
	High     int // features in the high number; 0 = there is none
}

// NewCellKeys lays out the keys of features of so many codes; as many of the
// last features as it holds go into the low number. False = 128 bits do not
// hold the rest: any 15 features of at most 256 codes fit.
func NewCellKeys(codes []uint64, foldBits int) (k CellKeys, ok bool) {
	k = CellKeys{Codes: codes, FoldBits: foldBits, High: len(codes)}
	for most := uint64(1)<<foldBits - 1; k.High > 0; k.High-- { // the largest low number
		over, product := bits.Mul64(most+1, codes[k.High-1])
		if most+1 == 0 || over > 1 || over == 1 && product > 0 {
			break
		}
		most = product - 1
	}
	high := uint64(0) // the largest high number
	for _, r := range codes[:k.High] {
		over, product := bits.Mul64(high, r)
		if over > 0 || product+(r-1) < product {
			return CellKeys{}, false
		}
		high = product + (r - 1)
	}
	return k, true
}

// Split writes a key's codes to at; false = it is beyond the last key.
func (k *CellKeys) Split(high, low uint64, at []uint8) bool {
	low >>= k.FoldBits
	for j := len(k.Codes) - 1; j >= 0; j-- {
		from := &low
		if j < k.High {
			from = &high
		}
		at[j], *from = uint8(*from%k.Codes[j]), *from/k.Codes[j]
	}
	return high == 0 && low == 0
}

// KeyAt returns the numbers of the i-th cell's key; the high one is 0 where
// there is none.
func (c *Cells) KeyAt(i int) (high, low uint64) {
	if c.High != nil {
		high = c.High[i]
	}
	return high, c.Key[i]
}

// SetKey gives the i-th cell its key.
func (c *Cells) SetKey(i int, high, low uint64) {
	if c.Key[i] = low; c.High != nil {
		c.High[i] = high
	}
}

// CompareKeys compares the i-th key of c with the j-th of other.
func (c *Cells) CompareKeys(i int, other *Cells, j int) int {
	a, x := c.KeyAt(i)
	b, y := other.KeyAt(j)
	return cmp.Or(cmp.Compare(a, b), cmp.Compare(x, y))
}

// addKey appends the i-th key of other; whether c has high numbers is settled.
func (c *Cells) addKey(other *Cells, i int) {
	high, low := other.KeyAt(i)
	c.Key = append(c.Key, low)
	if c.High != nil {
		c.High = append(c.High, high)
	}
}
