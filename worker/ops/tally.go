package ops

import (
	"context"
	"math/bits"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
)

// tallyRows is how many rows are tallied at a time: their group numbers and
// values stay in the core's caches.
const tallyRows = 8192

// rowBlock is a run of rows of one shard, with what tallies want to know of
// its measures.
type rowBlock struct {
	shard    *shard.Shard
	lo, hi   int // rows of the shard
	measures []blockValues
}

// rows is the number of rows in the block.
func (b *rowBlock) rows() int { return b.hi - b.lo }

// codes returns the block's codes of a feature.
func (b *rowBlock) codes(feature int) []uint8 { return b.shard.Codes(feature)[b.lo:b.hi] }

// fold returns the block's held-out bits.
func (b *rowBlock) fold() []uint8 { return b.shard.Fold()[b.lo:b.hi] }

// blockValues are one measure's rows of a block.
type blockValues struct {
	values []int64
	known  []uint64 // bitmap over the shard's rows; nil = all
	zero   bool     // every value is 0
	most   uint64   // largest absolute value
}

// eachBlock calls do with every run of rows of the env's shards, in order, and
// reports progress and looks at ctx after each.
func eachBlock(ctx context.Context, env *Env, do func(*rowBlock) error) error {
	all := make([][]int64, len(env.Plan.Measures))
	for _, s := range env.Shards {
		b := rowBlock{shard: s, measures: make([]blockValues, len(all))}
		for m := range all {
			all[m] = s.Values(m, all[m])
			b.measures[m].known = s.Known(m)
		}
		for b.lo = 0; b.lo < s.Rows(); b.lo = b.hi {
			if err := ctx.Err(); err != nil {
				return err
			}
			b.hi = min(b.lo+tallyRows, s.Rows())
			for m := range all {
				b.measures[m].look(all[m][b.lo:b.hi])
			}
			if err := do(&b); err != nil {
				return err
			}
			if env.Progress != nil {
				env.Progress(int64(b.rows()))
			}
		}
	}
	return nil
}

// look takes in the values of a block.
func (v *blockValues) look(values []int64) {
	v.values, v.most = values, 0
	for _, x := range values {
		v.most = max(v.most, magnitude(x))
	}
	v.zero = v.most == 0
}

func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

// tally counts and sums rows by group. Sums run in 64 bits as long as they
// cannot overflow, and are carried into wide ones before they could.
type tally struct {
	n        []int64
	measures []measureTally
}

type measureTally struct {
	known []int64 // nil = on every row
	plain []int64
	bound uint64       // no |plain| exceeds it
	wide  partial.Sums // empty until needed
}

// newTally makes a tally of n groups over the plan's measures.
func newTally(n int, plan *encoder.Plan) *tally {
	t := &tally{n: make([]int64, n), measures: make([]measureTally, len(plan.Measures))}
	for m := range t.measures {
		t.measures[m].plain = make([]int64, n)
		if !plan.Measures[m].Complete {
			t.measures[m].known = make([]int64, n)
		}
	}
	return t
}

// grow makes room for n groups.
func (t *tally) grow(n int) {
	more := n - len(t.n)
	if more <= 0 {
		return
	}
	zeros := make([]int64, more)
	t.n = append(t.n, zeros...)
	for m := range t.measures {
		a := &t.measures[m]
		a.plain = append(a.plain, zeros...)
		if a.known != nil {
			a.known = append(a.known, zeros...)
		}
		if a.wide.Hi != nil {
			a.wide.Hi, a.wide.Lo = append(a.wide.Hi, zeros...), append(a.wide.Lo, zeros...)
		}
	}
}

// add takes in a block whose i-th row is of group group[i].
func (t *tally) add(group []uint32, b *rowBlock) {
	for _, g := range group {
		t.n[g]++
	}
	for m := range t.measures {
		a, v := &t.measures[m], &b.measures[m]
		if a.known != nil {
			a.addKnown(group, v.known, b.lo)
		}
		if !v.zero {
			a.addValues(group, v)
		}
	}
}

func (a *measureTally) addKnown(group []uint32, known []uint64, first int) {
	if known == nil {
		for _, g := range group {
			a.known[g]++
		}
		return
	}
	for i, g := range group {
		row := first + i
		a.known[g] += int64(known[row>>6] >> (row & 63) & 1)
	}
}

func (a *measureTally) addValues(group []uint32, v *blockValues) {
	const most = 1 << 62
	hi, rise := bits.Mul64(v.most, uint64(len(group)))
	if hi != 0 || rise > most { // one block alone could overflow
		a.carry()
		for i, g := range group {
			a.wide.Add(int(g), v.values[i])
		}
		return
	}
	if a.bound+rise > most {
		a.carry()
	}
	a.bound += rise
	plain, values := a.plain, v.values[:len(group)]
	for i, g := range group {
		plain[g] += values[i]
	}
}

// carry moves the plain sums into the wide ones.
func (a *measureTally) carry() {
	if a.wide.Hi == nil {
		a.wide = partial.MakeSums(len(a.plain))
	}
	if a.bound == 0 {
		return
	}
	for i, x := range a.plain {
		a.wide.Add(i, x)
	}
	clear(a.plain)
	a.bound = 0
}

// counts returns the groups listed, in that order. The tally is closed by it.
func (t *tally) counts(groups []uint32) partial.Counts {
	complete := make([]bool, len(t.measures))
	for m := range complete {
		complete[m] = t.measures[m].known == nil
		t.measures[m].carry()
	}
	c := partial.MakeCounts(len(groups), complete)
	for i, g := range groups {
		c.N[i] = t.n[g]
		for m := range c.Measures {
			dst, src := &c.Measures[m], &t.measures[m]
			if src.known != nil {
				dst.Known[i] = src.known[g]
			}
			dst.Sum.Hi[i], dst.Sum.Lo[i] = src.wide.Hi[g], src.wide.Lo[g]
		}
	}
	return c
}
