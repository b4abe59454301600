package distance

import "math"

// tileRows is how many rows the kernels score at a time: four panels.
const tileRows = 4 * Lanes

// tile is what the kernels tell of tileRows rows: the two lowest scores, and
// whose the lowest is.
type tile[T float32 | int32] struct {
	best, second [tileRows]T
	nearest      [tileRows]uint32
}

// unscored returns a tile before the first centroid.
func unscored[T float32 | int32](highest T) (t tile[T]) {
	for i := range tileRows {
		t.best[i], t.second[i] = highest, highest
	}
	return t
}

var (
	unscored32 = unscored[float32](math.MaxFloat32)
	unscoredQ  = unscored[int32](math.MaxInt32)
)

// scoring is how centroids score rows, in one of the kernels' types: bias + Σ
// slope·x + Σ table[code].
type scoring[T float32 | int32] struct {
	k      int
	terms  int // slopes of a centroid
	bias   []T
	slopes []T   // k × terms
	tables [][]T // a category: k × levels
}

func (c *Centroids) narrow() scoring[float32] {
	s := scoring[float32]{k: c.k, terms: len(c.space.Weights), bias: narrow(c.bias), slopes: narrow(c.slopes)}
	for _, t := range c.tables {
		s.tables = append(s.tables, narrow(t))
	}
	return s
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// scanGeneric scores the first rows of a tile: x holds four panels of Lanes rows,
// feature by feature inside a panel, so that row i, feature f of d stands at
// ((i/Lanes)*d+f)*Lanes + i%Lanes; codes a column of tileRows codes for each
// category, one after the other. Where tile and x hold more than the rows, what
// is there does not matter.
func (c *Centroids) scanGeneric(t *tile[float32], x []float32, codes []uint8, rows int) {
	d := len(c.space.Weights)
	for j := range c.k {
		slopes := c.narrowed.slopes[j*d : (j+1)*d]
		for i := 0; i < rows; i += 4 {
			at := i/Lanes*d*Lanes + i%Lanes
			s0 := c.narrowed.bias[j]
			s1, s2, s3 := s0, s0, s0
			for f, slope := range slopes {
				v := x[at+f*Lanes:][:4]
				s0 += slope * v[0]
				s1 += slope * v[1]
				s2 += slope * v[2]
				s3 += slope * v[3]
			}
			for g, cat := range c.space.Categories {
				table, v := c.narrowed.tables[g][j*cat.Levels:(j+1)*cat.Levels], codes[g*tileRows+i:][:4]
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
func (t *tile[T]) keep(i, j int, score T) {
	switch {
	case score < t.best[i]:
		t.best[i], t.second[i], t.nearest[i] = score, t.best[i], uint32(j)
	case score < t.second[i]:
		t.second[i] = score
	}
}
