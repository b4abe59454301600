package ops

import (
	"context"
	"fmt"
	"math"

	"github.com/headwater-dev/headwater/kernels/distance"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// judge sums the simplified silhouettes of several sets of clusters and crosses
// sets with others. Cost: some ns a row, centre and coordinate.
func judge(ctx context.Context, env *Env, p wire.JudgeParams) (partial.Judged, error) {
	space, err := newPointSpace(env.Plan, p.OneHot)
	if err != nil {
		return partial.Judged{}, err
	}
	sets := make([]judgedSet, len(p.Sets))
	out := partial.Judged{Sets: make([]partial.JudgedSet, len(p.Sets))}
	for i, s := range p.Sets {
		if sets[i].own, err = space.centroids(&s.Centres); err != nil {
			return out, fmt.Errorf("set %d: %w", i, err)
		}
		for t := range s.Against {
			other, err := space.centroids(&s.Against[t])
			if err != nil {
				return out, fmt.Errorf("set %d: %w", i, err)
			}
			sets[i].against = append(sets[i].against, other)
			out.Sets[i].Against = append(out.Sets[i].Against, make([]int64, s.K*s.Against[t].K))
		}
	}
	thin := uint64(1)<<p.Thin - 1
	err = space.eachPoints(ctx, env, p.Rows, func(from *shard.Shard, block int, r *distance.Rows) {
		hashes := from.Hashes()[from.Blocks()[block].Start:][:r.N]
		taken := func(i int) bool { return encoder.Rehash(hashes[i], thinSalt)&thin == 0 }
		for i := range sets {
			sets[i].add(space, r, taken, &out.Sets[i])
		}
	})
	return out, err
}

// thinSalt tells the choice of rows for silhouettes from others.
const thinSalt = 0x7468696e

// judgedSet is a set of clusters with those it is crossed with.
type judgedSet struct {
	own     *distance.Centroids
	against []*distance.Centroids
}

func (s *judgedSet) add(space *pointSpace, r *distance.Rows, taken func(i int) bool, to *partial.JudgedSet) {
	nearest := space.nearest(s.own, r)
	distances := make([]float64, s.own.K())
	for i, k := range nearest {
		if s.own.K() > 1 && taken(i) {
			s.own.Distances(distances, r, i)
			to.N++
			to.Silhouette += silhouette(distances, int(k))
		}
	}
	for t, other := range s.against {
		table := to.Against[t]
		for i, k := range space.nearest(other, r) {
			table[int(nearest[i])*other.K()+int(k)]++
		}
	}
}

// silhouette returns (b − a)/max(a, b) of a row, in 1/SilhouetteUnit, with a
// and b its distances from the centre of its own cluster and the nearest other.
func silhouette(squared []float64, own int) int64 {
	other := math.Inf(1)
	for k, d := range squared {
		if k != own && d < other {
			other = d
		}
	}
	a, b := math.Sqrt(squared[own]), math.Sqrt(other)
	if most := max(a, b); most > 0 {
		return int64(math.Round((b - a) / most * partial.SilhouetteUnit))
	}
	return 0
}
