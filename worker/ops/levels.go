package ops

import (
	"context"
	"slices"

	"github.com/headwater-dev/headwater/kernels/bitset"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// levels counts every feature × code, missing and other included, at the
// entries of encoder.Offsets, and all rows after them: every item extends the
// prefix of all rows, which is counted by bitmaps or by walking the rows.
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
	b.others = 1
	withAll := append(slices.Clone(ext), uint32(all))
	var walk rowWalk
	var sums blockSums
	var tile countTile
	err := b.each(ctx, env, anyPart, func() {
		half := b.half(&counts)
		if byBitmaps := float64((all+1)*b.words*b.passes()) * bitset.WordCost(); byBitmaps < float64(b.rows*b.stride*len(b.channels))*costLayAdd {
			everybody := b.bitmap(uint32(all))
			bitset.Fill(everybody, b.rows)
			tile.add(b, everybody, withAll, 0)
			tile.flush(b, half)
			return
		}
		b.layRows()
		sums.reset(all+1, b.measures)
		walk.count(b, b.all[:b.rows], ext, &sums)
		b.addAll(&sums, all)
		sums.flush(b.measures, 0, all+1, half, 0)
	})
	return counts, err
}
