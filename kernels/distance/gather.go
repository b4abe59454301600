package distance

import "math/bits"

// gather collects rows of a block into a tile, in panels as in Rows.X.
type gather struct {
	from    *Rows
	n       int
	rows    [tileRows]int32
	x       []float32
	codes   []uint8 // tileRows of each category
	norms   [tileRows]float32
	nearest [tileRows]uint16
	slack   [tileRows]float32
}

func newGather(from *Rows) *gather {
	return &gather{from: from, x: make([]float32, tileRows*from.dense), codes: make([]uint8, tileRows*len(from.Codes))}
}

// take adds the rows of panel p whose bits are set in mask; there is room for
// them.
func (g *gather) take(p int, mask uint16, nearest []uint16) {
	if g.from.dense > 0 {
		g.dense(p, mask)
	}
	for ; mask != 0; mask &= mask - 1 {
		i := p*Lanes + bits.TrailingZeros16(mask)
		for c, column := range g.from.Codes {
			g.codes[c*tileRows+g.n] = column[i]
		}
		g.rows[g.n], g.norms[g.n], g.nearest[g.n] = int32(i), g.from.norms[i], nearest[i]
		g.n++
	}
}

// denseGeneric copies the dense values of the rows to place g.n and those that
// follow.
func (g *gather) denseGeneric(p int, mask uint16) {
	d := g.from.dense
	for n := g.n; mask != 0; n++ {
		to := g.x[n/Lanes*d*Lanes+n%Lanes:]
		from := g.from.X[p*d*Lanes+bits.TrailingZeros16(mask):]
		for f := 0; f < d*Lanes; f += Lanes {
			to[f] = from[f]
		}
		mask &= mask - 1
	}
}
