package ops

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/headwater-dev/headwater/kernels/distance"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// pick looks up rows by their ordinals, at random, or by their distance from
// the nearest centre.
func pick(ctx context.Context, env *Env, p wire.PickParams) (partial.Picked, error) {
	space, err := newPointSpace(env.Plan, p.OneHot)
	if err != nil {
		return partial.Picked{}, err
	}
	k := &picker{space: space, params: &p, picked: partial.Picked{Limit: p.Count}}
	switch p.How {
	case wire.PickSpread, wire.PickFarthest:
		if k.centroids, err = space.centroids(&p.Centres); err != nil {
			return partial.Picked{}, err
		}
	case wire.PickGiven, wire.PickAny:
	default:
		return partial.Picked{}, fmt.Errorf("rows cannot be picked by %q", p.How)
	}
	err = space.eachPoints(ctx, env, p.Rows, k.block)
	k.picked.Settle()
	return k.picked, err
}

// picker gathers rows, the first by priority.
type picker struct {
	space     *pointSpace
	params    *wire.PickParams
	centroids *distance.Centroids
	picked    partial.Picked
	least     uint64 // rows of a lower priority are not among the first
}

// block looks at the rows of a block.
func (k *picker) block(from *shard.Shard, block int, r *distance.Rows) {
	start := from.Blocks()[block].Start
	hashes := from.Hashes()[start:][:r.N]
	var nearest []uint16
	if k.centroids != nil {
		nearest = k.space.nearest(k.centroids, r)
	}
	for i := range r.N {
		priority := 1.0
		switch k.params.How {
		case wire.PickGiven:
			if _, ok := slices.BinarySearch(k.params.Ordinals, from.Ordinal(start+i)); !ok {
				continue
			}
		case wire.PickAny:
			priority = 1 / chance(hashes[i], k.params.Salt)
		case wire.PickSpread:
			priority = k.centroids.Distance(r, i, int(nearest[i])) / chance(hashes[i], k.params.Salt)
		case wire.PickFarthest:
			priority = k.centroids.Distance(r, i, int(nearest[i]))
		}
		if priority > 0 && math.Float64bits(priority) >= k.least { // positive numbers are in the order of their bits
			k.add(r, i, math.Float64bits(priority), from.Ordinal(start+i))
		}
	}
}

// chance returns a number in (0, 1] from a row's hash.
func chance(hash, salt uint64) float64 {
	return float64(encoder.Rehash(hash, salt)>>11+1) / (1 << 53)
}

// add takes a row in; the list is cut when it is twice as long as need be.
func (k *picker) add(r *distance.Rows, i int, priority uint64, ordinal int64) {
	row := partial.PickedRow{Priority: priority, Ordinal: ordinal, Places: slices.Clone(r.Row(i))}
	for _, codes := range r.Codes {
		row.Codes = append(row.Codes, codes[i])
	}
	k.picked.Rows = append(k.picked.Rows, row)
	if len(k.picked.Rows) >= 2*k.picked.Limit+64 {
		k.picked.Settle()
		k.least = k.picked.Rows[len(k.picked.Rows)-1].Priority
	}
}
