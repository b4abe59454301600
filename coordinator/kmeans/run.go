package kmeans

import (
	"context"
	"fmt"
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Run clusters the rows of the shards. Tree features are those that may explain
// the clusters. Say is told of the progress.
func Run(ctx context.Context, shards Shards, space *Space, c Config, rows int64, explainBy []int, say func(format string, args ...any)) (*Result, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if space.dims()+len(space.OneHot) == 0 {
		return nil, fmt.Errorf("no feature is left to cluster by")
	}
	r := &runner{config: &c, space: space, shards: shards, rows: rows, say: say, totals: map[wire.Rows]total{}}
	if int64(c.KMax) > rows {
		return nil, r.tooFew(c.KMax, rows)
	}
	if len(c.InitRows) > 0 {
		return r.fromRows(ctx, explainBy)
	}
	return r.search(ctx, explainBy)
}

// fromRows runs once, from the rows that the user named.
func (r *runner) fromRows(ctx context.Context, explainBy []int) (*Result, error) {
	points, err := r.given(ctx)
	if err != nil {
		return nil, err
	}
	u := r.newRun(r.space.centres(points), wire.Rows{})
	if err := r.iterate(ctx, "clusters", []*run{u}, r.config.Tolerance); err != nil {
		return nil, err
	}
	return r.finish(ctx, []*run{u}, nil, explainBy)
}

// roughly is the tolerance at which starts are compared.
const roughly = 1e-4

// search runs every k from several seeds, all side by side: on the sample,
// where the table has one, until they move little; and then the best of each k
// on all customers to its end.
func (r *runner) search(ctx context.Context, explainBy []int) (*Result, error) {
	rows := r.tried()
	candidates, err := r.candidates(ctx, r.config.KMax, rows)
	if err != nil {
		return nil, err
	}
	if len(candidates) < r.config.KMax && rows != (wire.Rows{}) {
		rows = wire.Rows{} // the sample lacks what the table may have
		if candidates, err = r.candidates(ctx, r.config.KMax, rows); err != nil {
			return nil, err
		}
	}
	if len(candidates) < r.config.KMax {
		return nil, r.tooFew(r.config.KMax, int64(len(candidates)))
	}
	var runs, halves []*run
	for k := r.config.KMin; k <= r.config.KMax; k++ {
		for start := range r.config.Starts {
			runs = append(runs, r.newRun(r.space.centres(r.spread(candidates, k, start)), rows))
		}
		halves = append(halves, r.halves(candidates, k, rows)...)
	}
	if err := r.iterate(ctx, "starts", slices.Concat(runs, halves), max(roughly, r.config.Tolerance)); err != nil {
		return nil, err
	}
	best := bestOf(runs)
	for i, u := range best {
		best[i] = r.newRun(r.space.means(&u.sums), wire.Rows{})
	}
	if err := r.iterate(ctx, "clusters", best, r.config.Tolerance); err != nil {
		return nil, err
	}
	return r.finish(ctx, best, halves, explainBy)
}

// tried are the rows that seeds are tried on.
func (r *runner) tried() wire.Rows {
	if r.space.Plan.Sampled {
		return wire.Rows{Mask: encoder.Sample, Bits: encoder.Sample}
	}
	return wire.Rows{}
}

// bestOf returns the run of least inertia for each k, the first of equal ones,
// by k.
func bestOf(runs []*run) []*run {
	var best []*run
	for _, u := range runs {
		at := slices.IndexFunc(best, func(b *run) bool { return b.K == u.K })
		switch {
		case at < 0:
			best = append(best, u)
		case u.inertia < best[at].inertia:
			best[at] = u
		}
	}
	return best
}

// finish chooses among runs over all rows, one for each k, and describes it.
func (r *runner) finish(ctx context.Context, runs, halves []*run, explainBy []int) (*Result, error) {
	result := &Result{Scaling: r.config.Scaling, Coordinates: r.space.Plan.Coordinates, Space: r.space, OneHot: []OneHot{}}
	for _, o := range r.space.OneHot {
		result.OneHot = append(result.OneHot, OneHot{o.Feature, r.space.Plan.Features[o.Feature].Name, o.Weight})
	}
	if len(r.config.InitRows) == 0 {
		if err := r.order(ctx, runs); err != nil {
			return nil, err
		}
	}
	var err error
	if result.Options, err = r.options(ctx, runs, halves); err != nil {
		return nil, err
	}
	u := runs[choose(result.Options)]
	all := r.totals[wire.Rows{}]
	result.fill(u, &all)
	if !u.converged {
		result.Notes = append(result.Notes, fmt.Sprintf("stopped after %d iterations, while customers still changed their cluster: raise --iterations", r.config.Iterations))
	}
	if result.Tree, result.Finer, err = r.explain(ctx, u.Centres, explainBy); err != nil {
		return nil, err
	}
	counts := wire.ClustersParams{OneHot: r.space.OneHot, Centres: u.Centres}
	result.Counts, err = over(ctx, r.shards, wire.OpClusters, counts, (*partial.Segments).Merge)
	if err != nil {
		return nil, err
	}
	return result, nil
}

// order puts the clusters of each run in order of size, and counts them again:
// a row between two centres goes to the first.
func (r *runner) order(ctx context.Context, runs []*run) error {
	var p wire.LloydParams
	for _, u := range runs {
		r.space.bySize(u)
		p.Runs = append(p.Runs, wire.Run{Centres: u.Centres, ID: r.newID()})
	}
	sums, err := r.pass(ctx, p)
	if err != nil {
		return err
	}
	all := r.totals[wire.Rows{}]
	for i, u := range runs {
		u.sums = sums.Runs[i]
		u.inertia = r.space.inertia(&all, &u.sums)
	}
	return nil
}
