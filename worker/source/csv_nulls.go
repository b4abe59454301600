package source

// nullSet answers whether a cell is one of the spellings of a missing value,
// with one table look-up for most cells that are none. The list is short, and
// comparing lengths first makes walking it quicker than a map.
type nullSet struct {
	empty bool
	first [256]bool // bytes with which a spelling begins
	words []string
	max   int // bytes of the longest
}

func newNullSet(spellings []string) *nullSet {
	n := &nullSet{}
	for _, s := range spellings {
		if s == "" {
			n.empty = true
			continue
		}
		n.first[s[0]] = true
		n.words = append(n.words, s)
		n.max = max(n.max, len(s))
	}
	return n
}

func (n *nullSet) has(cell []byte) bool {
	if len(cell) == 0 {
		return n.empty
	}
	if len(cell) > n.max || !n.first[cell[0]] {
		return false
	}
	for _, w := range n.words {
		if string(cell) == w {
			return true
		}
	}
	return false
}
