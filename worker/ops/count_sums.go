package ops

import (
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
)

// blockSums are the counts of some groups in one block, or stretch of blocks,
// before the minima are added back.
type blockSums struct {
	n        []uint64
	measures []residualSums
}

// residualSums are one measure's part: the sum of residuals is lo + hi·2³²,
// with both below 2⁶².
type residualSums struct {
	known []uint64 // empty unless the measure is known on some rows only
	lo    []uint64 // empty unless there are planes
	hi    []uint64 // empty unless there are more than 32
}

// reset makes room for n groups of a block, or a stretch, with such measures. Sums
// of residuals are zero; counts are there to be set.
func (s *blockSums) reset(n int, measures []blockMeasure) {
	s.n = resize(s.n, n)
	s.measures = resize(s.measures, len(measures))
	for m := range s.measures {
		r, bm := &s.measures[m], &measures[m]
		r.known, r.lo, r.hi = r.known[:0], r.lo[:0], r.hi[:0]
		if bm.Known == shard.Some {
			r.known = resize(r.known, n)
		}
		if bm.Width > 0 {
			r.lo = resize(r.lo, n)
			clear(r.lo)
		}
		if bm.Width > 32 {
			r.hi = resize(r.hi, n)
			clear(r.hi)
		}
	}
}

// makeCounts returns zero counts of n groups. Sums that fit 64 bits whatever
// the group (see countBlock.workOf) are held in Lo alone, and Hi is nil.
func (b *countBlock) makeCounts(n int) partial.Counts {
	c := partial.Counts{N: make([]int64, n), Measures: make([]partial.MeasureCounts, len(b.complete))}
	for m := range c.Measures {
		mc := &c.Measures[m]
		if mc.Sum.Lo = make([]int64, n); !b.narrow[m] {
			mc.Sum.Hi = make([]int64, n)
		}
		if !b.complete[m] {
			mc.Known = make([]int64, n)
		}
	}
	return c
}

// flush adds the groups from, from+1, …, to-1 to the entries of counts from
// first on.
func (s *blockSums) flush(measures []blockMeasure, from, to int, counts *partial.Counts, first int) {
	groups := s.n[from:to]
	addCounts(counts.N[first:], groups)
	for m := range s.measures {
		bm, r, mc := &measures[m], &s.measures[m], &counts.Measures[m]
		if bm.Known == shard.None {
			continue
		}
		known := groups
		if bm.Known == shard.Some {
			known = r.known[from:to]
		}
		if mc.Known != nil {
			addCounts(mc.Known[first:], known)
		}
		var lo, hi []uint64
		if bm.Width > 0 {
			lo = r.lo[from:to]
		}
		if bm.Width > 32 {
			hi = r.hi[from:to]
		}
		if mc.Sum.Hi == nil {
			addNarrow(mc.Sum.Lo[first:], bm.Min, known, lo)
			for i, x := range hi {
				mc.Sum.Lo[first+i] += int64(x << 32)
			}
		} else {
			addWide(mc.Sum.Hi[first:], mc.Sum.Lo[first:], bm.Min, known, lo, hi)
		}
	}
}

func addCounts(to []int64, n []uint64) {
	to = to[:len(n)]
	for i, x := range n {
		to[i] += int64(x)
	}
}

// addNarrow adds known[i]·least + lo[i] to sum[i]; lo may be nil.
func addNarrow(sum []int64, least int64, known, lo []uint64) {
	sum = sum[:len(known)]
	switch {
	case lo != nil:
		lo = lo[:len(known)]
		for i, k := range known {
			sum[i] += least*int64(k) + int64(lo[i])
		}
	case least != 0:
		for i, k := range known {
			sum[i] += least * int64(k)
		}
	}
}

// addWide is addNarrow in two halves; lo and hi may be nil.
func addWide(sumHi, sumLo []int64, least int64, known, lo, hi []uint64) {
	sumHi, sumLo = sumHi[:len(known)], sumLo[:len(known)]
	leastHi, leastLo := least>>32, uint64(least)&0xffffffff
	for i, k := range known {
		l, h := leastLo*k, leastHi*int64(k)
		if lo != nil {
			l += lo[i]
		}
		if hi != nil {
			h += int64(hi[i])
		}
		sumHi[i] += h + int64(l>>32)
		sumLo[i] += int64(l & 0xffffffff)
	}
}
