package ops

import (
	"math"

	"github.com/headwater-dev/headwater/kernels/distance"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/wire"
)

// nearestOf labels encoded rows with their nearest centre.
type nearestOf struct {
	space     *pointSpace
	centroids *distance.Centroids
	measure   *distance.Measure
	points    *distance.Rows // that were labelled last
}

// newNearestOf prepares centres in the space of a plan that holds nothing but
// the one-hot features and the coordinates.
func newNearestOf(plan *encoder.Plan, oneHot []wire.OneHot, centres *wire.Centres) (*nearestOf, error) {
	space, err := newPointSpace(plan, oneHot)
	if err != nil {
		return nil, err
	}
	centroids, err := space.centroids(centres)
	if err != nil {
		return nil, err
	}
	return &nearestOf{space: space, centroids: centroids, measure: centroids.NewMeasure()}, nil
}

// label writes the number of the nearest centre of every row.
func (n *nearestOf) label(rows *encoder.Rows, out []int32) error {
	points, dims := n.space.NewRows(rows.N), len(n.space.Weights)
	for j, places := range rows.Places {
		for i, x := range places[:rows.N] {
			points.X[i*dims+j] = x
		}
	}
	for g := range points.Codes {
		points.Codes[g] = rows.Codes[g][:rows.N]
	}
	if err := n.space.Check(points); err != nil {
		return err
	}
	for i, k := range n.space.nearest(n.centroids, points) {
		out[i] = int32(k)
	}
	n.points = points
	return nil
}

// distances appends how far each row that was labelled last is from its centre:
// the same bits everywhere, since terms are added in float64 in a fixed order
// and roots are rounded correctly.
func (n *nearestOf) distances(out []float64, of []int32) []float64 {
	for i, k := range of {
		out = append(out, math.Sqrt(n.measure.Distance(n.points, i, int(k))))
	}
	return out
}
