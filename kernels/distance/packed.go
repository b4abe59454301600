package distance

import "math"

// packed is what the kernels read of the centroids.
type packed struct {
	bias   []float32
	slopes []float32   // k × dense
	tables [][]float32 // a category: k × levels

	// Of the bound, each rounded up by more than what the arithmetic in float32
	// that follows may lose.
	reach, factor, floor float32
}

func (c *Centroids) pack() {
	p := &c.packed
	p.bias, p.slopes = narrow(c.bias), narrow(c.slopes)
	for _, t := range c.tables {
		p.tables = append(p.tables, narrow(t))
	}
	factor, floor := c.space.lead()
	p.reach, p.factor, p.floor = float32(c.reach*(1+8*unit)), float32(factor*(1+16*unit)), float32(floor)
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// tileRows is how many rows the kernels score at a time.
const tileRows = 4 * Lanes

// tile is what the kernels tell of up to tileRows rows: the two lowest scores,
// and whose the lowest is.
type tile struct {
	best, second [tileRows]float32
	nearest      [tileRows]uint32
}

// scanGeneric scores panels of rows: x holds them as Rows.X does, codes a column
// of tileRows codes for each category. Rows past the last are scored as any
// others; codes of theirs are 0.
func (c *Centroids) scanGeneric(t *tile, x []float32, codes [][]uint8, panels int) {
	d := len(c.space.Weights)
	for i := range panels * Lanes {
		t.best[i], t.second[i], t.nearest[i] = math.MaxFloat32, math.MaxFloat32, 0
	}
	for j := range c.k {
		slopes := c.packed.slopes[j*d : (j+1)*d]
		for i := 0; i < panels*Lanes; i += 4 {
			at := i/Lanes*d*Lanes + i%Lanes
			s0, s1, s2, s3 := c.packed.bias[j], c.packed.bias[j], c.packed.bias[j], c.packed.bias[j]
			for f, slope := range slopes {
				v := x[at+f*Lanes:][:4]
				s0 += slope * v[0]
				s1 += slope * v[1]
				s2 += slope * v[2]
				s3 += slope * v[3]
			}
			for g, cat := range c.space.Categories {
				table, v := c.packed.tables[g][j*cat.Levels:(j+1)*cat.Levels], codes[g][i:][:4]
				s0 += table[v[0]]
				s1 += table[v[1]]
				s2 += table[v[2]]
				s3 += table[v[3]]
			}
			t.keep(i, j, s0)
			t.keep(i+1, j, s1)
			t.keep(i+2, j, s2)
			t.keep(i+3, j, s3)
		}
	}
}

// keep takes the score of centroid j for row i of the tile.
func (t *tile) keep(i, j int, score float32) {
	switch {
	case score < t.best[i]:
		t.best[i], t.second[i], t.nearest[i] = score, t.best[i], uint32(j)
	case score < t.second[i]:
		t.second[i] = score
	}
}
