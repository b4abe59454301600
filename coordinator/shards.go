package coordinator

import (
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// MaxShardRows bounds a shard. The larger a shard, the fewer bit planes its
// sorted metric needs and the fewer leases there are; the smaller, the more
// evenly the workers are loaded and the less a lost worker costs.
const MaxShardRows = 4 << 20

// shardRows chooses the size of shards: all slots get the same number of
// shards, and as few as the bound allows.
func shardRows(rows int64, slots int) int64 {
	slots = max(slots, 1)
	rounds := max(1, ceilDiv(rows, int64(slots)*MaxShardRows))
	return max(1, ceilDiv(rows, rounds*int64(slots)))
}

// planShards cuts the table's rows, in order, into shards of the given size;
// the last one may be smaller. Rows and marks are those of the splits.
func planShards(t *source.Table, rows []int64, marks [][]source.Mark, size int64) []wire.Shard {
	var shards []wire.Shard
	var open wire.Shard
	var held, ordinal int64
	for split, left := range rows {
		for from := int64(0); left > 0; {
			n := min(left, size-held)
			if held == 0 {
				open = wire.Shard{ID: len(shards), First: ordinal}
			}
			open.Pieces = append(open.Pieces, t.Slice(split, from, n, marks[split]))
			from, left, held, ordinal = from+n, left-n, held+n, ordinal+n
			if held == size {
				shards, held = append(shards, open), 0
			}
		}
	}
	if held > 0 {
		shards = append(shards, open)
	}
	return shards
}

func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }
