package ops

import (
	"context"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// levels counts every feature × code, missing and other included, at the
// entries of encoder.Offsets, and all rows after them. The shards' rows are
// walked once, as those of a prefix that every item extends.
func levels(ctx context.Context, env *Env, _ struct{}) (partial.Halves, error) {
	var items []wire.Item
	var ext []uint32
	for f := range env.Plan.Features {
		for c := range env.Plan.Features[f].Codes() {
			items, ext = append(items, wire.Item{Feature: f, Code: uint8(c)}), append(ext, uint32(len(items)))
		}
	}
	all := encoder.Offsets(env.Plan.Features)[len(env.Plan.Features)]
	counts := partial.MakeHalves(all+1, completeMeasures(env.Plan))
	b := newCountBlock(items, env.Plan)
	var walk rowWalk
	var sums blockSums
	err := b.each(ctx, env, anyPart, func() {
		b.layRows()
		sums.reset(all+1, b)
		walk.count(b, b.all[:b.rows], ext, &sums)
		b.addAll(&sums, all)
		sums.flush(b, 0, all+1, b.half(&counts), 0)
	})
	return counts, err
}
