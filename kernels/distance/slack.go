package distance

import "math"

// finishGeneric judges the scores of the first rows of a tile, given their ‖x‖²
// and the centroids they had: slack receives by how much at least the
// second-nearest centroid is farther than the nearest. Bits of open are set
// where the scores do not decide, with a slack of −1; bits of changed where the
// lowest score is another centroid's.
func finishGeneric(t *tile[float32], norms []float32, nearest []uint16, slack []float32, b *bounds) (open, changed uint64) {
	for i, before := range nearest {
		norm := norms[i]
		gap, bound := t.second[i]-t.best[i], b.of(norm)
		if gap > bound {
			slack[i] = slackOf(t.best[i]+norm+bound, t.second[i]+norm+bound, gap-bound)
		} else {
			slack[i], open = b.none, open|1<<i
		}
		if t.nearest[i] != uint32(before) {
			changed |= 1 << i
		}
	}
	return open, changed
}

// keep is what ageing multiplies slack with, so that the rounding of a
// difference never adds to it.
const keep = 1 - 4*unit

// ageGeneric takes off what the centroids' movement may have cost the slack of
// the rows, and sets a bit of active, a word for each tile, for every row whose
// slack does not spare it.
func ageGeneric(active []uint64, slack []float32, nearest []uint16, drops []float32, spared float32) {
	for w := range active {
		word := uint64(0)
		to := min((w+1)*tileRows, len(nearest))
		for i, j := range nearest[w*tileRows : to] {
			s := (slack[w*tileRows+i] - drops[j]) * keep
			slack[w*tileRows+i] = s
			if !(s > spared) {
				word |= 1 << i
			}
		}
		active[w] = word
	}
}

// drops returns, for each centroid, by how much its movement and that of the
// others since the centroids before may have lessened the slack of its rows: its
// own movement and the largest of another, rounded up.
func (c *Centroids) drops(before *Centroids) []float32 {
	moved := make([]float64, c.k)
	first, second := 0.0, 0.0 // largest movements
	for j := range moved {
		moved[j] = c.movement(before, j)
		switch m := moved[j]; {
		case m > first:
			first, second = m, first
		case m > second:
			second = m
		}
	}
	drops := make([]float32, c.k)
	for j, m := range moved {
		other := first
		if m == first {
			other = second
		}
		drops[j] = roundUp(m + other)
	}
	return drops
}

// movement returns the distance of centroid j from where it was.
func (c *Centroids) movement(before *Centroids, j int) float64 {
	d, sum := len(c.space.Weights), 0.0
	for f, w := range c.space.Weights {
		diff := c.centers[j*d+f] - before.centers[j*d+f]
		sum += w * diff * diff
	}
	for g, cat := range c.space.Categories {
		for l := j * cat.Levels; l < (j+1)*cat.Levels; l++ {
			diff := c.shares[g][l] - before.shares[g][l]
			sum += cat.Weight * diff * diff
		}
	}
	return math.Sqrt(sum)
}
