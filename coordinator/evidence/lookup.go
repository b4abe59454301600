package evidence

import (
	"cmp"
	"slices"
	"sort"

	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/wire"
)

// lookup finds groups by their items among those of a search.
type lookup struct {
	groups *search.Groups
	from   []int // order → its first group
}

func newLookup(g *search.Groups) *lookup {
	l := &lookup{groups: g, from: []int{0}}
	for i := range g.Len() {
		for len(l.from) <= len(g.At(i)) {
			l.from = append(l.from, i)
		}
	}
	l.from = append(l.from, g.Len())
	return l
}

// find returns the group of the given items, which ascend; −1 = it was not
// found, being below the minimum or longer than the search.
func (l *lookup) find(items []wire.Item) int {
	order := len(items)
	if order == 0 || order+1 >= len(l.from) {
		return -1
	}
	from, to := l.from[order], l.from[order+1]
	i := from + sort.Search(to-from, func(i int) bool { return compareItems(l.groups.At(from+i), items) >= 0 })
	if i < to && compareItems(l.groups.At(i), items) == 0 {
		return i
	}
	return -1
}

func compareItems(a, b []wire.Item) int {
	return slices.CompareFunc(a, b, func(x, y wire.Item) int {
		return cmp.Or(cmp.Compare(x.Feature, y.Feature), cmp.Compare(x.Code, y.Code))
	})
}

// parents returns the groups that lack one item of group i. All were found:
// each has at least its customers.
func (l *lookup) parents(i int) []int {
	items := l.groups.At(i)
	if len(items) < 2 {
		return nil
	}
	var out []int
	for drop := range items {
		out = append(out, l.find(slices.Concat(items[:drop], items[drop+1:])))
	}
	return out
}

// union returns the items of both groups; ok is false where they exclude each other.
func union(a, b []wire.Item) (items []wire.Item, ok bool) {
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
