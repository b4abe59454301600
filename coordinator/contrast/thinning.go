package contrast

import (
	"context"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/search"
	"github.com/headwater-dev/headwater/coordinator/thin"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// unbeaten keeps the candidates that differ from the other customers of every
// shorter rule. A rule of nearly the same customers as a shorter one is that rule.
func (f *finder) unbeaten(candidates []candidate) []candidate {
	return slices.DeleteFunc(candidates, func(c candidate) bool {
		x := f.on(c.group)
		return slices.ContainsFunc(f.index.Parents(c.group), func(p int) bool {
			parent := f.on(p)
			return float64(c.n) >= f.Evidence.Same*float64(parent.known()) || !f.beats(c.direction, x, parent.Minus(x))
		})
	})
}

// thin takes the candidates that say something of their own beside those
// taken before.
func (f *finder) thin(ctx context.Context, candidates []candidate) ([]candidate, error) {
	candidates = candidates[:min(len(candidates), f.Evidence.Candidates)]
	list := make([]thin.Candidate, len(candidates))
	for i, c := range candidates {
		list[i] = c.thin()
	}
	places, err := thin.Greedy(ctx, thinning{f}, list, thin.Limits{Same: f.Evidence.Same, Overlap: f.Evidence.Overlap})
	var taken []candidate
	for _, i := range places {
		taken = append(taken, candidates[i])
	}
	return taken, err
}

// thinning is what thin asks of groups: that they changed otherwise than all
// others, on discovery. Customers are those whose metric is known.
type thinning struct{ *finder }

var _ thin.Rules[two] = thinning{}

func (f thinning) Items(group int) []wire.Item { return f.groups.At(group) }
func (f thinning) Parents(group int) []int     { return f.index.Parents(group) }
func (f thinning) On(group int) two            { return f.on(group) }

// Count counts groups: of a yes/no metric by those of the search, which are
// exact, else on the shards.
func (f thinning) Count(ctx context.Context, groups [][]wire.Item) ([]thin.Share[two], error) {
	shares := make([]thin.Share[two], len(groups))
	var ask [][]wire.Item
	var at []int
	for i, items := range groups {
		if g := f.index.Find(items); g >= 0 && f.a.Binary {
			x := f.counted(&f.groups.Discovery, g)
			shares[i] = thin.Share[two]{N: x.known(), Sums: x}
			continue
		}
		ask, at = append(ask, items), append(at, i)
	}
	if len(ask) == 0 {
		return shares, nil
	}
	p, err := f.probe(ctx, ask, true)
	if err != nil {
		return nil, err
	}
	for k, i := range at {
		x := f.foundOn(p, k)
		shares[i] = thin.Share[two]{N: x.known(), Sums: x}
	}
	return shares, nil
}

func (f thinning) Left(ctx context.Context, groups []int) ([]int64, error) {
	params := wire.ProbeParams{Columns: []wire.ProbeColumn{f.a.Columns[0], f.b.Columns[0]}, Half: true, First: true}
	for _, g := range groups {
		params.Groups = append(params.Groups, f.groups.At(g))
	}
	p, err := search.Gather(ctx, f.shards, wire.OpProbe, params, (*partial.Probe).Merge)
	if err != nil {
		return nil, err
	}
	left := make([]int64, len(groups))
	for i := range left {
		left[i] = p.Discovery.Columns[0].Known[i] + p.Discovery.Columns[1].Known[i]
	}
	return left, nil
}

// Shadow: what is left changed less than half as far beyond all others. No z is
// asked of it, which small parts of a group that did change would miss.
func (f thinning) Shadow(c thin.Candidate, left two) bool {
	x := f.on(c.Group)
	return left.known() == 0 || f.faint(c, x, left, f.discovery.Minus(x))
}

func (f thinning) Beats(direction int, x, others two) bool { return f.beats(direction, x, others) }

// Rivals: any group that changed moves what all others are compared with.
func (f thinning) Rivals(thin.Candidate, thin.Candidate) bool { return true }

// Mirror: where one group rose, all others fell behind. c must differ from
// those that are in neither.
func (f thinning) Mirror(c, t thin.Candidate, both thin.Share[two]) bool {
	x := f.on(c.Group)
	either := x.plus(f.on(t.Group))
	if both.N > 0 {
		either = either.Minus(both.Sums)
	}
	neither := f.discovery.Minus(either)
	return min(neither.a.Known, neither.b.Known) < f.Evidence.MinCount || f.faint(c, x, x, neither)
}

// faint says whether some customers differ from others by less than a
// difference must, or than half as far as all of group c, which are x, differ
// from everybody else.
func (f thinning) faint(c thin.Candidate, x, some, others two) bool {
	d := float64(c.Direction)
	least := max(f.Evidence.Sigma*f.sigma, d*f.distance(x, f.discovery.Minus(x))/2)
	return !(d*f.distance(some, others) >= least)
}

// thin returns what thinning needs of a candidate.
func (c candidate) thin() thin.Candidate {
	return thin.Candidate{Group: c.group, Direction: c.direction, N: c.n}
}
