package ops

import (
	"context"
	"fmt"
	"strings"

	"github.com/headwater-dev/headwater/kernels/distance"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// keptRuns is the number of runs up to which the assignments of the last pass
// are kept, 6 bytes a row and run: rows whose nearest centre cannot have changed
// are then spared. Beyond, the memory is worth more.
const keptRuns = 8

// fitPrefix begins the names of what is kept of a run.
const fitPrefix = "fit "

// lloyd assigns the rows to the nearest centre of every run and adds them up by
// cluster.
func lloyd(ctx context.Context, env *Env, p wire.LloydParams) (out partial.Lloyd, err error) {
	space, err := newPointSpace(env.Plan, p.OneHot)
	if err != nil {
		return out, err
	}
	pass := lloydPass{space: space, params: &p, totals: make([]partial.Places, len(p.Totals))}
	for i := range p.Runs {
		c, err := space.centroids(&p.Runs[i].Centres)
		if err != nil {
			return out, err
		}
		pass.centroids = append(pass.centroids, c)
		pass.sums = append(pass.sums, space.NewSums(c.K()))
	}
	for i := range pass.totals {
		pass.totals[i] = partial.MakePlaces(len(space.Weights))
	}
	for _, s := range env.Shards {
		if err := pass.shard(ctx, env, s); err != nil {
			return out, err
		}
	}
	out.Totals = pass.totals
	for i := range pass.sums {
		out.Runs = append(out.Runs, space.run(&pass.sums[i], p.Runs[i].K))
	}
	return out, nil
}

// lloydPass is one pass over the rows.
type lloydPass struct {
	space     *pointSpace
	params    *wire.LloydParams
	centroids []*distance.Centroids // run
	sums      []distance.Sums       // run
	totals    []partial.Places
}

// shard adds a shard's rows.
func (l *lloydPass) shard(ctx context.Context, env *Env, s *shard.Shard) error {
	points, err := l.space.of(s)
	if err != nil {
		return err
	}
	fits := l.fits(s, len(points))
	for b, block := range s.Blocks() {
		for i, run := range l.params.Runs {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !holds(run.Rows, block) {
				continue
			}
			fit := fits[i][b]
			if fit == nil {
				fit = l.space.NewFit(points[b])
			}
			fit.Step(l.centroids[i])
			l.sums[i].Add(fit.Sums)
			if len(l.params.Runs) <= keptRuns {
				fits[i][b] = fit
			}
		}
		for i, rows := range l.params.Totals {
			if holds(rows, block) {
				addPlaces(&l.totals[i], points[b])
			}
		}
		if env.Progress != nil {
			env.Progress(int64(block.Rows))
		}
	}
	return nil
}

// fits returns what is kept of the runs, run by run and block by block, and
// drops what was kept of runs that are over.
func (l *lloydPass) fits(s *shard.Shard, blocks int) [][]*distance.Fit {
	fits, alive := make([][]*distance.Fit, len(l.params.Runs)), map[string]bool{}
	for i, run := range l.params.Runs {
		none := func() any { return make([]*distance.Fit, blocks) }
		if len(l.params.Runs) > keptRuns {
			fits[i] = make([]*distance.Fit, blocks)
			continue
		}
		name := fmt.Sprint(fitPrefix, run.ID)
		fits[i], alive[name] = s.Keep(name, none).([]*distance.Fit), true
	}
	s.Drop(func(name string) bool { return !strings.HasPrefix(name, fitPrefix) || alive[name] })
	return fits
}

// addPlaces adds a block's places.
func addPlaces(to *partial.Places, r *distance.Rows) {
	to.N += int64(r.N)
	for i := range r.N {
		for f, x := range r.Row(i) {
			to.Add(f, x)
		}
	}
}

// run lays sums out as they travel.
func (s *pointSpace) run(sums *distance.Sums, clusters int) partial.LloydRun {
	run := partial.LloydRun{N: sums.Counts, Sum: sums.Dense}
	for k := range clusters {
		for g, c := range s.Categories {
			run.Levels = append(run.Levels, sums.Levels[g][k*c.Levels:][:c.Levels]...)
		}
	}
	return run
}
