package ops

import (
	"context"
	"fmt"

	"github.com/headwater-dev/headwater/kernels/hist"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// pairs counts the combinations of the codes of two features, for every pair
// asked for. About half a nanosecond a row and pair, and one a combination and
// block.
func pairs(ctx context.Context, env *Env, p wire.PairsParams) (partial.Pairs, error) {
	var out partial.Pairs
	for _, pair := range p.Pairs {
		cells := 1
		for _, f := range pair {
			if f < 0 || f >= len(env.Plan.Features) {
				return partial.Pairs{}, fmt.Errorf("feature %d is not among the plan's %d", f, len(env.Plan.Features))
			}
			cells *= env.Plan.Features[f].Codes()
		}
		out.Counts = append(out.Counts, make([]int64, cells))
	}
	table := new(hist.TurnCounts)
	for _, s := range env.Shards {
		for _, at := range s.Blocks() {
			if at.Part&p.Parts != p.Parts {
				continue
			}
			if err := ctx.Err(); err != nil {
				return partial.Pairs{}, err
			}
			for i, pair := range p.Pairs {
				var codes [2][]uint8
				var sizes [2]int
				for k, f := range pair {
					codes[k], sizes[k] = s.Codes(f)[at.Start:][:at.Rows], env.Plan.Features[f].Codes()
				}
				hist.JointInTurn(table, codes[:], sizes[:])
				for k, to := 0, out.Counts[i]; k < len(to); k++ {
					t := &table[k]
					to[k] += int64(t[0]) + int64(t[1]) + int64(t[2]) + int64(t[3])
					*t = [4]uint32{}
				}
			}
			if env.Progress != nil {
				env.Progress(int64(at.Rows))
			}
		}
	}
	return out, nil
}
