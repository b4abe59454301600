package search

import (
	"cmp"
	"slices"
	"sort"

	"github.com/headwater-dev/headwater/worker/wire"
)

// Index finds groups by their items among those of a search.
type Index struct {
	groups *Groups
	from   []int // order → its first group
}

// NewIndex returns the index of groups that stand in the order of a search.
func NewIndex(g *Groups) *Index {
	l := &Index{groups: g, from: []int{0}}
	for i := range g.Len() {
		for len(l.from) <= len(g.At(i)) {
			l.from = append(l.from, i)
		}
	}
	l.from = append(l.from, g.Len())
	return l
}

// Find returns the group of the given items, which ascend; −1 = it was not
// found, being below the minimum or longer than the search.
func (l *Index) Find(items []wire.Item) int {
	order := len(items)
	if order == 0 || order+1 >= len(l.from) {
		return -1
	}
	from, to := l.from[order], l.from[order+1]
	i := from + sort.Search(to-from, func(i int) bool { return CompareItems(l.groups.At(from+i), items) >= 0 })
	if i < to && CompareItems(l.groups.At(i), items) == 0 {
		return i
	}
	return -1
}

// CompareItems compares groups by their items, one after the other.
func CompareItems(a, b []wire.Item) int {
	return slices.CompareFunc(a, b, func(x, y wire.Item) int {
		return cmp.Or(cmp.Compare(x.Feature, y.Feature), cmp.Compare(x.Code, y.Code))
	})
}

// Parents returns the groups that lack one item of group i. All were found:
// each has at least its customers.
func (l *Index) Parents(i int) []int {
	items := l.groups.At(i)
	if len(items) < 2 {
		return nil
	}
	var out []int
	for drop := range items {
		out = append(out, l.Find(slices.Concat(items[:drop], items[drop+1:])))
	}
	return out
}

// Union returns the items of both groups; ok is false where they exclude each other.
func Union(a, b []wire.Item) (items []wire.Item, ok bool) {
	items = slices.Concat(a, b)
	slices.SortFunc(items, func(x, y wire.Item) int {
		return cmp.Or(cmp.Compare(x.Feature, y.Feature), cmp.Compare(x.Code, y.Code))
	})
	items = slices.Compact(items)
	for i := 1; i < len(items); i++ {
		if items[i].Feature == items[i-1].Feature {
			return nil, false
		}
	}
	return items, true
}
