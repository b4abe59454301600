package kmeans

import (
	"context"
	"slices"

	"github.com/headwater-dev/headwater/coordinator/agreement"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// halfStarts are the runs on each half of the customers; stableRows is how many
// customers a cluster must have on average for halves to say anything.
const (
	halfStarts = 2
	stableRows = 20
)

// stable is the adjusted Rand index from which clusters count as found again.
const stable = 0.75

// halves returns runs on either part of some rows, seeded apart.
func (r *runner) halves(candidates []*point, k int, rows wire.Rows) (runs []*run) {
	if k < 2 || r.rows < int64(stableRows*k) {
		return nil
	}
	for half, bits := range []uint8{0, encoder.Confirmation} {
		part := wire.Rows{Mask: rows.Mask | encoder.Confirmation, Bits: rows.Bits | bits}
		for start := range halfStarts {
			seeds := r.spread(candidates, k, -1-half*halfStarts-start)
			u := r.newRun(r.space.centres(seeds), part)
			u.trial = true
			runs = append(runs, u)
		}
	}
	return runs
}

// silhouetteCost bounds what silhouettes take, in differences of coordinates:
// some seconds.
const silhouetteCost = 1 << 32

// thin returns to how many rows, one in 2^thin, silhouettes are restricted. At
// least ten thousand are left.
func (r *runner) thin(runs []*run) (thin int) {
	rows := r.rows
	if r.tried() != (wire.Rows{}) {
		rows /= 8
	}
	var cost int64
	for _, u := range runs {
		cost += int64(u.K) * int64(r.space.dims()+r.space.codes+1)
	}
	for ; rows>>thin > 20_000 && (rows>>thin)*cost > silhouetteCost; thin++ {
	}
	return thin
}

// options judges the best run of each k.
func (r *runner) options(ctx context.Context, runs, halves []*run) ([]Option, error) {
	p := wire.JudgeParams{OneHot: r.space.OneHot, Rows: r.tried(), Thin: r.thin(runs)}
	for _, u := range runs {
		set := wire.JudgedSet{Centres: u.Centres}
		for _, bits := range []uint8{0, encoder.Confirmation} {
			half := slices.DeleteFunc(slices.Clone(halves), func(h *run) bool {
				return h.K != u.K || h.failed || h.Rows.Bits&encoder.Confirmation != bits
			})
			if best := bestOf(half); len(best) > 0 {
				set.Against = append(set.Against, best[0].Centres)
			}
		}
		if len(set.Against) == 2 { // what the one half finds, by what the other does
			p.Sets = append(p.Sets, set, wire.JudgedSet{Centres: set.Against[0], Against: set.Against[1:]})
			p.Sets[len(p.Sets)-2].Against = nil
		} else {
			p.Sets = append(p.Sets, wire.JudgedSet{Centres: u.Centres})
		}
	}
	judged, err := over(ctx, r.shards, wire.OpJudge, p, (*partial.Judged).Merge)
	if err != nil {
		return nil, err
	}
	var options []Option
	at := 0
	all := r.totals[wire.Rows{}]
	for _, u := range runs {
		o := Option{K: u.K, Inertia: u.inertia, Explained: 1 - share(u.inertia, all.within), Iterations: len(u.history) + u.refilled}
		if s := &judged.Sets[at]; s.N > 0 {
			o.Silhouette = float64(s.Silhouette) / partial.SilhouetteUnit / float64(s.N)
		}
		at++
		if at < len(p.Sets) && len(p.Sets[at].Against) > 0 {
			index := agreement.AdjustedRand(judged.Sets[at].Against[0], p.Sets[at].Against[0].K)
			o.Stability = &index
			at++
		}
		o.Smallest = float64(slices.Min(u.sums.N)) / float64(all.n)
		o.Eligible = o.Smallest >= r.config.MinCluster && (o.Stability == nil || *o.Stability >= stable)
		options = append(options, o)
	}
	return options, nil
}

// choose returns the option of the largest silhouette among the eligible ones,
// the fewest clusters of equal ones. Where none is eligible the most stable is
// taken.
func choose(options []Option) int {
	best := -1
	for i, o := range options {
		if o.Eligible && (best < 0 || o.Silhouette > options[best].Silhouette) {
			best = i
		}
	}
	if best >= 0 {
		return best
	}
	best = 0
	for i, o := range options {
		if o.Stability != nil && (options[best].Stability == nil || *o.Stability > *options[best].Stability) {
			best = i
		}
	}
	return best
}
