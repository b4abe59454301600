package main

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/headwater-dev/headwater/kernels/distance"
)

// distanceShape is a problem of k-means.
type distanceShape struct {
	dense, categories, k int
}

var distanceShapes = []distanceShape{{32, 0, 10}, {32, 0, 64}, {64, 0, 256}, {8, 12, 8}, {0, 20, 10}}

// distanceUnit is the unit of standardised values.
const distanceUnit = 1.0 / (1 << 18)

// draw makes rows of standardised normal values and codes of 12 levels, and
// centroids at some of the rows.
func (s distanceShape) draw(rows int) (*distance.Space, *distance.Rows, *distance.Centroids, error) {
	const levels = 12
	space := &distance.Space{
		Weights:    slices.Repeat([]float64{distanceUnit * distanceUnit}, s.dense),
		Categories: slices.Repeat([]distance.Category{{Levels: levels, Weight: 1}}, s.categories),
	}
	r := rand.New(rand.NewPCG(uint64(rows), uint64(s.k)))
	data := space.NewRows(rows)
	values, centers := make([]int32, rows), make([]float64, s.k*s.dense)
	for f := range s.dense {
		for i := range values {
			values[i] = int32(r.NormFloat64() / distanceUnit)
		}
		data.Set(f, 0, values)
		for j := range s.k {
			centers[j*s.dense+f] = float64(values[j%rows])
		}
	}
	shares := make([][]float64, s.categories)
	for g := range shares {
		data.Codes[g] = make([]uint8, rows)
		for i := range data.Codes[g] {
			data.Codes[g][i] = uint8(r.IntN(levels))
		}
		for range s.k * levels {
			shares[g] = append(shares[g], r.Float64()/4)
		}
	}
	if err := space.Check(data); err != nil {
		return nil, nil, nil, err
	}
	space.Coarsen([]*distance.Rows{data})
	c, err := space.NewCentroids(s.k, centers, shares)
	return space, data, c, err
}

// measured is the case of a shape before it is said what it runs.
func (s distanceShape) measured(kernel string, rows int) (*kernelCase, *distance.Space, *distance.Rows, *distance.Centroids) {
	space, data, c, err := s.draw(rows)
	if err != nil {
		panic(err) // the shapes are constants
	}
	bytes := rows * (4*s.dense + s.categories + 2)
	pairs := float64(rows) * float64(s.k)
	return &kernelCase{
		Kernel: kernel, Shape: fmt.Sprintf("dense=%d,categories=%d,k=%d", s.dense, s.categories, s.k), Rows: rows,
		CellRows:   pairs,
		Operations: pairs * float64(2*s.dense+s.categories),
		Bytes:      float64(bytes), Footprint: bytes,
	}, space, data, c
}

// nearest scores all rows: a pair of row and centroid counts as a cell-row.
func (s distanceShape) nearest(rows int) *kernelCase {
	k, _, data, c := s.measured("distance.Nearest", rows)
	nearest := make([]uint16, rows)
	k.run, k.output = func() { c.Nearest(nearest, data) }, func() any { return nearest }
	return k
}

// step is a first step: all rows are scored and added to a cluster.
func (s distanceShape) step(rows int) *kernelCase {
	k, space, data, c := s.measured("distance.Step", rows)
	var fit *distance.Fit
	k.run = func() {
		fit = space.NewFit(data)
		fit.Step(c)
	}
	k.output = func() any { return slices.Concat(fit.Sums.Counts, fit.Sums.Dense, slices.Concat(fit.Sums.Levels...)) }
	return k
}
