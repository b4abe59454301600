package kmeans

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// runner is one clustering job.
type runner struct {
	config *Config
	space  *Space
	shards Shards
	rows   int64
	say    func(format string, args ...any) // progress
	totals map[wire.Rows]total
	ids    int
}

func (r *runner) newID() int {
	r.ids++
	return r.ids
}

// run is Lloyd's algorithm from one start.
type run struct {
	wire.Run
	sums       partial.LloydRun // of the clusters of the centres
	inertia    float64          // about the means of these
	history    []float64        // inertia by iteration
	converged  bool             // nothing changes any more, or less than the tolerance
	refilled   int              // empty clusters that were begun anew
	iterations int
	over       bool
	trial      bool // for the stability alone: may fail
	failed     bool // too few different rows
	lost       bool // another start did better
}

func (r *runner) newRun(centres wire.Centres, rows wire.Rows) *run {
	return &run{Run: wire.Run{Centres: centres, ID: r.newID(), Rows: rows}}
}

// iterate takes all runs to their ends, one pass over the rows an iteration. A
// run ends when its inertia falls by less than the tolerance. What says what the
// runs are.
func (r *runner) iterate(ctx context.Context, what string, runs []*run, tolerance float64) error {
	if err := r.measure(ctx, runs); err != nil {
		return err
	}
	nextRace := firstRace
	for round := 1; ; round++ {
		open := slices.DeleteFunc(slices.Clone(runs), func(u *run) bool { return u.over })
		if len(open) == 0 {
			return nil
		}
		var p wire.LloydParams
		for _, u := range open {
			p.Runs = append(p.Runs, u.Run)
		}
		sums, err := r.pass(ctx, p)
		if err != nil {
			return err
		}
		for i, u := range open {
			if err := r.step(ctx, u, &sums.Runs[i], tolerance); err != nil {
				return err
			}
		}
		if round == nextRace {
			halve(runs)
			nextRace *= 2
		}
		r.tell(what, round, open)
	}
}

// firstRace is the iteration after which the worse half of the starts is given
// up; again after twice as many, and so on. What a start is worth shows early.
const firstRace = 5

// halve gives up the worse half of the runs of every k and set of rows, of an
// odd number the middle one stays.
func halve(runs []*run) {
	type race struct {
		k    int
		rows wire.Rows
	}
	var races []race
	field := map[race][]*run{}
	for _, u := range runs {
		if u.failed || u.lost || len(u.history) == 0 {
			continue
		}
		key := race{u.K, u.Rows}
		if field[key] == nil {
			races = append(races, key)
		}
		field[key] = append(field[key], u)
	}
	for _, key := range races {
		in := field[key]
		slices.SortStableFunc(in, func(a, b *run) int { return cmp.Compare(a.inertia, b.inertia) })
		for _, u := range in[(len(in)+1)/2:] {
			u.over, u.lost = true, true
		}
	}
}

// tell shows how far the runs are.
func (r *runner) tell(what string, round int, open []*run) {
	left := 0
	for _, u := range open {
		if !u.over {
			left++
		}
	}
	switch {
	case round > 3 && round%10 > 0 && left > 0: // enough to see that it moves
	case len(open) == 1 && !open[0].trial:
		r.say("%s, iteration %d: inertia %.8g", what, round, open[0].inertia)
	default:
		r.say("%s, iteration %d: %d of %d still move", what, round, left, len(open))
	}
}

// step takes in what a pass has found of a run.
func (r *runner) step(ctx context.Context, u *run, sums *partial.LloydRun, tolerance float64) error {
	t := r.totals[u.Rows]
	u.iterations++
	if slices.Contains(sums.N, 0) {
		u.sums = *sums
		u.refilled++
		if u.iterations >= r.config.Iterations {
			u.over, u.failed = true, true
			if u.trial {
				return nil
			}
			return fmt.Errorf("k = %d: a cluster stays empty after %d iterations: choose a smaller k", u.K, u.iterations)
		}
		err := r.refill(ctx, u)
		if err != nil && u.trial && errors.Is(err, errTooFew) {
			u.over, u.failed, err = true, true, nil
		}
		return err
	}
	inertia := r.space.inertia(&t, sums)
	fixed := slices.Equal(u.sums.N, sums.N) && slices.Equal(u.sums.Sum, sums.Sum) && slices.Equal(u.sums.Levels, sums.Levels)
	still := len(u.history) > 0 && u.inertia-inertia <= float64(tolerance*u.inertia) && tolerance > 0
	u.sums, u.inertia = *sums, inertia
	u.history = append(u.history, inertia)
	u.converged = fixed || still
	if u.over = u.converged || u.iterations >= r.config.Iterations; !u.over {
		u.Centres = r.space.means(sums)
	}
	return nil
}

// refill puts the centres of empty clusters on the rows that are farthest from
// their centres, of equally far ones the first of the table.
func (r *runner) refill(ctx context.Context, u *run) error {
	var empty []int
	for k, n := range u.sums.N {
		if n == 0 {
			empty = append(empty, k)
		}
	}
	far, err := r.pick(ctx, wire.PickParams{How: wire.PickFarthest, Count: len(empty), Centres: u.Centres, Rows: u.Rows})
	if err != nil {
		return err
	}
	if len(far) == 0 {
		return r.tooFew(u.K, int64(u.K-len(empty)))
	}
	full := u.sums
	full.N = slices.Clone(u.sums.N)
	for _, k := range empty {
		full.N[k] = 1 // its sums are 0; the centre is replaced
	}
	next := r.space.means(&full)
	for i, k := range empty {
		c := r.space.centres(far[i%len(far) : i%len(far)+1])
		copy(next.Places[k*r.space.dims():], c.Places)
		copy(next.Shares[k*r.space.codes:], c.Shares)
	}
	u.Centres = next
	return nil
}

// errTooFew is that there are fewer different customers than clusters.
var errTooFew = errors.New("too few different customers")

func (r *runner) tooFew(k int, different int64) error {
	return fmt.Errorf("%w: %d clusters cannot be made of %d; choose --k %d or less, or add features", errTooFew, k, different, different)
}

// measure sums the squares of all rows that the runs look at.
func (r *runner) measure(ctx context.Context, runs []*run) error {
	var p wire.LloydParams
	one := wire.Centres{K: 1, Places: make([]float64, r.space.dims()), Shares: make([]float64, r.space.codes)}
	for _, u := range runs {
		if _, known := r.totals[u.Rows]; !known && !slices.Contains(p.Totals, u.Rows) {
			p.Totals = append(p.Totals, u.Rows)
			p.Runs = append(p.Runs, wire.Run{Centres: one, ID: r.newID(), Rows: u.Rows})
		}
	}
	if len(p.Totals) == 0 {
		return nil
	}
	sums, err := r.pass(ctx, p)
	if err != nil {
		return err
	}
	for i, rows := range p.Totals {
		r.totals[rows] = r.space.totalOf(&sums.Totals[i], &sums.Runs[i])
	}
	return nil
}

// pass is one pass of Lloyd's algorithm over the rows.
func (r *runner) pass(ctx context.Context, p wire.LloydParams) (*partial.Lloyd, error) {
	p.OneHot = r.space.OneHot
	return over(ctx, r.shards, wire.OpLloyd, p, (*partial.Lloyd).Merge)
}

// over runs an op over the shards and adds up what comes back.
func over[T any](ctx context.Context, shards Shards, op string, params any, merge func(into, part *T) error) (*T, error) {
	var sum *T
	err := shards.OverShards(ctx, op, params, func(answer []byte) error {
		part := new(T)
		if err := wire.Decode(answer, part); err != nil {
			return err
		}
		if sum == nil {
			sum = part
			return nil
		}
		return merge(sum, part)
	})
	return sum, err
}
