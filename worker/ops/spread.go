package ops

import (
	"context"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
)

// spread counts the values of every measure by bucket. About 2 ns a row and
// measure.
func spread(ctx context.Context, env *Env, _ struct{}) (partial.Spread, error) {
	var s partial.Spread
	for range env.Plan.Measures {
		s.Measures = append(s.Measures, make([]int64, partial.Buckets))
	}
	err := eachBlock(ctx, env, 0, func(b *rowBlock) {
		for m := range b.measures {
			v, to := &b.measures[m], s.Measures[m]
			switch {
			case v.state == shard.None:
			case v.same:
				to[partial.BucketOf(v.min)] += int64(b.rows)
			default:
				for i, x := range v.values[:b.rows] {
					if v.state == shard.All || v.known[i>>6]>>(i&63)&1 != 0 {
						to[partial.BucketOf(x)]++
					}
				}
			}
		}
	})
	return s, err
}
