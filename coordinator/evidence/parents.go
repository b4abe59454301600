package evidence

import (
	"slices"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/sample"
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
		same := func(p int) bool { return !f.differs(c.direction, x, f.on(p).Minus(x)) }
		if f.differs(c.direction, x, f.allDiscovery.Minus(x)) && !slices.ContainsFunc(f.find.Parents(c.group), same) {
			out = append(out, c)
		}
	}
	return out
}

// gains says whether the candidate's effect against each parent's other
// customers is large enough.
func (f *finder) gains(c candidate) bool {
	v := f.t.ValueOf(f.on(c.group))
	for _, p := range f.find.Parents(c.group) {
		if float64(c.n) >= f.c.Same*float64(f.groups.Discovery.N[p]) {
			return false
		}
		others := less(f.t.ValueOf(f.on(p)), v)
		if !f.beats(c.direction, v, others) {
			return false
		}
	}
	return true
}

// differs says whether z is large enough, in the direction, for two sets of
// customers to differ.
func (f *finder) differs(direction int, a, b sample.Exact) bool {
	z, _ := f.t.Compare(f.t.Sample(a), f.t.Sample(b))
	return float64(direction)*z >= f.c.Z
}

// beats says whether the effect of a group against others is large enough for a
// rule that is longer than theirs.
func (f *finder) beats(direction int, v, others metric.Value) bool {
	if f.t.Binary {
		return beyondOdds(direction, v, others, f.gain)
	}
	return f.beyondMean(direction, v, others, f.gain, f.c.GainSigma)
}
