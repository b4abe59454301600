package merge

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// lattice merges very many points, of which not every two can be compared.
// Candidates for merging are clusters with points that differ in one crossed
// feature. Round by round the clusters that are each other's cheapest candidate
// are found, and the cheaper half of these pairs is merged: dear pairs wait for
// what the cheap ones make. Where candidates run out, points that differ in two
// features are compared, and so on.
//
// A round looks only at pairs of which a side has changed; of more than window
// clusters in one bucket, only at those near each other by the first
// coordinate. Everything is decided by (cost, lowest name), so that no order of
// looking matters.
type lattice struct {
	*wardState
	p     *Points
	root  []int32   // point → cluster it is in
	live  []int32   // clusters, ascending
	best  []int32   // cluster → its cheapest candidate; -1 = none
	least []float64 // cluster → the cost of merging with it
	fresh []bool    // cluster → it, or its best, is new: all its pairs are looked at

	list  []int32 // clusters, bucket by bucket
	start []int   // where buckets begin, and the end of the last
	keyed []keyedPoint
}

type keyedPoint struct {
	key   cellKey
	point int32
}

// window bounds how many clusters of a bucket one is compared with.
const window = 64

// latticeMerges merges until few clusters are left.
func latticeMerges(ctx context.Context, w *wardState, p *Points, few int) ([]Merge, error) {
	n := len(p.Weight)
	l := &lattice{
		wardState: w, p: p, root: make([]int32, n), live: make([]int32, n),
		best: make([]int32, n), least: make([]float64, n), fresh: make([]bool, n),
	}
	for i := range l.root {
		l.root[i], l.live[i] = int32(i), int32(i)
	}
	var merges []Merge
	for apart := min(1, p.Crossed); len(l.live) > few; apart++ {
		l.arrange(min(apart, p.Crossed))
		for len(l.live) > few {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			l.look()
			pairs := l.mutual()
			if len(pairs) == 0 {
				break
			}
			merges = append(merges, l.unite(pairs[:min((len(pairs)+1)/2, len(l.live)-few)])...)
		}
	}
	w.active = w.active[:0]
	for _, c := range l.live {
		w.active = append(w.active, int(c))
	}
	return merges, nil
}

// choices bounds the choices of features for which clusters are sorted into
// buckets: those of seven features.
const choices = 35

// arrange makes the buckets: for every choice of so many features, the clusters
// with points that agree in all others. Where these are too many choices, it is
// every run of so many features, in their order, the first coming after the last.
func (l *lattice) arrange(apart int) {
	for i := range l.root { // roots are lower points: settled already
		l.root[i] = l.root[l.root[i]]
	}
	for _, c := range l.live {
		l.fresh[c] = true
	}
	l.list, l.start = l.list[:0], append(l.start[:0], 0)
	choose := subsets
	if manyChoices(l.p.Crossed, apart) {
		choose = runs
	}
	choose(l.p.Crossed, apart, func(free []bool) {
		l.key(free)
		for lo := 0; lo < len(l.keyed); {
			hi := lo + 1
			for hi < len(l.keyed) && l.keyed[hi].key == l.keyed[lo].key {
				hi++
			}
			for _, k := range l.keyed[lo:hi] {
				l.list = append(l.list, l.root[k.point])
			}
			l.end()
			lo = hi
		}
	})
}

// subsets calls do with every choice of k of n features.
func subsets(n, k int, do func(chosen []bool)) {
	chosen := make([]bool, n)
	var choose func(from, k int)
	choose = func(from, k int) {
		if k == 0 {
			do(chosen)
			return
		}
		for j := from; j+k <= n; j++ {
			chosen[j] = true
			choose(j+1, k-1)
			chosen[j] = false
		}
	}
	choose(0, k)
}

// manyChoices says whether there are more than choices of k of n features.
func manyChoices(n, k int) bool {
	ways := 1
	for i := range min(k, n-k) {
		if ways = ways * (n - i) / (i + 1); ways > choices {
			return true
		}
	}
	return false
}

// runs calls do with every run of k of n features, fewer than n.
func runs(n, k int, do func(chosen []bool)) {
	for from := range n {
		chosen := make([]bool, n)
		for i := range k {
			chosen[(from+i)%n] = true
		}
		do(chosen)
	}
}

// key sorts the points by their codes of the features that are not free.
func (l *lattice) key(free []bool) {
	l.keyed = l.keyed[:0]
	for i := range l.root {
		key := keyOf(l.p.Codes[i*l.p.Crossed:(i+1)*l.p.Crossed], free)
		l.keyed = append(l.keyed, keyedPoint{key, int32(i)})
	}
	slices.SortFunc(l.keyed, func(a, b keyedPoint) int {
		if a.key != b.key {
			return a.key.compare(b.key)
		}
		return int(a.point - b.point)
	})
}

// end ends the bucket at the end of the list, unless fewer than two clusters
// are in it.
func (l *lattice) end() {
	from := l.start[len(l.start)-1]
	bucket := l.list[from:]
	slices.Sort(bucket)
	bucket = slices.Compact(bucket)
	if len(bucket) < 2 {
		bucket = bucket[:0]
	}
	l.list = l.list[:from+len(bucket)]
	if len(bucket) > 0 {
		l.start = append(l.start, len(l.list))
	}
}

// look brings the buckets up to date and finds every cluster's cheapest
// candidate.
func (l *lattice) look() {
	for _, c := range l.live {
		if l.fresh[c] {
			l.best[c], l.least[c] = -1, math.Inf(1)
		}
	}
	list, start := l.list, slices.Clone(l.start)
	l.list, l.start = l.list[:0], l.start[:1]
	for b := range len(start) - 1 {
		for _, c := range list[start[b]:start[b+1]] { // written behind where it is read
			l.list = append(l.list, l.root[c])
		}
		from := l.start[len(l.start)-1]
		l.end()
		l.compare(l.list[from:])
	}
	for _, c := range l.live {
		l.fresh[c] = false
	}
}

// compare looks at the pairs of a bucket.
func (l *lattice) compare(bucket []int32) {
	reach := len(bucket)
	if reach > window {
		reach = window / 2
		bucket = slices.Clone(bucket)
		slices.SortFunc(bucket, func(a, b int32) int {
			if by := cmp.Compare(l.x[int(a)*l.dim], l.x[int(b)*l.dim]); by != 0 {
				return by
			}
			return int(a - b)
		})
	}
	for i, a := range bucket {
		for _, b := range bucket[i+1 : min(len(bucket), i+1+reach)] {
			if l.fresh[a] || l.fresh[b] {
				cost := l.cost(int(a), int(b), max(l.least[a], l.least[b]))
				l.offer(a, b, cost)
				l.offer(b, a, cost)
			}
		}
	}
}

// offer makes b the best candidate of a, if it is.
func (l *lattice) offer(a, b int32, cost float64) {
	if cost < l.least[a] || cost == l.least[a] && b < l.best[a] {
		l.best[a], l.least[a] = b, cost
	}
}

// mutual returns the clusters that are the best candidate of their own best
// one, the cheapest pairs first.
func (l *lattice) mutual() []int32 {
	var pairs []int32
	for _, a := range l.live {
		if b := l.best[a]; b > a && l.best[b] == a {
			pairs = append(pairs, a)
		}
	}
	slices.SortFunc(pairs, func(a, b int32) int {
		if by := cmp.Compare(l.least[a], l.least[b]); by != 0 {
			return by
		}
		return int(a - b)
	})
	return pairs
}

// unite merges clusters with their best candidates.
func (l *lattice) unite(pairs []int32) []Merge {
	merges := make([]Merge, 0, len(pairs))
	for _, a := range pairs {
		b := l.best[a]
		merges = append(merges, l.join(int(a), int(b), l.least[a]))
		l.root[b] = a
		l.fresh[a] = true
	}
	l.live = slices.DeleteFunc(l.live, func(c int32) bool { return l.root[c] != c })
	for _, c := range l.live {
		if b := l.best[c]; b >= 0 && (l.root[b] != b || l.fresh[b]) {
			l.fresh[c] = true
		}
	}
	return merges
}
