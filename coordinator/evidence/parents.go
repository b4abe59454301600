package evidence

import (
	"context"
	"slices"

	"github.com/headwater-dev/headwater/worker/wire"
)

// unbeaten keeps the candidates that beat all their parents, the rules that
// lack one of their items, and everybody else: by the effect and the z that
// Config asks for, against the customers that only the shorter rule has. A rule
// of nearly the same customers as a shorter one is that rule.
func (f *finder) unbeaten(ctx context.Context, candidates []candidate) ([]candidate, error) {
	var strong []candidate
	for _, c := range candidates {
		if f.gains(c) {
			strong = append(strong, c)
		}
	}
	sampleOf, err := f.discoverySamples(ctx, strong)
	if err != nil {
		return nil, err
	}
	var out []candidate
	for _, c := range strong {
		x := sampleOf(c.group)
		differs := func(whole exact) bool {
			z, _ := f.t.compare(f.t.sample(x), f.t.sample(whole.minus(x)))
			return float64(c.direction)*z >= f.c.Z
		}
		if differs(f.allDiscovery) && !slices.ContainsFunc(f.find.parents(c.group), func(p int) bool { return !differs(sampleOf(p)) }) {
			out = append(out, c)
		}
	}
	return out, nil
}

// gains says whether the candidate's effect against each parent's other
// customers is large enough.
func (f *finder) gains(c candidate) bool {
	v := f.t.m.At(&f.groups.Discovery, c.group)
	for _, p := range f.find.parents(c.group) {
		if float64(c.n) >= f.c.Same*float64(f.groups.Discovery.N[p]) {
			return false
		}
		others := less(f.t.m.At(&f.groups.Discovery, p), v)
		var gained bool
		if f.t.binary {
			gained = beyondOdds(c.direction, v, others, f.gain)
		} else {
			gained = f.beyondMean(c.direction, v, others, f.gain, f.c.GainSigma)
		}
		if !gained {
			return false
		}
	}
	return true
}

// discoverySamples returns a function that gives the sums on discovery of the
// candidates and their parents. Counts are at hand; squares are looked up.
func (f *finder) discoverySamples(ctx context.Context, candidates []candidate) (func(group int) exact, error) {
	if f.t.binary {
		return func(g int) exact { return f.t.counted(f.t.m.At(&f.groups.Discovery, g)) }, nil
	}
	var groups []int
	for _, c := range candidates {
		groups = append(append(groups, c.group), f.find.parents(c.group)...)
	}
	slices.Sort(groups)
	groups = slices.Compact(groups)
	items := make([][]wire.Item, len(groups))
	for i, g := range groups {
		items[i] = f.groups.At(g)
	}
	p, err := f.probeItems(ctx, items, f.t.columns)
	if err != nil {
		return nil, err
	}
	return func(g int) exact {
		i, _ := slices.BinarySearch(groups, g)
		return p.discovery(f.t, i)
	}, nil
}
