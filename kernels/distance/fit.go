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
	exactly     bool // the coarse copy decides too few rows to be worth its while

	// Bounds after Hamerly (2010), his two of a row in one: by how much at least
	// the second-nearest centroid is farther than the nearest.
	slack  []float32
	active []uint64 // a bit for each row: its slack does not spare it

	*scratch // during a step
}

// scratch is what a step works with.
type scratch struct {
	gather  *gather
	tile    tile[float32]
	codes   []uint8  // tileRows of each category
	changes []change // that are still to be added up
	changed int
	open    int // rows that the coarse copy left open
}

// borrow returns what a step works with, for the given rows; it goes back to
// c.scratches.
func (c *Centroids) borrow(rows *Rows) *scratch {
	s, ok := c.scratches.Get().(*scratch)
	if !ok {
		s = &scratch{gather: newGather(rows), codes: make([]uint8, tileRows*len(rows.Codes)), changes: make([]change, 0, changesKept)}
	}
	s.gather.from, s.changed, s.open = rows, 0, 0
	return s
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
	f.scratch = c.borrow(f.rows)
	defer func() {
		c.scratches.Put(f.scratch)
		f.scratch = nil
	}()
	var prepared *coarseCentroids
	if f.rows.coarse != nil && !f.exactly {
		prepared = c.on(f.rows.coarse.grid)
	}
	tiles := 0
	for w, mask := range f.active {
		if prepared != nil && (w+1)*tileRows <= f.rows.N && bits.OnesCount64(mask) >= wholeFrom {
			mask = f.whole(prepared, w*tileRows)
			tiles++
		}
		f.some(c, w*tileRows, mask)
	}
	f.gathered(c)
	f.flush()
	f.exactly = f.exactly || f.open > tiles*tileRows/2
	return f.changed
}

const (
	// wholeFrom is how many rows of a tile are scored one by one at the cost of
	// the tile's coarse copy, roughly.
	wholeFrom = 16
	// changesKept is after how many changes they are added up: rows then come
	// from memory several at a time.
	changesKept = 256
)

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

// whole scores the coarse copy of the tile that begins with a row, and returns
// which rows it leaves open.
func (f *Fit) whole(q *coarseCentroids, row int) (open uint64) {
	t, copied := &f.tile, f.rows.coarse
	for g, column := range f.rows.Codes {
		copy(f.codes[g*tileRows:][:tileRows], column[row:])
	}
	q.scan(t, copied.panels[row*copied.grid.pairs:], f.codes)
	to := row + tileRows
	open, differs := finish(t, copied.norms[row:to], f.Nearest[row:to], f.slack[row:to], &q.bounds)
	for todo := differs &^ open; todo != 0; todo &= todo - 1 {
		i := bits.TrailingZeros64(todo)
		f.put(row+i, uint16(t.nearest[i]))
	}
	f.open += bits.OnesCount64(open)
	return open
}

// some gathers the rows from row first on whose bits are set in mask, and scores
// what is gathered whenever that fills a tile.
func (f *Fit) some(c *Centroids, first int, mask uint64) {
	for mask != 0 {
		now := lowest(mask, tileRows-f.gather.n)
		f.gather.take(first, now)
		mask &^= now
		if f.gather.n == tileRows {
			f.gathered(c)
		}
	}
}

// lowest returns the n lowest bits that are set in mask.
func lowest(mask uint64, n int) uint64 {
	if bits.OnesCount64(mask) <= n {
		return mask
	}
	rest := mask
	for range n {
		rest &= rest - 1
	}
	return mask &^ rest
}

// gathered scores what has been gathered.
func (f *Fit) gathered(c *Centroids) {
	g, t := f.gather, &f.tile
	if g.n == 0 {
		return
	}
	g.fill(f.Nearest)
	*t = unscored32
	c.scan(t, g.x, g.codes, g.n)
	open, differs := finish(t, g.norms[:g.n], g.nearest[:g.n], g.slack[:g.n], &c.bounds)
	for at, i := range g.rows[:g.n] {
		f.slack[i] = g.slack[at]
	}
	for todo := open | differs; todo != 0; todo &= todo - 1 {
		at := bits.TrailingZeros64(todo)
		row, nearest := int(g.rows[at]), uint16(t.nearest[at])
		if open>>at&1 == 1 { // not by float32 either
			nearest = uint16(c.decide(f.rows, row))
		}
		f.put(row, nearest)
	}
	g.n = 0
}

// put gives row i its nearest centroid.
func (f *Fit) put(i int, nearest uint16) {
	from := f.Nearest[i]
	if from == nearest {
		return
	}
	f.Nearest[i] = nearest
	if f.onlyNearest {
		return
	}
	f.changes = append(f.changes, change{int32(i), from, nearest})
	if len(f.changes) >= changesKept {
		f.flush()
	}
}

// flush brings the sums up to date with the changes that were put.
func (f *Fit) flush() {
	if len(f.changes) > 0 {
		f.Sums.apply(f.space, f.rows, f.changes)
		f.changed += len(f.changes)
		f.changes = f.changes[:0]
	}
}
