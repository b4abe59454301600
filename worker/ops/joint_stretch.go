package ops

import (
	"math"
	"math/bits"

	"github.com/headwater-dev/headwater/worker/shard"
)

// stretch is a number of blocks that joint histograms count together: one table
// holds their rows, each measure as what it is above one minimum.
type stretch struct {
	blocks   []blockAt
	rows     int
	measures []blockMeasure // of all blocks, without planes
	channels []channel
}

type blockAt struct {
	shard *shard.Shard
	block int
}

// What limits a stretch: counts are of 32 bits; and a stretch of so many blocks is left
// as it is rather than given one more channel, since by then emptying the
// tables once more costs less.
const (
	stretchRows   = math.MaxInt32
	stretchBlocks = 16
)

// planStretches sorts the blocks of the parts wanted into stretches.
func planStretches(shards []*shard.Shard, measures int, wanted func(part uint8) bool) []*stretch {
	var stretches []*stretch
	frames := make([]blockMeasure, measures)
	for _, s := range shards {
	blocks:
		for i, at := range s.Blocks() {
			if !wanted(at.Part) {
				continue
			}
			for m := range frames {
				frames[m].Frame = s.Frame(i, m)
			}
			for k := len(stretches) - 1; k >= 0; k-- {
				if fits, more := stretches[k].fits(frames, at.Rows); fits && (!more || k == len(stretches)-1 && len(stretches[k].blocks) < stretchBlocks) {
					stretches[k].take(blockAt{s, i}, frames, at.Rows)
					continue blocks
				}
			}
			r := &stretch{measures: make([]blockMeasure, measures)}
			r.take(blockAt{s, i}, frames, at.Rows)
			stretches = append(stretches, r)
		}
	}
	for _, r := range stretches {
		r.channels = planChannels(nil, r.measures, r.rows)
	}
	return stretches
}

// fits says whether a block can join the stretch, and whether a measure that varies
// in only one of them, or in neither, then takes a channel for all rows.
func (r *stretch) fits(block []blockMeasure, rows int) (fits, more bool) {
	rows += r.rows
	if rows > stretchRows {
		return false, false
	}
	packed, _ := packing(rows)
	for m := range block {
		a, b := &r.measures[m], &block[m]
		if a.Known != b.Known {
			return false, false
		}
		if a.Known == shard.None {
			continue
		}
		_, width := joined(a.Frame, b.Frame)
		if width > packed && (width <= packedBits || packed < 32) {
			return false, false
		}
		more = more || (width > 0) != (a.Width > 0) || (width > 0) != (b.Width > 0)
	}
	return true, more
}

// take adds a block that fits, or is the first.
func (r *stretch) take(at blockAt, block []blockMeasure, rows int) {
	for m := range block {
		b := block[m].Frame
		f := &shard.Frame{Min: b.Min, Width: b.Width, Known: b.Known}
		if len(r.blocks) > 0 && b.Known != shard.None {
			f.Min, f.Width = joined(r.measures[m].Frame, b)
		}
		r.measures[m].Frame = f
	}
	r.blocks, r.rows = append(r.blocks, at), r.rows+rows
}

// joined returns the minimum of two frames and the width that the values of
// both have above it.
func joined(a, b *shard.Frame) (least int64, width int) {
	least = min(a.Min, b.Min)
	above := max(top(a, least), top(b, least))
	return least, bits.Len64(above)
}

// top returns how far the highest value that a frame can hold is above least.
func top(f *shard.Frame, least int64) uint64 {
	from, span := uint64(f.Min)-uint64(least), ^uint64(0)>>(64-f.Width)
	if most := uint64(math.MaxInt64) - uint64(least); span > most-from {
		return most
	}
	return from + span
}
