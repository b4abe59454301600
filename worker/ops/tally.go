package ops

import (
	"math/bits"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
)

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
			a.addKnown(group, v)
		}
		a.addValues(group, v)
	}
}

func (a *measureTally) addKnown(group []uint32, v *blockValues) {
	switch v.state {
	case shard.All:
		for _, g := range group {
			a.known[g]++
		}
	case shard.Some:
		for i, g := range group {
			a.known[g] += int64(v.known[i>>6] >> (i & 63) & 1)
		}
	}
}

func (a *measureTally) addValues(group []uint32, v *blockValues) {
	const most = 1 << 62
	if v.most == 0 {
		return
	}
	hi, rise := bits.Mul64(v.most, uint64(len(group)))
	if hi != 0 || rise > most { // one block alone could overflow
		a.carry()
		a.addWide(group, v)
		return
	}
	if a.bound+rise > most {
		a.carry()
	}
	a.bound += rise
	plain := a.plain
	if v.same {
		for _, g := range group {
			plain[g] += v.min
		}
		return
	}
	values := v.values[:len(group)]
	for i, g := range group {
		plain[g] += values[i]
	}
}

func (a *measureTally) addWide(group []uint32, v *blockValues) {
	for i, g := range group {
		x := v.min
		if !v.same {
			x = v.values[i]
		}
		a.wide.Add(int(g), x)
	}
}

// carry moves the plain sums into the wide ones.
func (a *measureTally) carry() {
	if a.wide.Hi == nil {
		a.wide = partial.MakeSums(len(a.plain))
	}
	if a.bound == 0 { // nothing was added since
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
