package evidence

import (
	"cmp"
	"context"
	"math"
	"math/big"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/sample"
	"github.com/headwater-dev/headwater/worker/wire"
)

// candidate is a group on its way to a finding.
type candidate struct {
	group     int     // index into the groups
	direction int     // +1 above the average, −1 below
	n         int64   // customers of discovery
	excess    float64 // on discovery
	shrunk    float64 // the same after shrinkage, see shrink
}

// gate returns the groups that stand out on discovery, by what Config asks of
// them, in the order of the search. Counts are compared as integers.
func (f *finder) gate() []candidate {
	var out []candidate
	for i := range f.groups.Len() {
		if !f.eligible(i) {
			continue
		}
		v := f.t.Metric.At(&f.groups.Discovery, i)
		for _, direction := range f.c.directions() {
			if f.standsOut(direction, v) {
				excess, _ := f.t.Metric.Excess(v, f.level)
				out = append(out, candidate{group: i, direction: direction, n: f.groups.Discovery.N[i], excess: excess})
			}
		}
	}
	return out
}

// standsOut says whether a group on discovery lies far enough from the others.
func (f *finder) standsOut(direction int, v metric.Value) bool {
	if f.t.Binary {
		return f.standsOutFrom(direction, v, less(f.level, v))
	}
	return f.standsOutFrom(direction, v, f.level)
}

func (f *finder) standsOutFrom(direction int, v, others metric.Value) bool {
	if f.t.Binary {
		return beyondOdds(direction, v, others, f.odds)
	}
	return f.beyondMean(direction, v, others, f.lift, f.c.Sigma)
}

// lookedUp bounds the groups of a number that are looked up on the shards. A
// million customers with 30 features have about as many; beyond, the last of
// them are far from being findings.
const lookedUp = 10_000

// lookUp makes the winsorised sums on discovery of the candidates and their
// parents known, and keeps those that stand out by them too: some did so by
// few large values alone. At most lookedUp are looked at, the best first. Yes/no
// metrics have their counts.
func (f *finder) lookUp(ctx context.Context, candidates []candidate) ([]candidate, error) {
	if f.t.Binary {
		f.on = func(g int) sample.Exact { return f.t.Counted(f.t.Metric.At(&f.groups.Discovery, g)) }
		return candidates, nil
	}
	candidates = candidates[:min(len(candidates), lookedUp)]
	var groups []int
	for _, c := range candidates {
		groups = append(append(groups, c.group), f.find.Parents(c.group)...)
	}
	slices.Sort(groups)
	groups = slices.Compact(groups)
	items := make([][]wire.Item, len(groups))
	for i, g := range groups {
		items[i] = f.groups.At(g)
	}
	p, err := f.probeDiscovery(ctx, items)
	if err != nil {
		return nil, err
	}
	f.on = func(g int) sample.Exact {
		i, _ := slices.BinarySearch(groups, g)
		return p.Discovery(f.t, i)
	}
	var out []candidate
	for _, c := range candidates {
		v := f.t.ValueOf(f.on(c.group))
		if f.standsOut(c.direction, v) {
			c.excess, _ = f.t.Metric.Excess(v, f.level)
			out = append(out, c)
		}
	}
	return out, nil
}

// eligible says whether a group has the right size.
func (f *finder) eligible(i int) bool {
	known := f.groups.Discovery.N[i]
	if k := f.groups.Discovery.Measures[f.t.Metric.Num].Known; k != nil {
		known = k[i]
	}
	return known >= f.c.MinCount && float64(f.groups.Counts.N[i]) <= f.c.MaxShare*float64(f.customers)
}

// beyondOdds says whether the odds of a are at least ratio times those of b
// (direction +1) or at most 1/ratio of them (−1).
func beyondOdds(direction int, a, b metric.Value, ratio *big.Rat) bool {
	up := new(big.Int).Mul(a.Num, big.NewInt(b.Known-b.Num.Int64()))
	down := new(big.Int).Mul(b.Num, big.NewInt(a.Known-a.Num.Int64()))
	if direction < 0 {
		up, down = down, up
	}
	return up.Sign() > 0 && up.Mul(up, ratio.Denom()).Cmp(down.Mul(down, ratio.Num())) >= 0
}

// beyondMean says whether the mean of a is at least ratio times that of b or
// at most 1/ratio of it; of metrics that have no lift, whether they are at
// least so many standard deviations apart.
func (f *finder) beyondMean(direction int, a, b metric.Value, ratio *big.Rat, sigma float64) bool {
	if f.hasLift {
		wa, wb := weight(a), weight(b)
		if wa.Sign() <= 0 || wb.Sign() <= 0 {
			return false
		}
		up, down := new(big.Int).Mul(a.Num, wb), new(big.Int).Mul(b.Num, wa)
		if direction < 0 {
			up, down = down, up
		}
		return up.Cmp(down) > 0 && up.Mul(up, ratio.Denom()).Cmp(down.Mul(down, ratio.Num())) >= 0
	}
	x, ok1 := f.t.Metric.Mean(a)
	y, ok2 := f.t.Metric.Mean(b)
	d := float64(direction) * (x - y)
	return ok1 && ok2 && d > 0 && d >= sigma*math.Sqrt(f.overall.Variance)
}

// shrink sets the candidates' excess after empirical-Bayes shrinkage and puts
// the largest first, equals by length, then in the order of the search.
//
// The groups' true means are taken to scatter with variance τ² about that of
// all customers; an observed one, of n customers, with τ² + σ²/n. The best
// estimate of the true distance is then the observed one times τ²/(τ² + σ²/n)
// (Efron and Morris 1973). τ² comes by the method of moments from all groups of
// the right size, gated or not, weighted by n.
func (f *finder) shrink(candidates []candidate) {
	var n, squares, groups float64
	for i := range f.groups.Len() {
		if !f.eligible(i) {
			continue
		}
		v := f.t.Metric.At(&f.groups.Discovery, i)
		if mean, ok := f.t.Metric.Mean(v); ok {
			d := mean - f.overall.Mean
			n += float64(v.Known)
			squares += float64(float64(v.Known) * float64(d*d))
			groups++
		}
	}
	tau := max(0, squares-float64(groups*f.overall.Variance)) / n
	for i := range candidates {
		c := &candidates[i]
		noise := f.overall.Variance / float64(f.t.Metric.At(&f.groups.Discovery, c.group).Known)
		if tau > 0 {
			c.shrunk = math.Abs(c.excess) * (tau / (tau + noise))
		}
	}
	slices.SortFunc(candidates, func(a, b candidate) int {
		return cmp.Or(
			cmp.Compare(b.shrunk, a.shrunk),
			cmp.Compare(math.Abs(b.excess), math.Abs(a.excess)),
			cmp.Compare(a.group, b.group), // shorter rules stand first in a search
			cmp.Compare(b.direction, a.direction))
	})
}

// less returns what a value holds beyond another that is part of it.
func less(all, v metric.Value) metric.Value {
	out := metric.Value{Known: all.Known - v.Known, Num: new(big.Int).Sub(all.Num, v.Num)}
	if all.Den != nil {
		out.Den = new(big.Int).Sub(all.Den, v.Den)
	}
	return out
}

// weight is what a value's mean divides by.
func weight(v metric.Value) *big.Int {
	if v.Den != nil {
		return v.Den
	}
	return big.NewInt(v.Known)
}
