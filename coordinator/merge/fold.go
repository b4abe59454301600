package merge

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"sync"
)

// fold says which point each cell belongs to. Large cells make one each; any
// other goes to the large one that is nearest by profile and, the small cell's
// mean being shrunk, by metrics; of equally near ones to the lowest.
func (g *grid) fold(large []int) {
	g.point = make([]int, len(g.cells))
	for i := range g.point {
		g.point[i] = -1
	}
	dim := g.points.Dim
	f := &folding{g: g, large: large, x: make([]float64, len(large)*dim)}
	for p, i := range large {
		g.point[i] = p
		g.meanMetrics([]int{g.cells[i]}, f.x[p*dim:(p+1)*dim], nil)
	}
	if len(large) == len(g.cells) {
		return
	}
	prior := make([]float64, len(g.m.metrics))
	for k := range prior {
		prior[k] = shrinkage(g.v.known[k], g.v.sum[k], &g.m.metrics[k])
	}
	f.measure()
	var small []int
	for i, cell := range g.cells {
		if g.point[i] < 0 {
			small = append(small, i)
			g.smallN += g.v.n[cell]
		}
	}
	g.small = len(small)
	chunks := (len(small) + foldedAtOnce - 1) / foldedAtOnce
	inParallel(chunks, func(k int) {
		at := make([]float64, dim)
		for _, i := range small[k*foldedAtOnce : min((k+1)*foldedAtOnce, len(small))] {
			g.meanMetrics([]int{g.cells[i]}, at, prior)
			g.point[i] = f.nearest(g.cells[i], at)
		}
	})
}

// foldedAtOnce is how many small cells one goroutine takes at a time.
const foldedAtOnce = 1024

// folding finds the nearest of the large cells. Cells that differ in a feature
// are apart by the sum of the two levels' squared scales, whatever else they
// have in common. So the large cells that differ in few features are looked at
// first, and no further ones than could be nearer.
type folding struct {
	g      *grid
	large  []int           // positions in grid.cells
	x      []float64       // large cell → metrics
	least  []float64       // feature → the smallest squared scale of a level
	groups [][]*neighbours // step → choices of free features, ever more of them; at the end all
}

// neighbours are the large cells by their codes of the features that are not
// free, each group in order of the first metric.
type neighbours struct {
	free    []bool
	once    sync.Once
	members map[cellKey][]int32
}

// foldSteps bounds the choices of as many free features that are looked through
// one by one; so does half the number of large cells. Beyond, all of these are
// looked at.
const foldSteps = 400

// measure prepares the look-ups, from one free feature to all.
func (f *folding) measure() {
	for _, axes := range f.g.axes {
		least := math.Inf(1)
		for _, a := range axes {
			if a.scale > 0 {
				least = min(least, float64(a.scale*a.scale))
			}
		}
		if math.IsInf(least, 1) {
			least = 0 // one level only: nothing differs there
		}
		f.least = append(f.least, least)
	}
	features, most := len(f.g.c.features), min(foldSteps, len(f.large)/2)
	for k := 1; k < features; k++ {
		var step []*neighbours
		subsets(features, k, func(free []bool) {
			if len(step) <= most {
				step = append(step, &neighbours{free: slices.Clone(free)})
			}
		})
		if len(step) > most {
			break
		}
		f.groups = append(f.groups, step)
	}
	f.groups = append(f.groups, []*neighbours{{free: slices.Repeat([]bool{true}, features)}})
}

// nearest returns the large cell nearest to a small one with such metrics.
func (f *folding) nearest(cell int, x []float64) int {
	codes := f.g.c.at(cell)
	least, best := math.Inf(1), -1
	for k, step := range f.groups {
		for _, n := range step {
			bound := f.bound(codes, n.free)
			if k == len(f.groups)-1 {
				bound = f.apart(codes, len(f.groups))
			}
			if bound > least*(1+1e-9) {
				continue // whatever differs in all of these is further away, and the rest was looked at
			}
			n.once.Do(func() { f.gather(n) })
			least, best = f.among(n.members[keyOf(codes, n.free)], cell, x, least, best)
		}
	}
	return best
}

// among looks through a group, from the small cell's first metric on both ways.
func (f *folding) among(list []int32, cell int, x []float64, least float64, best int) (float64, int) {
	middle := 0
	if len(x) > 0 {
		middle = sort.Search(len(list), func(i int) bool { return f.first(list[i]) >= x[0] })
	}
	for _, p := range list[middle:] {
		if f.beyond(p, x, least) {
			break
		}
		least, best = f.closer(cell, x, int(p), least, best)
	}
	for _, p := range slices.Backward(list[:middle]) {
		if f.beyond(p, x, least) {
			break
		}
		least, best = f.closer(cell, x, int(p), least, best)
	}
	return least, best
}

// apart is how far apart cells are at least that differ in k features.
func (f *folding) apart(codes []uint8, k int) float64 {
	by := make([]float64, len(codes))
	for j, code := range codes {
		scale := f.g.axes[j][code].scale
		by[j] = float64(scale*scale) + f.least[j]
	}
	slices.Sort(by)
	sum := 0.0
	for _, d := range by[:min(k, len(by))] {
		sum += d
	}
	return sum
}

// bound is how far apart cells are at least that differ in these features.
func (f *folding) bound(codes []uint8, differ []bool) float64 {
	sum := 0.0
	for j, code := range codes {
		if differ[j] {
			scale := f.g.axes[j][code].scale
			sum += float64(scale*scale) + f.least[j]
		}
	}
	return sum
}

func (f *folding) first(p int32) float64 { return f.x[int(p)*f.g.points.Dim] }

// beyond says whether p, and what lies behind it, is further away by the first
// metric alone.
func (f *folding) beyond(p int32, x []float64, least float64) bool {
	if len(x) == 0 {
		return false
	}
	d := f.first(p) - x[0]
	return float64(d*d) > least*(1+1e-9)
}

// closer takes large cell p if it is nearer than the best so far.
func (f *folding) closer(cell int, x []float64, p int, least float64, best int) (float64, int) {
	dim := len(x)
	d := squaredDistance(x, f.x[p*dim:(p+1)*dim], math.Inf(1))
	a, b := f.g.c.at(cell), f.g.c.at(f.g.cells[f.large[p]])
	for j := range a {
		if a[j] != b[j] && d <= least {
			s, t := f.g.axes[j][a[j]].scale, f.g.axes[j][b[j]].scale
			d += float64(s*s) + float64(t*t)
		}
	}
	if d < least || d == least && p < best {
		return d, p
	}
	return least, best
}

// gather makes the groups of a choice of free features.
func (f *folding) gather(n *neighbours) {
	n.members = map[cellKey][]int32{}
	for p, i := range f.large {
		key := keyOf(f.g.c.at(f.g.cells[i]), n.free)
		n.members[key] = append(n.members[key], int32(p))
	}
	if f.g.points.Dim == 0 {
		return
	}
	for _, list := range n.members {
		slices.SortStableFunc(list, func(a, b int32) int {
			switch x, y := f.first(a), f.first(b); {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		})
	}
}

// cellKey is codes, one a byte, of 16 features at most.
type cellKey struct{ high, low uint64 }

// keyOf packs the codes of the features that are not free.
func keyOf(codes []uint8, free []bool) (key cellKey) {
	for j, code := range codes {
		if !free[j] {
			key.high = key.high<<8 | key.low>>56
			key.low = key.low<<8 | uint64(code)
		}
	}
	return key
}

func (a cellKey) compare(b cellKey) int {
	if a.high != b.high {
		return cmp.Compare(a.high, b.high)
	}
	return cmp.Compare(a.low, b.low)
}
