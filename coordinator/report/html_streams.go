package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/merge"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// mostStreams bounds the streams at the springs of the river: what was merged
// before is not shown.
const mostStreams = 32

// stream is a cluster on the way from many to one: it is among the clusters
// when there are died+1 to born of them.
type stream struct {
	n            int64
	known, above []float64 // as in merge.Point
	children     [2]int    // streams that it was made of; −1 at the springs
	parent       int       // −1 = the last
	born, died   int
	low          int // lowest point in it
	levels       [][]int64
	y, height    float64
}

// streams follows the last merges, from mostStreams clusters down to one: first
// the springs, then each union in the order of merging.
func streams(r *merge.Result, features []encoder.Feature) []stream {
	n := len(r.Points)
	if n == 0 || len(r.Merges) != n-1 {
		return nil
	}
	springs := min(n, mostStreams)
	list := make([]stream, springs, 2*springs)
	at := map[int]int{} // lowest point → stream
	for p, s := range merge.Cut(r.Merges, n, springs) {
		if list[s].n == 0 {
			at[p] = s
			list[s] = stream{low: p, children: [2]int{-1, -1}, parent: -1, born: springs, levels: make([][]int64, len(r.Crossed))}
			for j, f := range r.Crossed {
				list[s].levels[j] = make([]int64, features[f].Codes())
			}
		}
		list[s].add(&r.Points[p])
	}
	for i, m := range r.Merges[n-springs:] {
		left := springs - 1 - i // clusters after this merge
		a, b := at[m.A], at[m.B]
		u := list[a].joined(&list[b])
		u.children, u.parent, u.born, u.low = [2]int{a, b}, -1, left, m.A
		list[a].parent, list[b].parent = len(list), len(list)
		list[a].died, list[b].died = left, left
		at[m.A] = len(list)
		list = append(list, u)
	}
	return list
}

// add adds a point to a spring.
func (s *stream) add(p *merge.Point) {
	s.n += p.N
	if s.known == nil {
		s.known, s.above = make([]float64, len(p.Known)), make([]float64, len(p.Above))
	}
	for m := range p.Known {
		s.known[m] += p.Known[m]
		s.above[m] += p.Above[m]
	}
	for j, code := range p.Codes {
		s.levels[j][code] += p.N
	}
}

// joined returns the union of two streams.
func (s *stream) joined(o *stream) stream {
	u := stream{n: s.n + o.n, known: slices.Clone(s.known), above: slices.Clone(s.above)}
	for m := range u.known {
		u.known[m] += o.known[m]
		u.above[m] += o.above[m]
	}
	for j := range s.levels {
		u.levels = append(u.levels, slices.Clone(s.levels[j]))
		for code, n := range o.levels[j] {
			u.levels[j][code] += n
		}
	}
	return u
}

// deviation is a metric's mean, from that of all customers; NaN = not known.
func (s *stream) deviation(m int) float64 {
	if m >= len(s.known) || s.known[m] == 0 {
		return math.NaN()
	}
	return s.above[m] / s.known[m]
}

// lay places the streams: the springs one below the other, in such an order
// that those which meet are neighbours, the higher mean above; every union in
// the middle of the two that it is made of. Heights are in proportion to
// customers and add up to all, with gaps between springs.
func lay(list []stream, all, gap float64) {
	total := float64(list[len(list)-1].n)
	y := 0.0
	var walk func(i int)
	walk = func(i int) {
		s := &list[i]
		s.height = float64(s.n) / total * all
		if s.children[0] < 0 {
			s.y = y
			y += s.height + gap
			return
		}
		a, b := s.children[0], s.children[1]
		if order := cmp.Compare(list[b].deviation(0), list[a].deviation(0)); order > 0 || order == 0 && list[b].low < list[a].low {
			a, b = b, a
		}
		s.children = [2]int{a, b}
		walk(a)
		walk(b)
		top, bottom := list[a].y, list[b].y+list[b].height
		s.y = (top + bottom - s.height) / 2
	}
	walk(len(list) - 1)
}

// atCut returns for every stream the one that it has become, or is, when there
// are k clusters; −1 for those that lie further down the river.
func atCut(list []stream, k int) []int {
	out := make([]int, len(list))
	for i := len(list) - 1; i >= 0; i-- { // parents come after their children
		switch s := &list[i]; {
		case s.born < k:
			out[i] = -1
		case s.died < k:
			out[i] = i
		default:
			out[i] = out[s.parent]
		}
	}
	return out
}

// called names a stream by the levels that set it apart most: of each crossed
// feature the one whose share differs most from that among all, if it holds
// half of the stream.
func (s *stream) called(root *stream, r *merge.Result, features []encoder.Feature) string {
	type level struct {
		name   string
		effect float64
	}
	var found []level
	for j, f := range r.Crossed {
		for code, n := range s.levels[j] {
			share, all := float64(n)/float64(max(1, s.n)), float64(root.levels[j][code])/float64(max(1, root.n))
			if share < 0.5 {
				continue
			}
			effect := math.Asin(math.Sqrt(min(1, share))) - math.Asin(math.Sqrt(min(1, all)))
			if effect > 0.1 {
				found = append(found, level{features[f].Name + " " + codeName(&features[f], code), effect})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b level) int { return cmp.Compare(b.effect, a.effect) })
	var names []string
	for _, l := range found[:min(2, len(found))] {
		names = append(names, l.name)
	}
	return strings.Join(names, ", ")
}

// codeName is what a level is called.
func codeName(f *encoder.Feature, code int) string {
	if code == encoder.Missing {
		return "(missing)"
	}
	return f.Levels[code-1].Name
}
