package evidence

import (
	"context"

	"github.com/headwater-dev/headwater/coordinator/sample"
	"github.com/headwater-dev/headwater/coordinator/thin"
	"github.com/headwater-dev/headwater/worker/wire"
)

// thin goes through the candidates, the best first, and takes those that are
// findings of their own beside those taken before.
func (f *finder) thin(ctx context.Context, candidates []candidate) ([]candidate, error) {
	candidates = candidates[:min(len(candidates), f.c.Candidates)]
	list := make([]thin.Candidate, len(candidates))
	for i, c := range candidates {
		list[i] = c.thin()
	}
	places, err := thin.Greedy(ctx, thinning{f}, list, thin.Limits{Same: f.c.Same, Overlap: f.c.Overlap})
	var taken []candidate
	for _, i := range places {
		taken = append(taken, candidates[i])
	}
	return taken, err
}

// thinning is what thin asks of groups: that they stand out on discovery.
type thinning struct{ *finder }

var _ thin.Rules[sample.Exact] = thinning{}

func (f thinning) Items(group int) []wire.Item { return f.groups.At(group) }
func (f thinning) Parents(group int) []int     { return f.find.Parents(group) }
func (f thinning) On(group int) sample.Exact   { return f.on(group) }

// Count counts groups on discovery: of a yes/no metric by those of the search,
// which are exact, else on the shards.
func (f thinning) Count(ctx context.Context, groups [][]wire.Item) ([]thin.Share[sample.Exact], error) {
	shares := make([]thin.Share[sample.Exact], len(groups))
	var ask [][]wire.Item
	var at []int
	for i, items := range groups {
		if g := f.find.Find(items); g >= 0 && f.t.Binary {
			shares[i] = thin.Share[sample.Exact]{N: f.groups.Discovery.N[g], Sums: f.t.Counted(f.t.Metric.At(&f.groups.Discovery, g))}
			continue
		}
		ask, at = append(ask, items), append(at, i)
	}
	if len(ask) == 0 {
		return shares, nil
	}
	answer, err := f.probeDiscovery(ctx, ask)
	if err != nil {
		return nil, err
	}
	for k, i := range at {
		n, _ := answer.N(k)
		shares[i] = thin.Share[sample.Exact]{N: n, Sums: answer.Discovery(f.t, k)}
	}
	return shares, nil
}

func (f thinning) Left(ctx context.Context, groups []int) ([]int64, error) {
	params := wire.ProbeParams{Half: true, First: true}
	for _, g := range groups {
		params.Groups = append(params.Groups, f.groups.At(g))
	}
	p, err := f.probe(ctx, params)
	if err != nil {
		return nil, err
	}
	return p.Discovery.N, nil
}

func (f thinning) Shadow(c thin.Candidate, left sample.Exact) bool {
	return left.Known == 0 || !f.standsOut(c.Direction, f.t.ValueOf(left))
}

func (f thinning) Beats(direction int, x, others sample.Exact) bool {
	return f.beats(direction, f.t.ValueOf(x), f.t.ValueOf(others)) && f.differs(direction, x, others)
}

// Rivals: only groups that hold half of the customers between them move what
// each of them is compared with.
func (f thinning) Rivals(c, t thin.Candidate) bool { return 2*(c.N+t.N) >= f.discovered }

// Mirror: where one large group lies high, all others lie low. c must stand out
// from those in neither of the two.
func (f thinning) Mirror(c, t thin.Candidate, both thin.Share[sample.Exact]) bool {
	x := f.on(c.Group)
	either := x.Plus(f.on(t.Group))
	if both.N > 0 {
		either = either.Minus(both.Sums)
	}
	neither := f.allDiscovery.Minus(either)
	return neither.Known < f.c.MinCount || !f.standsOutFrom(c.Direction, f.t.ValueOf(x), f.t.ValueOf(neither))
}

// thin returns what thinning needs of a candidate.
func (c candidate) thin() thin.Candidate {
	return thin.Candidate{Group: c.group, Direction: c.direction, N: c.n}
}
