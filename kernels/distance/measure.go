package distance

import "math"

// Measure gives the distances of many rows: what the levels of a category come
// to is computed once. It is for one goroutine at a time.
type Measure struct {
	c     *Centroids
	parts [][]float64 // a category: k × levels → weighed squared distance; NaN = not yet computed
}

// NewMeasure begins to measure. Memory: 8 bytes a centroid and level.
func (c *Centroids) NewMeasure() *Measure {
	m := &Measure{c: c}
	for _, cat := range c.space.Categories {
		parts := make([]float64, c.k*cat.Levels)
		for i := range parts {
			parts[i] = math.NaN()
		}
		m.parts = append(m.parts, parts)
	}
	return m
}

// Distance returns the squared distance of row i to centroid j: the bits of
// Centroids.Distance. Cost: the dense features and the categories, in plain Go.
func (m *Measure) Distance(r *Rows, i, j int) float64 {
	sum := m.c.dense(r, i, j)
	for g, cat := range m.c.space.Categories {
		code := int(r.Codes[g][i])
		part := &m.parts[g][j*cat.Levels+code]
		if math.IsNaN(*part) {
			*part = m.c.apart(g, j, code)
		}
		sum += *part
	}
	return sum
}

// dense returns the squared distance of row i to centroid j in the dense
// features.
func (c *Centroids) dense(r *Rows, i, j int) (sum float64) {
	d := len(c.space.Weights)
	x := r.Row(i)
	for f, w := range c.space.Weights {
		diff := float64(x[f]) - c.centers[j*d+f]
		sum += float64(float64(w*diff) * diff)
	}
	return sum
}

// apart returns the squared distance of a code of category g to centroid j.
func (c *Centroids) apart(g, j, code int) float64 {
	cat, part := c.space.Categories[g], 0.0
	for l, p := range c.shares[g][j*cat.Levels : (j+1)*cat.Levels] {
		diff := -p
		if l == code {
			diff = 1 - p
		}
		part += float64(diff * diff)
	}
	return float64(cat.Weight * part)
}
