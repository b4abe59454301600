package evidence

import (
	"slices"

	"github.com/headwater-dev/headwater/coordinator/metric"
)

// unbeaten keeps the candidates that beat all their parents, the rules that
// lack one of their items, and everybody else: by the effect and the z that
// Config asks for, against the customers that only the shorter rule has. A rule
// of nearly the same customers as a shorter one is that rule.
func (f *finder) unbeaten(candidates []candidate) []candidate {
	var out []candidate
	for _, c := range candidates {
		if !f.gains(c) {
			continue
		}
		x := f.on(c.group)
		same := func(p int) bool { return !f.differs(c.direction, x, f.on(p).minus(x)) }
		if f.differs(c.direction, x, f.allDiscovery.minus(x)) && !slices.ContainsFunc(f.find.parents(c.group), same) {
			out = append(out, c)
		}
	}
	return out
}

// gains says whether the candidate's effect against each parent's other
// customers is large enough.
func (f *finder) gains(c candidate) bool {
	v := f.t.valueOf(f.on(c.group))
	for _, p := range f.find.parents(c.group) {
		if float64(c.n) >= f.c.Same*float64(f.groups.Discovery.N[p]) {
			return false
		}
		others := less(f.t.valueOf(f.on(p)), v)
		if !f.beats(c.direction, v, others) {
			return false
		}
	}
	return true
}

// differs says whether z is large enough, in the direction, for two sets of
// customers to differ.
func (f *finder) differs(direction int, a, b exact) bool {
	z, _ := f.t.compare(f.t.sample(a), f.t.sample(b))
	return float64(direction)*z >= f.c.Z
}

// beats says whether the effect of a group against others is large enough for a
// rule that is longer than theirs.
func (f *finder) beats(direction int, v, others metric.Value) bool {
	if f.t.binary {
		return beyondOdds(direction, v, others, f.gain)
	}
	return f.beyondMean(direction, v, others, f.gain, f.c.GainSigma)
}
