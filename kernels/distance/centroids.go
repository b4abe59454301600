package distance

import (
	"fmt"
	"math"
	"sync"
)

// Centroids are the centroids of one iteration, prepared for the kernels. They
// are not changed after they are made: any number of fits may use them at once.
type Centroids struct {
	space   *Space
	k       int
	centers []float64   // k × dense
	shares  [][]float64 // a category: k × levels

	// A row's score is its squared distance less its own ‖x‖², which is the same
	// for all centroids: bias + Σ slope·x + Σ table[code].
	bias   []float64
	slopes []float64   // k × dense
	tables [][]float64 // a category: k × levels

	reach float64 // the largest ‖c‖

	// The same for the kernels.
	bounds   bounds
	narrowed scoring[float32]
	streamed stream[float32]
	coarse   sync.Map // *grid → *coarseCentroids

	scratches sync.Pool // of *scratch
}

// NewCentroids prepares k centroids. centers holds k × dense coordinates in the
// unit of the rows; shares holds k × levels coordinates for each category. The
// slices are kept and not to be changed. Numbers that leave the range of
// float32 when squared and weighed are an error. Cost: k × coordinates.
func (s *Space) NewCentroids(k int, centers []float64, shares [][]float64) (*Centroids, error) {
	if k < 1 || k > MaxCentroids {
		return nil, fmt.Errorf("%d centroids: 1 to %d are possible", k, MaxCentroids)
	}
	d := len(s.Weights)
	if len(centers) != k*d || len(shares) != len(s.Categories) {
		return nil, fmt.Errorf("%d centroids of %d coordinates with shares of %d categories do not fit a space of %d dense features and %d categories",
			k, len(centers), len(shares), d, len(s.Categories))
	}
	c := &Centroids{
		space: s, k: k, centers: centers, shares: shares,
		bias: make([]float64, k), slopes: make([]float64, k*d), tables: make([][]float64, len(shares)),
	}
	for g := range shares {
		if len(shares[g]) != k*s.Categories[g].Levels {
			return nil, fmt.Errorf("%d shares of category %d for %d centroids × %d levels", len(shares[g]), g, k, s.Categories[g].Levels)
		}
		c.tables[g] = make([]float64, len(shares[g]))
	}
	for j := range k {
		if err := c.prepare(j); err != nil {
			return nil, err
		}
	}
	c.bounds, c.narrowed = c.boundsOf(), c.narrow()
	c.streamed = streamOf(&c.narrowed, c.space)
	return c, nil
}

// prepare computes the scoring of centroid j. Products are rounded before they
// are added, so that processors with fused multiply-add agree with those
// without.
func (c *Centroids) prepare(j int) error {
	d := len(c.space.Weights)
	norm, largest := 0.0, 0.0
	for f, w := range c.space.Weights {
		x := c.centers[j*d+f]
		wx := float64(w * x)
		norm += float64(wx * x)
		c.slopes[j*d+f] = -2 * wx
		largest += math.Abs(wx) * MaxValue * 2
	}
	for g, cat := range c.space.Categories {
		for l := range cat.Levels {
			p := c.shares[g][j*cat.Levels+l]
			wp := float64(cat.Weight * p)
			norm += float64(wp * p)
			c.tables[g][j*cat.Levels+l] = -2 * wp
			largest += math.Abs(wp) * 2
		}
	}
	if !(norm+largest < math.MaxFloat32/4) { // NaN fails too
		return fmt.Errorf("centroid %d: scores up to %.3g are beyond float32: scale the features or their weights down", j, norm+largest)
	}
	c.bias[j] = norm
	c.reach = max(c.reach, math.Sqrt(norm))
	return nil
}

// K returns the number of centroids.
func (c *Centroids) K() int { return c.k }

// score returns the score of centroid j for row i: in float64, in the order of
// the features. These numbers decide.
func (c *Centroids) score(r *Rows, i, j int) float64 {
	d := len(c.space.Weights)
	score := c.bias[j]
	x := r.Row(i)
	for f, slope := range c.slopes[j*d : (j+1)*d] {
		score += float64(slope * float64(x[f]))
	}
	for g, cat := range c.space.Categories {
		score += c.tables[g][j*cat.Levels+int(r.Codes[g][i])]
	}
	return score
}

// decide returns the nearest centroid of row i.
func (c *Centroids) decide(r *Rows, i int) (nearest int) {
	best, j := math.Inf(1), 0
	for ; j+4 <= c.k; j += 4 { // the additions of one centroid wait for each other
		for m, s := range c.scores(r, i, j) {
			if s < best {
				nearest, best = j+m, s
			}
		}
	}
	for ; j < c.k; j++ {
		if s := c.score(r, i, j); s < best {
			nearest, best = j, s
		}
	}
	return nearest
}

// scores returns what score does for four centroids from j on: the same bits.
func (c *Centroids) scores(r *Rows, i, j int) [4]float64 {
	d := len(c.space.Weights)
	s0, s1, s2, s3 := c.bias[j], c.bias[j+1], c.bias[j+2], c.bias[j+3]
	x, slopes := r.Row(i), c.slopes[j*d:][:4*d]
	a0, a1, a2, a3 := slopes[:d], slopes[d:][:d], slopes[2*d:][:d], slopes[3*d:][:d]
	for f, v := range x {
		v := float64(v)
		s0 += float64(a0[f] * v)
		s1 += float64(a1[f] * v)
		s2 += float64(a2[f] * v)
		s3 += float64(a3[f] * v)
	}
	for g, cat := range c.space.Categories {
		n, table := cat.Levels, c.tables[g][j*cat.Levels+int(r.Codes[g][i]):]
		s0 += table[0]
		s1 += table[n]
		s2 += table[2*n]
		s3 += table[3*n]
	}
	return [4]float64{s0, s1, s2, s3}
}

// Distances sets dst[j] to the squared distance of row i to centroid j, never
// below 0: the same bits everywhere. dst has room for k. Cost: k ×
// coordinates, in plain Go: for rows that are few or sampled.
func (c *Centroids) Distances(dst []float64, r *Rows, i int) {
	for j := range dst[:c.k] {
		dst[j] = c.Distance(r, i, j)
	}
}

// Distance returns the squared distance of row i to centroid j: the same bits
// everywhere.
func (c *Centroids) Distance(r *Rows, i, j int) float64 {
	sum := c.dense(r, i, j)
	for g := range c.space.Categories {
		sum += c.apart(g, j, int(r.Codes[g][i]))
	}
	return sum
}
