package ops

import (
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
)

// blockSums are the counts of some groups in one block, before the blocks'
// minima are added back.
type blockSums struct {
	n        []uint64
	measures []residualSums
}

// residualSums are one measure's part: the sum of residuals is lo + hi·2³²,
// with lo below 2⁵⁰ and hi below 2⁴⁷.
type residualSums struct {
	known  []uint64 // meant where the measure is known on some rows of the block
	lo, hi []uint64 // meant where the block has planes
}

// reset makes room for n groups of b, all zero.
func (s *blockSums) reset(n int, b *countBlock) {
	s.n = resize(s.n, n)
	clear(s.n)
	s.measures = resize(s.measures, len(b.measures))
	for m := range s.measures {
		r, bm := &s.measures[m], &b.measures[m]
		if bm.Known == shard.Some {
			r.known = resize(r.known, n)
			clear(r.known)
		}
		if bm.Width > 0 {
			r.lo, r.hi = resize(r.lo, n), resize(r.hi, n)
			clear(r.lo)
			clear(r.hi)
		}
	}
}

// flush adds the groups from, from+1, …, to-1 to the entries of counts from
// first on.
func (s *blockSums) flush(b *countBlock, from, to int, counts *partial.Counts, first int) {
	groups := s.n[from:to]
	total := counts.N[first:][:len(groups)]
	for i, n := range groups {
		total[i] += int64(n)
	}
	for m := range s.measures {
		bm, r, mc := &b.measures[m], &s.measures[m], &counts.Measures[m]
		if bm.Known == shard.None {
			continue
		}
		known := groups
		if bm.Known == shard.Some {
			known = r.known[from:to]
		}
		if mc.Known != nil {
			total := mc.Known[first:][:len(known)]
			for i, k := range known {
				total[i] += int64(k)
			}
		}
		sumHi, sumLo := mc.Sum.Hi[first:][:len(known)], mc.Sum.Lo[first:][:len(known)]
		minHi, minLo := bm.Min>>32, uint64(bm.Min)&0xffffffff
		switch {
		case bm.Width > 0:
			lo, hi := r.lo[from:to], r.hi[from:to]
			for i, k := range known {
				l := minLo*k + lo[i]
				sumHi[i] += minHi*int64(k) + int64(hi[i]) + int64(l>>32)
				sumLo[i] += int64(l & 0xffffffff)
			}
		case bm.Min != 0:
			for i, k := range known {
				l := minLo * k
				sumHi[i] += minHi*int64(k) + int64(l>>32)
				sumLo[i] += int64(l & 0xffffffff)
			}
		}
	}
}
