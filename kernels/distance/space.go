// Package distance holds the kernels of k-means: which centroid is nearest to
// every row, and the sums that the next centroids are made of.
//
// A row has dense features, whole numbers up to ±MaxValue, and categories,
// codes that stand for one-hot coordinates. Every feature has a weight, so that
// the squared distance of row x and centroid c is
//
//	Σ over dense features f:  w[f] · (x[f] − c[f])²
//	Σ over categories g:      w[g] · Σ over levels l (1 if code g of x is l, else 0, − share[g][l])²
//
// Standardised values are whole numbers with w = unit²; a feature of whole
// numbers stays as it is, with w = 1/σ². So rows are exact and sums of rows are
// integers.
//
// Decisions are exact: kernels score rows in float32, faster paths with another
// order of rounding, and yield by how much the best score leads. Where the lead
// is within a rigorous bound of the rounding (see lead in bound.go), the row is
// decided again in float64 in a fixed order. Assignments and sums are therefore
// the same bits on every path, for any way of cutting rows into blocks, and
// whether or not bounds let rows be skipped. Ties go to the lowest centroid.
package distance

import (
	"fmt"
	"math"
)

const (
	// Lanes is the number of rows of a panel.
	Lanes = 16
	// MaxValue is the largest dense value: up to here float32 holds every whole
	// number.
	MaxValue = 1 << 24
	// MaxCentroids is how many centroids there may be.
	MaxCentroids = math.MaxUint16
	// None stands for no centroid.
	None = math.MaxUint16
	// maxFeatures keeps the bound of the rounding far below 1.
	maxFeatures = 1 << 16
)

// Space says what the features of rows are and what they weigh; it stays the
// same through a fit.
type Space struct {
	Weights    []float64  // of the dense features: a squared difference of 1 counts so much; > 0
	Categories []Category // may be empty, as may Weights, but not both
}

// Category is a feature of codes, 0 among them, as one-hot coordinates.
type Category struct {
	Levels int     // codes are below it; 1..256
	Weight float64 // > 0: two rows of different codes are 2·Weight apart, squared
}

// Validate says what is wrong with the space.
func (s *Space) Validate() error {
	if n := len(s.Weights) + len(s.Categories); n == 0 || n > maxFeatures {
		return fmt.Errorf("a space of %d features: 1 to %d are possible", n, maxFeatures)
	}
	for f, w := range s.Weights {
		if !(w > 0) || math.IsInf(w, 0) {
			return fmt.Errorf("dense feature %d weighs %v: give it a positive weight, or leave it out", f, w)
		}
	}
	for g, c := range s.Categories {
		switch {
		case !(c.Weight > 0) || math.IsInf(c.Weight, 0):
			return fmt.Errorf("category %d weighs %v: give it a positive weight, or leave it out", g, c.Weight)
		case c.Levels < 1 || c.Levels > 256:
			return fmt.Errorf("category %d has %d levels: 1 to 256 are possible", g, c.Levels)
		}
	}
	return nil
}
