// Package ops holds the work that a worker can do, one file per op. An op
// reads splits of the source or resident shards and answers with one partial
// for all of them.
package ops

import (
	"context"
	"fmt"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/store"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Env is what an op works on.
type Env struct {
	Table  *source.Table
	Opener source.Opener
	Splits []source.Split // split ops: the assignment's splits
	Units  []int          // split ops: their numbers in the round
	Key    string         // of the assignment, unlike any other of any coordinator; fit for the name of a file
	Parts  *store.Writers // where part files are left; nil = they go with the answer

	Plan   *encoder.Plan
	Shards []*shard.Shard // shard ops: the assignment's shards, by id

	// Progress is told the rows done since the last call, now and then. Ops
	// look at ctx about as often.
	Progress func(rows int64)
}

// kinds are the ops by name.
var kinds = map[string]func(context.Context, *Env, []byte) (any, error){
	wire.OpProfile:  typed(profile),
	wire.OpRefine:   typed(refine),
	wire.OpAssign:   typed(assign),
	wire.OpLevels:   typed(levels),
	wire.OpCount:    typed(count),
	wire.OpMoments:  typed(moments),
	wire.OpProbe:    typed(probe),
	wire.OpSpread:   typed(spread),
	wire.OpPairs:    typed(pairs),
	wire.OpCells:    typed(cells),
	wire.OpSegments: typed(segments),
	wire.OpOverlap:  typed(overlap),
	wire.OpLeaves:   typed(leaves),
	wire.OpContents: typed(contents),

	wire.OpTabulate:    typed(tabulate),
	wire.OpPlaces:      typed(places),
	wire.OpPick:        typed(pick),
	wire.OpLloyd:       typed(lloyd),
	wire.OpJudge:       typed(judge),
	wire.OpClusters:    typed(clusters),
	wire.OpClusterTree: typed(clusterTree),
}

// Run performs one op and returns its partial.
func Run(ctx context.Context, env *Env, kind string, params []byte) (any, error) {
	op, ok := kinds[kind]
	if !ok {
		return nil, fmt.Errorf("op %q is not known to this worker: coordinator and worker must be of the same version", kind)
	}
	return op(ctx, env, params)
}

// typed decodes an op's parameters.
func typed[P, R any](op func(context.Context, *Env, P) (R, error)) func(context.Context, *Env, []byte) (any, error) {
	return func(ctx context.Context, env *Env, data []byte) (any, error) {
		var params P
		if len(data) > 0 {
			if err := wire.Decode(data, &params); err != nil {
				return nil, err
			}
		}
		return op(ctx, env, params)
	}
}
