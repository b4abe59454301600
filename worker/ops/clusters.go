package ops

import (
	"context"
	"fmt"

	"github.com/headwater-dev/headwater/kernels/distance"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// clusters counts every cluster as segments does those of a tree.
func clusters(ctx context.Context, env *Env, p wire.ClustersParams) (partial.Segments, error) {
	space, err := newPointSpace(env.Plan, p.OneHot)
	if err != nil {
		return partial.Segments{}, err
	}
	centroids, err := space.centroids(&p.Centres)
	if err != nil {
		return partial.Segments{}, err
	}
	return groups(ctx, env, p.Centres.K, func(b *rowBlock, to []int32) error {
		points, err := space.of(b.shard)
		if err != nil {
			return err
		}
		for i, k := range space.nearest(centroids, points[b.block]) {
			to[i] = int32(k)
		}
		return nil
	})
}

// clusterTree counts clusters by level in the leaves of a growing tree. About
// 1 ns a row and feature beside the distances.
func clusterTree(ctx context.Context, env *Env, p wire.ClusterTreeParams) (partial.Mixture, error) {
	space, err := newPointSpace(env.Plan, p.OneHot)
	if err != nil {
		return partial.Mixture{}, err
	}
	centroids, err := space.centroids(&p.Centres)
	if err != nil {
		return partial.Mixture{}, err
	}
	route, err := newRouter(&p.Tree, env.Plan, -1, p.Leaves)
	if err != nil {
		return partial.Mixture{}, err
	}
	codes := 0
	for _, f := range p.Features {
		if f < 0 || f >= len(env.Plan.Features) {
			return partial.Mixture{}, fmt.Errorf("feature %d is not among the plan's %d", f, len(env.Plan.Features))
		}
		codes += env.Plan.Features[f].Codes()
	}
	out := partial.Mixture{N: make([]int64, p.Leaves*codes*p.Centres.K)}
	leaf := make([]int32, shard.BlockRows)
	err = space.eachPoints(ctx, env, p.Rows, func(from *shard.Shard, block int, r *distance.Rows) {
		b := rowBlock{shard: from, block: block, start: from.Blocks()[block].Start, rows: r.N}
		route.route(&b, leaf[:r.N])
		nearest := space.nearest(centroids, r)
		offset := 0
		for _, f := range p.Features {
			for i, c := range b.codes(f) {
				if leaf[i] >= 0 {
					out.N[(int(leaf[i])*codes+offset+int(c))*p.Centres.K+int(nearest[i])]++
				}
			}
			offset += env.Plan.Features[f].Codes()
		}
	})
	return out, err
}
