package distance

import "math/bits"

// Fit follows the assignment of a block's rows through the iterations of one
// k-means. It is a shortcut only: a new Fit that takes just the last step ends
// in the same assignment and sums.
type Fit struct {
	// Nearest holds the centroid of each row after a step, None before the first.
	Nearest []uint16
	// Sums are those of the clusters of Nearest.
	Sums Sums

	space *Space
	rows  *Rows
	last  *Centroids

	onlyNearest bool // nobody asks for sums

	// Bounds after Hamerly (2010), his two of a row in one: by how much at least
	// the second-nearest centroid is farther than the nearest.
	slack  []float32
	active []uint64 // a bit for each row: its slack does not spare it

	*scratch // during a step
}

// scratch is what a step works with.
type scratch struct {
	gather  *gather
	tile    tile
	codes   []uint8  // tileRows of each category
	changes []change // of one tile
}

// NewFit starts with rows that have been checked. It takes 6 bytes a row, 8
// bytes a centroid and coordinate, and keeps a reference to the rows.
func (s *Space) NewFit(r *Rows) *Fit {
	f := s.newFit(r, make([]uint16, r.N))
	for i := range f.Nearest {
		f.Nearest[i] = None
	}
	return f
}

func (s *Space) newFit(r *Rows, nearest []uint16) *Fit {
	return &Fit{
		Nearest: nearest, space: s, rows: r,
		slack: make([]float32, r.N), active: make([]uint64, (r.N+tileRows-1)/tileRows),
	}
}

// Nearest sets nearest[i] to the nearest centroid of row i. The rows have been
// checked. Cost: that of a Fit's first step, without sums.
func (c *Centroids) Nearest(nearest []uint16, r *Rows) {
	f := c.space.newFit(r, nearest[:r.N])
	f.onlyNearest = true
	f.Step(c)
}

// Step assigns every row to its nearest of the centroids and brings the sums up
// to date; it returns how many rows changed their centroid. Centroids of the
// step before make it faster, the less they have moved; their number may change,
// at the cost of a first step.
//
// Cost: k × coordinates for every row that bounds do not spare, one move of the
// sums for every row that changes.
func (f *Fit) Step(c *Centroids) (changed int) {
	if f.last == nil || f.last.k != c.k {
		f.begin(c.k)
	} else {
		age(f.active, f.slack, f.Nearest, c.drops(f.last), c.bounds.spared(f.rows.norm))
	}
	f.last = c
	f.scratch = &scratch{gather: newGather(f.rows), codes: make([]uint8, tileRows*len(f.rows.Codes)), changes: make([]change, 0, tileRows)}
	defer func() { f.scratch = nil }()
	// Gathering a row costs about as much as scoring six centroids.
	const gatherCost = 6
	for w, mask := range f.active {
		whole := (w+1)*tileRows <= f.rows.N
		switch {
		case mask == 0:
		case whole && bits.OnesCount64(mask)*c.k >= tileRows*(c.k-gatherCost):
			changed += f.whole(c, w*tileRows)
		default:
			changed += f.some(c, w, mask)
		}
	}
	return changed + f.gathered(c)
}

// begin makes the step that follows a first one.
func (f *Fit) begin(k int) {
	if !f.onlyNearest {
		f.Sums = f.space.NewSums(k)
		for i := range f.Nearest {
			f.Nearest[i] = None
		}
	}
	for w := range f.active {
		f.active[w] = ^uint64(0)
	}
	if tail := uint(f.rows.N % tileRows); tail != 0 {
		f.active[len(f.active)-1] = 1<<tail - 1
	}
}

// whole scores the tile that begins with a row where it lies.
func (f *Fit) whole(c *Centroids, row int) (changed int) {
	t := &f.tile
	*t = unscored
	x := f.rows.X[row*f.rows.dense:]
	for g, column := range f.rows.Codes {
		copy(f.codes[g*tileRows:][:tileRows], column[row:])
	}
	c.scan(t, x, f.codes, tileRows)
	to := row + tileRows
	open, differs := finish(t, f.rows.norms[row:to], f.Nearest[row:to], f.slack[row:to], &c.bounds)
	if f.onlyNearest {
		for i := range tileRows {
			f.Nearest[row+i] = uint16(t.nearest[i])
		}
		differs = 0
	}
	for todo := open | differs; todo != 0; todo &= todo - 1 {
		i := bits.TrailingZeros64(todo)
		f.put(c, row+i, uint16(t.nearest[i]), open>>i&1 == 1)
	}
	return f.apply()
}

// some gathers the rows of a tile whose bits are set in mask, and scores what is
// gathered whenever that fills a tile.
func (f *Fit) some(c *Centroids, w int, mask uint64) (changed int) {
	for p := w * 4; mask != 0; p++ {
		lanes := uint16(mask)
		mask >>= Lanes
		if room := tileRows - f.gather.n; bits.OnesCount16(lanes) > room {
			first := lowest(lanes, room)
			f.gather.take(p, first, f.Nearest)
			changed += f.gathered(c)
			lanes &^= first
		}
		f.gather.take(p, lanes, f.Nearest)
	}
	return changed
}

// lowest returns the n lowest bits that are set in mask.
func lowest(mask uint16, n int) uint16 {
	rest := mask
	for range n {
		rest &= rest - 1
	}
	return mask &^ rest
}

// gathered scores what has been gathered.
func (f *Fit) gathered(c *Centroids) (changed int) {
	g, t := f.gather, &f.tile
	if g.n == 0 {
		return 0
	}
	*t = unscored
	c.scan(t, g.x, g.codes, g.n)
	open, differs := finish(t, g.norms[:g.n], g.nearest[:g.n], g.slack[:g.n], &c.bounds)
	for at, i := range g.rows[:g.n] {
		f.slack[i] = g.slack[at]
	}
	for todo := open | differs; todo != 0; todo &= todo - 1 {
		at := bits.TrailingZeros64(todo)
		f.put(c, int(g.rows[at]), uint16(t.nearest[at]), open>>at&1 == 1)
	}
	g.n = 0
	return f.apply()
}

// put gives row i its nearest centroid, decided again where the scores leave it
// open.
func (f *Fit) put(c *Centroids, i int, nearest uint16, open bool) {
	if open {
		nearest = uint16(c.decide(f.rows, i))
	}
	if from := f.Nearest[i]; from != nearest {
		f.changes = append(f.changes, change{int32(i), from, nearest})
		f.Nearest[i] = nearest
	}
}

// apply brings the sums up to date with the changes that were put.
func (f *Fit) apply() (changed int) {
	if !f.onlyNearest {
		f.Sums.apply(f.space, f.rows, f.changes)
	}
	changed = len(f.changes)
	f.changes = f.changes[:0]
	return changed
}
