package ops

import (
	"math/bits"
	"slices"
)

// joint is a joint histogram of several features, of which cubes of some of
// them are the marginals: one pass over the rows counts all of these.
type joint struct {
	slots     []int // the features, as indexes into countBlock.byFeat, ascending
	sizes     []int // their ranks
	cells     int
	inTurn    bool // four tables, see hist
	at        int  // first entry of the tables
	cubes     []*cube
	marginals []marginal
}

// marginal is what a joint histogram makes without some of its features.
type marginal struct {
	from        int // the marginal that it is added up from, -1 = the histogram
	cells       int
	size, inner int   // see hist.Marginal
	cube        *cube // nil where other marginals need it
}

// planMarginals decides how the cubes are added up: the feature with the most
// ranks goes first, so that little is left to add for the next.
func (j *joint) planMarginals() {
	all := uint(1)<<len(j.slots) - 1
	found := map[uint]int{all: -1}
	var reach func(left uint) int
	reach = func(left uint) int {
		if at, ok := found[left]; ok {
			return at
		}
		drop := -1
		for k, size := range j.sizes {
			if left>>k&1 == 0 && (drop < 0 || size < j.sizes[drop]) {
				drop = k
			}
		}
		m := marginal{from: reach(left | 1<<drop), cells: 1, size: j.sizes[drop], inner: 1}
		for k, size := range j.sizes {
			if left>>k&1 != 0 {
				m.cells *= size
				if k > drop {
					m.inner *= size
				}
			}
		}
		j.marginals = append(j.marginals, m)
		found[left] = len(j.marginals) - 1
		return found[left]
	}
	for _, cb := range j.cubes {
		left := uint(0)
		for _, s := range cb.slots {
			left |= 1 << slices.Index(j.slots, s)
		}
		if bits.OnesCount(left) == len(j.slots) {
			j.marginals = append(j.marginals, marginal{from: -1, cells: j.cells, size: 1, inner: j.cells, cube: cb})
			continue
		}
		j.marginals[reach(left)].cube = cb
	}
}

// holds says whether all the slots are among the histogram's; both ascend.
func (j *joint) holds(slots []int) bool {
	at := 0
	for _, s := range slots {
		for at < len(j.slots) && j.slots[at] < s {
			at++
		}
		if at == len(j.slots) || j.slots[at] != s {
			return false
		}
	}
	return true
}
