package search

import (
	"math/bits"
	"slices"
	"sync"

	"github.com/headwater-dev/headwater/kernels/lattice"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// found is what a count found of an order's candidates.
type found struct {
	survived []uint64        // which of them reach the minimum
	n        int             // how many
	halves   *partial.Halves // counts
	which    []int           // the survivors' entries of halves; nil = all entries are survivors'
}

// list returns the n bits that are set.
func list(set []uint64, n int) []int {
	out := make([]int, 0, n)
	for i, w := range set {
		for ; w != 0; w &= w - 1 {
			out = append(out, i*64+bits.TrailingZeros64(w))
		}
	}
	return out
}

// appendFound appends the survivors to the groups, many of them on several
// cores. Cost: some 30 ns a survivor and measure.
func (s *search) appendFound(c *lattice.Candidates, f *found) {
	d, all := &f.halves.Discovery, []*partial.Counts{&f.halves.Discovery, &f.halves.Confirmation}
	columns := slices.Concat(appending(&s.groups.Counts, f.which, all...), appending(&s.groups.Discovery, f.which, d))
	if f.n < 1<<12 {
		s.appendItems(c, f)
		each(columns)
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() { s.appendItems(c, f) })
	for _, column := range columns {
		wg.Go(column)
	}
	wg.Wait()
}

// appendItems appends the items of the survivors to the groups.
func (s *search) appendItems(c *lattice.Candidates, f *found) {
	g := s.groups
	g.Start = slices.Grow(g.Start, f.n)
	end := len(g.Items)
	g.Items = slices.Grow(g.Items, f.n*c.Order)[:end+f.n*c.Order]
	path, prefix := make([]uint32, c.Order-1), make([]wire.Item, c.Order-1)
	for p, survivor := range c.Prefix {
		s.lattice.Path(c.Order-1, survivor, path)
		for d, item := range path {
			prefix[d] = s.items[item]
		}
		for i := c.Start[p]; i < c.Start[p+1]; i++ {
			if f.survived[i/64]>>(i%64)&1 == 0 {
				continue
			}
			items := g.Items[end:][:c.Order]
			copy(items, prefix)
			items[len(prefix)] = s.items[c.Ext[i]]
			end += c.Order
			g.Start = append(g.Start, end)
		}
	}
}

// appendCounts appends the entries which of from, added up, to c. Sums are in
// canonical form (0 ≤ Lo < 2³²), so that equal sums are equal numbers.
func appendCounts(c *partial.Counts, which []int, from ...*partial.Counts) {
	if which == nil {
		which = []int{}
	}
	each(appending(c, which, from...))
}

func each(do []func()) {
	for _, f := range do {
		f()
	}
}

// appending is appendCounts in steps that do not depend on each other, and with
// all entries where which is nil.
func appending(c *partial.Counts, which []int, from ...*partial.Counts) (steps []func()) {
	pick := func(to *[]int64, column func(*partial.Counts) []int64) {
		picked := make([][]int64, len(from))
		for i := range from {
			picked[i] = column(from[i])
		}
		*to = appendColumn(*to, which, picked)
	}
	steps = append(steps, func() { pick(&c.N, func(f *partial.Counts) []int64 { return f.N }) })
	for m := range c.Measures {
		to := &c.Measures[m]
		if from[0].Measures[m].Known != nil {
			steps = append(steps, func() { pick(&to.Known, func(f *partial.Counts) []int64 { return f.Measures[m].Known }) })
		}
		steps = append(steps, func() {
			first := len(to.Sum.Lo)
			pick(&to.Sum.Hi, func(f *partial.Counts) []int64 { return f.Measures[m].Sum.Hi })
			pick(&to.Sum.Lo, func(f *partial.Counts) []int64 { return f.Measures[m].Sum.Lo })
			partial.Sums{Hi: to.Sum.Hi[first:], Lo: to.Sum.Lo[first:]}.Carry()
		})
	}
	return steps
}

// appendColumn appends the entries which (nil = all) of columns, added up.
func appendColumn(to []int64, which []int, columns [][]int64) []int64 {
	if which == nil {
		first := len(to)
		to = append(to, columns[0]...)
		for _, column := range columns[1:] {
			sum := to[first:][:len(column)]
			for i, x := range column {
				sum[i] += x
			}
		}
		return to
	}
	to = slices.Grow(to, len(which))
	for _, i := range which {
		x := int64(0)
		for _, column := range columns {
			x += column[i]
		}
		to = append(to, x)
	}
	return to
}
