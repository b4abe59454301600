package distance

import "math/bits"

// gather collects rows of a block into a tile, in panels.
type gather struct {
	from    *Rows
	n       int
	rows    [tileRows]int32
	x       []float32 // as scanGeneric reads it
	codes   []uint8   // tileRows of each category
	norms   [tileRows]float32
	nearest [tileRows]uint16
	slack   [tileRows]float32
}

func newGather(from *Rows) *gather {
	return &gather{from: from, x: make([]float32, tileRows*from.dense), codes: make([]uint8, tileRows*len(from.Codes))}
}

// take adds rows from row first on whose bits are set in mask, after those that
// were taken before; there is room for them.
func (g *gather) take(first int, mask uint64) {
	for ; mask != 0; mask &= mask - 1 {
		g.rows[g.n] = int32(first + bits.TrailingZeros64(mask))
		g.n++
	}
}

// fill copies what is to be known of the rows, given the centroids of all: the
// rows at once, as they may come from memory.
func (g *gather) fill(nearest []uint16) {
	first, end := int(g.rows[0]), int(g.rows[0])+g.n
	if int(g.rows[g.n-1]) == end-1 { // rows ascend: these are one after the other
		copy(g.norms[:], g.from.norms[first:end])
		copy(g.nearest[:], nearest[first:end])
		for c, column := range g.from.Codes {
			copy(g.codes[c*tileRows:], column[first:end])
		}
	} else {
		for n, i := range g.rows[:g.n] {
			g.norms[n], g.nearest[n] = g.from.norms[i], nearest[i]
		}
		for c, column := range g.from.Codes {
			for n, i := range g.rows[:g.n] {
				g.codes[c*tileRows+n] = column[i]
			}
		}
	}
	if g.from.dense > 0 {
		g.dense()
	}
}

// denseGeneric copies the dense values of the rows.
func (g *gather) denseGeneric() {
	for n, i := range g.rows[:g.n] {
		to := g.x[n/Lanes*g.from.dense*Lanes+n%Lanes:]
		for f, v := range g.from.Row(int(i)) {
			to[f*Lanes] = v
		}
	}
}
