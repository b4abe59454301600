package ops

import (
	"context"
	"fmt"

	"github.com/headwater-dev/headwater/kernels/encode"
	"github.com/headwater-dev/headwater/kernels/hist"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
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
	var codes [256]uint8
	for i := range codes {
		codes[i] = uint8(i)
	}
	lanes := make([][]uint64, len(env.Plan.Features)) // empty: not made of this block yet
	counts, taken := new(hist.Counts), []uint64(nil)
	for _, s := range env.Shards {
		for _, at := range s.Blocks() {
			if at.Part&p.Parts != p.Parts {
				continue
			}
			if err := ctx.Err(); err != nil {
				return partial.Pairs{}, err
			}
			for f := range lanes {
				lanes[f] = lanes[f][:0]
			}
			of := func(f int) []uint64 {
				if len(lanes[f]) == 0 {
					lanes[f] = resize(lanes[f], (at.Rows+3)/4)
					encode.Lanes(lanes[f], s.Codes(f)[at.Start:][:at.Rows], &codes)
				}
				return lanes[f]
			}
			for i, pair := range p.Pairs {
				a, b := pair[0], pair[1]
				hist.Joint(counts, at.Rows, of(a), uint64(env.Plan.Features[b].Codes()), of(b))
				to := out.Counts[i]
				taken = resize(taken, len(to))
				counts.Take(taken)
				for k, n := range taken {
					to[k] += int64(n)
				}
			}
			if env.Progress != nil {
				env.Progress(int64(at.Rows))
			}
		}
	}
	return out, nil
}

// The rows of a block are no more than a joint histogram takes.
var _ [262_140 - shard.BlockRows]struct{}
