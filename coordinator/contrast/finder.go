package contrast

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/sample"
	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// two is a metric on either side of some customers.
type two struct{ a, b sample.Exact }

// Minus is the metric on the customers that are not among y, all of which x holds.
func (x two) Minus(y two) two { return two{x.a.Minus(y.a), x.b.Minus(y.b)} }

func (x two) plus(y two) two { return two{x.a.Plus(y.a), x.b.Plus(y.b)} }

func (x two) known() int64 { return x.a.Known + x.b.Known }

// finder looks for the changes of one metric.
type finder struct {
	Config
	shards search.Shards
	plan   *encoder.Plan
	groups *search.Groups
	levels *partial.Halves
	index  *search.Index
	pair   Pair
	a, b   *sample.Meter // alike but for the measures that they read

	discovery, confirmation two                 // everybody, winsorised
	level                   two                 // discovery as it was counted
	on                      func(group int) two // a candidate or parent on discovery
	sigma                   float64             // standard deviation on discovery, both sides together
}

// newFinder winsorises both sides at the same bounds, those of all values.
func newFinder(shards search.Shards, table *Table, index *search.Index, pair Pair, spread *partial.Spread, c Config) *finder {
	joint := &partial.Spread{Measures: slices.Clone(spread.Measures)}
	join := func(a, b int) {
		both := slices.Clone(spread.Measures[a])
		for i, n := range spread.Measures[b] {
			both[i] += n
		}
		joint.Measures[a], joint.Measures[b] = both, both
	}
	join(pair.A.Num, pair.B.Num)
	if pair.A.Den >= 0 {
		join(pair.A.Den, pair.B.Den)
	}
	f := &finder{
		Config: c, shards: shards, plan: table.Plan, groups: table.Groups, levels: table.Levels, index: index, pair: pair,
		a: sample.NewMeter(pair.A, joint), b: sample.NewMeter(pair.B, joint),
	}
	f.b.First = len(f.a.Columns)
	return f
}

// run goes from all groups to those whose change stands up.
func (f *finder) run(ctx context.Context) (*Metric, error) {
	everybody, err := f.probe(ctx, [][]wire.Item{nil}, false)
	if err != nil {
		return nil, err
	}
	f.discovery, f.confirmation = f.foundOn(everybody, 0), f.heldBack(everybody, 0)
	out := &Metric{Metric: f.pair.Name, Changes: []Change{}, Trust: Trust{Tried: f.groups.Len()}}
	last := f.levels.Discovery.Last()
	f.level = f.counted(&last, 0)
	f.describeAll(out)
	f.sigma = math.Sqrt(f.a.Sample(f.discovery.a.Plus(f.discovery.b)).Variance)
	if !(f.sigma > 0) {
		return out, nil // the same on all customers
	}
	candidates, err := f.gate(ctx)
	if err != nil {
		return nil, err
	}
	out.Trust.Gated = len(candidates)
	if candidates, err = f.thin(ctx, f.unbeaten(candidates)); err != nil {
		return nil, err
	}
	out.Trust.Distinct = len(candidates)
	held, err := f.confirm(ctx, candidates)
	if err != nil {
		return nil, err
	}
	out.Trust.Confirmed = len(held)
	out.Trust.Chance = f.Evidence.FDR * float64(len(held))
	out.Changes, err = f.describe(ctx, held[:min(len(held), f.Top)])
	return out, err
}

// candidate is a group on its way to a change that holds.
type candidate struct {
	group     int
	direction int
	n         int64   // customers of discovery whose metric is known, on both sides
	excess    float64 // on discovery
	shrunk    float64
}

// lookedUp bounds the groups of a number that are looked up on the shards, as
// among findings.
const lookedUp = 10_000

// gate returns the groups that stand out on discovery, the best first. Of a
// number only means are counted by the search: the largest distances are
// looked up on the shards for the rest.
func (f *finder) gate(ctx context.Context) ([]candidate, error) {
	if f.a.Binary {
		f.on = func(g int) two { return f.counted(&f.groups.Discovery, g) }
	}
	var out []candidate
	for i := range f.groups.Len() {
		x := f.counted(&f.groups.Discovery, i)
		if !f.eligible(i, x) {
			continue
		}
		others := f.level.Minus(x)
		d := f.distance(x, others)
		c := candidate{group: i, direction: 1, n: x.known(), excess: f.excess(x, f.level)}
		if d < 0 {
			c.direction = -1
		}
		if f.wanted(c.direction) && math.Abs(d) >= f.Evidence.Sigma*f.sigma && (!f.a.Binary || f.standsOut(c.direction, x, others)) {
			out = append(out, c)
		}
	}
	f.rank(out)
	if f.a.Binary || len(out) == 0 {
		return out, nil
	}
	return f.lookUp(ctx, out[:min(len(out), lookedUp)])
}

// lookUp makes the winsorised sums of the candidates and their parents known,
// and keeps those that stand out by them.
func (f *finder) lookUp(ctx context.Context, candidates []candidate) ([]candidate, error) {
	var groups []int
	for _, c := range candidates {
		groups = append(append(groups, c.group), f.index.Parents(c.group)...)
	}
	slices.Sort(groups)
	groups = slices.Compact(groups)
	items := make([][]wire.Item, len(groups))
	for i, g := range groups {
		items[i] = f.groups.At(g)
	}
	p, err := f.probe(ctx, items, true)
	if err != nil {
		return nil, err
	}
	f.on = func(g int) two {
		i, _ := slices.BinarySearch(groups, g)
		return f.foundOn(p, i)
	}
	var out []candidate
	for _, c := range candidates {
		x := f.on(c.group)
		if f.standsOut(c.direction, x, f.discovery.Minus(x)) {
			c.excess = f.excess(x, f.discovery)
			out = append(out, c)
		}
	}
	f.rank(out)
	return out, nil
}

// eligible says whether a group, and those outside of it, are large enough on
// either side.
func (f *finder) eligible(i int, x two) bool {
	least := f.Evidence.MinCount
	rest := f.level.Minus(x)
	return min(x.a.Known, x.b.Known, rest.a.Known, rest.b.Known) >= least &&
		float64(x.known()) <= f.Evidence.MaxShare*float64(f.level.known())
}

func (f *finder) wanted(direction int) bool {
	switch f.Evidence.Direction {
	case "up":
		return direction > 0
	case "down":
		return direction < 0
	}
	return true
}

// counted reads a group from counts; of numbers the squares are not counted.
func (f *finder) counted(c *partial.Counts, i int) two {
	return two{f.a.Counted(f.pair.A.At(c, i)), f.b.Counted(f.pair.B.At(c, i))}
}

// mean is a mean on some customers, NaN where there is none.
func (f *finder) mean(t *sample.Meter, x sample.Exact) float64 {
	m, _ := t.Metric.Mean(t.ValueOf(x))
	return m
}

func (f *finder) change(x two) float64 { return f.mean(f.b, x.b) - f.mean(f.a, x.a) }

// distance is by how much a change differs from that of others.
func (f *finder) distance(x, others two) float64 { return f.change(x) - f.change(others) }

// excess is what the change beyond that of everybody amounts to on B.
func (f *finder) excess(x, everybody two) float64 {
	return f.b.Metric.Weight(f.b.ValueOf(x.b)) * (f.change(x) - f.change(everybody))
}

// standsOut says whether x changed otherwise than others, in a direction.
func (f *finder) standsOut(direction int, x, others two) bool {
	d := float64(direction)
	return d*f.distance(x, others) >= f.Evidence.Sigma*f.sigma && d*f.z(x, others) >= f.Evidence.Z
}

// beats says whether x says more than a shorter rule with these other customers.
func (f *finder) beats(direction int, x, others two) bool {
	d := float64(direction)
	return d*f.distance(x, others) >= f.Evidence.GainSigma*f.sigma && d*f.z(x, others) >= f.Evidence.Z
}

func (f *finder) z(x, others two) float64 {
	z, _ := f.a.CompareChanges(f.sample(x), f.sample(others))
	return z
}

func (f *finder) sample(x two) sample.Pair {
	return sample.Pair{A: f.a.Sample(x.a), B: f.b.Sample(x.b)}
}

// rank sets the excess after empirical-Bayes shrinkage, as findings have it,
// and puts the largest first, equals by length, then in the order of the
// search. The variance of a change of n and m customers is σ²(1/n + 1/m); that
// of the true ones, τ², comes by the method of moments from all groups of the
// right size.
func (f *finder) rank(candidates []candidate) {
	overall := f.change(f.level)
	noise := func(x two) float64 {
		return float64(f.sigma*f.sigma) * (1/float64(x.a.Known) + 1/float64(x.b.Known))
	}
	var weights, beyond float64
	for i := range f.groups.Len() {
		x := f.counted(&f.groups.Discovery, i)
		if d := f.change(x) - overall; f.eligible(i, x) && d == d {
			w := float64(x.known())
			weights += w
			beyond += float64(w * (float64(d*d) - noise(x)))
		}
	}
	tau := max(0, beyond/weights)
	for i := range candidates {
		c := &candidates[i]
		if tau > 0 {
			c.shrunk = math.Abs(c.excess) * (tau / (tau + noise(f.counted(&f.groups.Discovery, c.group))))
		}
	}
	slices.SortFunc(candidates, func(x, y candidate) int {
		return cmp.Or(cmp.Compare(y.shrunk, x.shrunk), cmp.Compare(math.Abs(y.excess), math.Abs(x.excess)), cmp.Compare(x.group, y.group))
	})
}

// probe looks up groups on the shards, half on discovery alone.
func (f *finder) probe(ctx context.Context, groups [][]wire.Item, half bool) (*sample.Probed, error) {
	return sample.Probe(ctx, f.shards, groups, wire.ProbeParams{Columns: slices.Concat(f.a.Columns, f.b.Columns), Half: half})
}

// foundOn and heldBack read group i of a probe on either part of the customers.
func (f *finder) foundOn(p *sample.Probed, i int) two {
	return two{p.Discovery(f.a, i), p.Discovery(f.b, i)}
}

func (f *finder) heldBack(p *sample.Probed, i int) two {
	return two{p.Confirmation(f.a, i), p.Confirmation(f.b, i)}
}
