package distance

import "math"

// gather collects rows of a block into a tile.
type gather struct {
	from  *Rows
	n     int
	rows  [tileRows]int32
	x     []float32
	codes [][]uint8
}

func newGather(from *Rows) *gather {
	g := &gather{from: from, x: make([]float32, tileRows*from.dense)}
	for range from.Codes {
		g.codes = append(g.codes, make([]uint8, tileRows))
	}
	return g
}

// take adds row i.
func (g *gather) take(i int) {
	to := g.n/Lanes*g.from.dense*Lanes + g.n%Lanes
	at := g.from.at(i)
	for f := range g.from.dense {
		g.x[to+f*Lanes] = g.from.X[at+f*Lanes]
	}
	for c, column := range g.from.Codes {
		g.codes[c][g.n] = column[i]
	}
	g.rows[g.n] = int32(i)
	g.n++
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
