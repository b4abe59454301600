package distance

import "math"

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
	slack []float32 // by how much at least the second-nearest centroid is farther than the nearest
	norm  float32   // the largest ‖x‖² of the rows
}

// NewFit starts with rows that have been checked. It takes 6 bytes a row and
// keeps a reference to the rows.
func (s *Space) NewFit(r *Rows) *Fit {
	f := &Fit{Nearest: make([]uint16, r.N), space: s, rows: r, slack: make([]float32, r.N)}
	for _, norm := range r.norms {
		f.norm = max(f.norm, norm)
	}
	f.forget()
	return f
}

// forget leaves all rows without a centroid.
func (f *Fit) forget() {
	f.last = nil
	for i := range f.Nearest {
		f.Nearest[i], f.slack[i] = None, -1
	}
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
		f.forget()
		f.Sums = f.space.NewSums(c.k)
	} else {
		f.age(c.drops(f.last))
	}
	f.last = c
	var t tile
	g := newGather(f.rows)
	spared := c.spared(f.norm)
	for i, slack := range f.slack {
		if slack > spared {
			continue
		}
		g.take(i)
		if g.n == tileRows {
			changed += f.settle(c, g, &t)
		}
	}
	return changed + f.settle(c, g, &t)
}

// age takes off what the centroids' movement may have cost the rows' slack.
func (f *Fit) age(drops []float32) {
	for i, j := range f.Nearest {
		f.slack[i] = (f.slack[i] - drops[j]) * (1 - 4*unit)
	}
}

// settle scores the gathered rows, decides those again that the scores leave
// open, and moves those that change.
func (f *Fit) settle(c *Centroids, g *gather, t *tile) (changed int) {
	if g.n == 0 {
		return 0
	}
	c.scan(t, g.x, g.codes, (g.n+Lanes-1)/Lanes)
	for at, i := range g.rows[:g.n] {
		nearest, norm := uint16(t.nearest[at]), f.rows.norms[i]
		gap, bound := t.second[at]-t.best[at], c.boundOf(norm)
		if gap > bound {
			f.slack[i] = slackOf(t.best[at]+norm+bound, t.second[at]+norm+bound, gap-bound)
		} else {
			nearest, f.slack[i] = uint16(c.decide(f.rows, int(i))), -1
		}
		if from := f.Nearest[i]; from != nearest {
			f.Sums.move(f.space, f.rows, int(i), from, nearest)
			f.Nearest[i] = nearest
			changed++
		}
	}
	g.n = 0
	return changed
}

// slackOf returns √b − √a or less, where b − a is diff at least, and a and b are
// upper bounds of squared distances: (b − a)/(√b + √a).
func slackOf(a, b, diff float32) float32 {
	roots := math.Sqrt(float64(max(a, 0))) + math.Sqrt(float64(max(b, 0)))
	return float32(float64(diff) / roots * (1 - 8*unit))
}
