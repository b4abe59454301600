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
	return g
}

// measureProfile lays out the coordinates: the metrics, which tell most pairs
// of cells apart, then the levels that occur. Level v of feature j, one of c_j,
// lies at √((1−λ)/(J(c_j−1)))/√P_v. (The share P_v is taken off in no cell: a
// shift common to all changes no distance.)
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
				axes[code] = axis{g.points.Dim, math.Sqrt((1 - g.lambda) / float64(len(g.c.features)*(levels-1)) / share)}
				g.points.Dim++
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

// fold says which point each cell belongs to; large cells make one each.
func (g *grid) fold(large []int) {
	g.point = make([]int, len(g.cells))
	for i := range g.point {
		g.point[i] = -1
	}
	dim := g.points.Dim
	x := make([]float64, len(large)*dim)
	for p, i := range large {
		g.point[i] = p
		g.locate([]int{g.cells[i]}, x[p*dim:(p+1)*dim], nil)
	}
	prior := make([]float64, len(g.m.metrics))
	for k := range prior {
		prior[k] = shrinkage(g.v.known[k], g.v.sum[k], &g.m.metrics[k])
	}
	at := make([]float64, dim)
	for i, cell := range g.cells {
		if g.point[i] >= 0 {
			continue
		}
		g.small++
		g.smallN += g.v.n[cell]
		g.locate([]int{cell}, at, prior)
		least := math.Inf(1)
		for p := range large {
			if d := squaredDistance(at, x[p*dim:(p+1)*dim], least); d < least {
				least, g.point[i] = d, p
			}
		}
	}
}

// place gives every point the customers of its cells and their common place.
func (g *grid) place(points int) {
	members := make([][]int, points)
	for i, p := range g.point {
		members[p] = append(members[p], g.cells[i])
	}
	dim := g.points.Dim
	g.points.X = make([]float64, points*dim)
	for p, cells := range members {
		n := int64(0)
		for _, cell := range cells {
			n += g.v.n[cell]
		}
		g.points.Weight = append(g.points.Weight, n)
		g.locate(cells, g.points.X[p*dim:(p+1)*dim], nil)
	}
}

// locate writes the coordinates of some cells taken together. A metric lies at
// √(λ/metrics)·(ȳ − μ)/σ, at 0 where it is not known; with priors its mean is
// shrunk by them.
func (g *grid) locate(cells []int, x, prior []float64) {
	clear(x)
	n := 0.0
	for _, cell := range cells {
		n += float64(g.v.n[cell])
	}
	for _, cell := range cells {
		for j, code := range g.c.at(cell) {
			if a := g.axes[j][code]; a.scale > 0 {
				x[a.at] += float64(float64(g.v.n[cell]) / n * a.scale)
			}
		}
	}
	for k := range g.m.metrics {
		known, sum := 0.0, 0.0
		for _, cell := range cells {
			known += g.v.known[k][cell]
			sum += g.v.sum[k][cell]
		}
		m := &g.m.metrics[k]
		if known == 0 || m.variance <= 0 {
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

// explains returns the in-sample R² of a label per position in cells, meaned
// over the metrics that vary.
func (g *grid) explains(label []int, k int) float64 {
	r2 := 0.0
	for m := range g.m.metrics {
		known, sum := make([]float64, k), make([]float64, k)
		for i, cell := range g.cells {
			known[label[i]] += g.v.known[m][cell]
			sum[label[i]] += g.v.sum[m][cell]
		}
		r2 += explained(known, sum, g.m.metrics[m].variance, func(s int) float64 {
			if known[s] == 0 {
				return 0
			}
			return sum[s] / known[s]
		})
	}
	return r2 / float64(max(1, len(g.m.metrics)))
}
