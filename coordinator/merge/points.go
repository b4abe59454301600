package merge

import (
	"math"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/metric"
)

// grid is the occupied cells of a crossing in one part of the rows, and the
// points they make.
type grid struct {
	c       *crossing
	v       *view
	m       *moments
	lambda  float64
	binary  bool  // the first metric is yes/no
	cells   []int // occupied, ascending
	point   []int // position in cells → point
	points  Points
	small   int          // cells that were folded into others
	smallN  int64        // their customers
	axes    [][]axis     // crossed feature → code
	clipped [][2]float64 // metric → bounds of cell means
}

// newGrid places the cells that hold customers. Cells of fewer than minCell
// are folded: each goes to the cell of at least minCell that is nearest by
// profile and shrunk metric mean, the lowest of equally near ones. Where no
// cell is that large nothing is folded.
func newGrid(c *crossing, p part, m *moments, metrics []metric.Metric, lambda float64, minCell int64) *grid {
	g := &grid{c: c, v: c.over(p, m), m: m, lambda: lambda}
	g.binary = len(metrics) > 0 && metrics[0].Binary && metrics[0].Den < 0
	var large []int // positions in cells
	for cell, n := range g.v.n {
		if n > 0 {
			if n >= minCell {
				large = append(large, len(g.cells))
			}
			g.cells = append(g.cells, cell)
		}
	}
	if len(large) == 0 {
		for i := range g.cells {
			large = append(large, i)
		}
	}
	g.measureProfile()
	g.clip(metrics, large)
	g.fold(large)
	g.place(len(large))
	g.points.Crossed = len(c.features)
	for _, i := range large {
		g.points.Codes = append(g.points.Codes, c.at(g.cells[i])...)
	}
	return g
}

// measureProfile lays out the further coordinates: the levels that occur. Level
// v of feature j, one of c_j, lies at √((1−λ)/(J(c_j−1)))/√P_v. (The share P_v is
// taken off in no cell: a shift common to all changes no distance.)
func (g *grid) measureProfile() {
	g.points.Dim = len(g.m.metrics)
	for j := range g.c.features {
		var n [256]int64
		for _, cell := range g.cells {
			n[g.c.at(cell)[j]] += g.v.n[cell]
		}
		levels := 0
		for _, x := range n {
			if x > 0 {
				levels++
			}
		}
		axes := make([]axis, 256)
		for code, x := range n {
			if x > 0 && levels > 1 {
				share := float64(x) / float64(g.m.n)
				axes[code] = axis{g.points.Axes, math.Sqrt((1 - g.lambda) / float64(len(g.c.features)*(levels-1)) / share)}
				g.points.Axes++
			}
		}
		g.axes = append(g.axes, axes)
	}
}

// axis is a level's coordinate and its scale there.
type axis struct {
	at    int
	scale float64
}

// clip finds the bounds to which cell means of a metric are drawn in: for a
// numeric metric the 0.5th and 99.5th percentile of its cells' means, each
// cell counting with its rows; none for yes/no.
func (g *grid) clip(metrics []metric.Metric, large []int) {
	for k := range g.m.metrics {
		bounds := [2]float64{math.Inf(-1), math.Inf(1)}
		if !metrics[k].Binary {
			var order []int
			rows := 0.0
			for _, i := range large {
				if n := g.v.known[k][g.cells[i]]; n > 0 {
					order = append(order, g.cells[i])
					rows += n
				}
			}
			value := func(cell int) float64 { return g.v.sum[k][cell] / g.v.known[k][cell] }
			slices.SortFunc(order, func(a, b int) int {
				if x, y := value(a), value(b); x != y {
					if x < y {
						return -1
					}
					return 1
				}
				return a - b
			})
			sum := 0.0
			for _, cell := range order {
				before := sum
				sum += g.v.known[k][cell]
				if before <= 0.005*rows {
					bounds[0] = value(cell)
				}
				if before <= 0.995*rows {
					bounds[1] = value(cell)
				}
			}
		}
		g.clipped = append(g.clipped, bounds)
	}
}

// place gives every point the customers of its cells and their common place.
func (g *grid) place(points int) {
	members := make([][]int, points)
	for i, p := range g.point {
		members[p] = append(members[p], g.cells[i])
	}
	at := &g.points
	at.X, at.Weight, at.Start = make([]float64, points*at.Dim), make([]int64, points), make([]int, 1, points+1)
	share := make([]float64, at.Axes)
	for p, cells := range members {
		for _, cell := range cells {
			at.Weight[p] += g.v.n[cell]
		}
		g.meanMetrics(cells, at.X[p*at.Dim:(p+1)*at.Dim], nil)
		begin := len(at.Sparse)
		for _, cell := range cells {
			if g.v.n[cell] == 0 {
				continue // drawn by no bootstrap
			}
			for j, code := range g.c.at(cell) {
				if a := g.axes[j][code]; a.scale > 0 {
					if share[a.at] == 0 {
						at.Sparse = append(at.Sparse, Coordinate{Axis: int32(a.at)})
					}
					share[a.at] += float64(float64(g.v.n[cell]) / float64(at.Weight[p]) * a.scale)
				}
			}
		}
		own := at.Sparse[begin:]
		slices.SortFunc(own, func(a, b Coordinate) int { return int(a.Axis - b.Axis) })
		for i := range own {
			own[i].X, share[own[i].Axis] = share[own[i].Axis], 0
		}
		at.Start = append(at.Start, len(at.Sparse))
	}
}

// meanMetrics writes the coordinates of the metrics of some cells taken
// together: √(λ/metrics)·(ȳ − μ)/σ, 0 where not known; with priors the mean is
// shrunk by them.
func (g *grid) meanMetrics(cells []int, x, prior []float64) {
	for k := range g.m.metrics {
		known, sum := 0.0, 0.0
		for _, cell := range cells {
			known += g.v.known[k][cell]
			sum += g.v.sum[k][cell]
		}
		m := &g.m.metrics[k]
		if x[k] = 0; known == 0 || m.variance <= 0 {
			continue
		}
		y := sum / known
		if prior != nil {
			y = shrunk(known, sum, prior[k])
		}
		y = min(max(y, g.clipped[k][0]), g.clipped[k][1])
		x[k] = math.Sqrt(g.lambda/float64(len(g.m.metrics))/m.variance) * y
	}
}

// means returns a metric's mean of each label, per position in cells, counted
// from the part's mean; 0 where it is not known.
func (g *grid) means(m int, label []int, k int) []float64 {
	known, level := make([]float64, k), make([]float64, k)
	for i, cell := range g.cells {
		known[label[i]] += g.v.known[m][cell]
		level[label[i]] += g.v.sum[m][cell]
	}
	for s := range level {
		if known[s] > 0 {
			level[s] /= known[s]
		}
	}
	return level
}

// explains returns the in-sample R² of a label per position in cells, meaned
// over the metrics that vary.
func (g *grid) explains(label []int, k int) float64 {
	r2 := 0.0
	for m, a := range g.m.metrics {
		known, sum := make([]float64, k), make([]float64, k)
		for i, cell := range g.cells {
			known[label[i]] += g.v.known[m][cell]
			sum[label[i]] += g.v.sum[m][cell]
		}
		r2 += explained(known, sum, a.variance, func(s int) float64 { return sum[s] / max(1, known[s]) })
	}
	return r2 / float64(max(1, len(g.m.metrics)))
}
