package ops

import (
	"context"
	"slices"

	"github.com/headwater-dev/headwater/kernels/bitset"
	"github.com/headwater-dev/headwater/worker/shard"
)

// rowBlock is a block of one shard's rows, with its measures unpacked.
type rowBlock struct {
	shard    *shard.Shard
	block    int // its number in the shard
	start    int // first row in the shard
	rows     int
	measures []blockValues
}

// codes returns the block's codes of a feature.
func (b *rowBlock) codes(feature int) []uint8 { return b.shard.Codes(feature)[b.start:][:b.rows] }

// fold returns the block's held-out bits.
func (b *rowBlock) fold() []uint8 { return b.shard.Fold()[b.start:][:b.rows] }

// part returns the part that all of the block's rows are in.
func (b *rowBlock) part() uint8 { return b.shard.Blocks()[b.block].Part }

// blockValues are one measure's rows of a block.
type blockValues struct {
	state  shard.Known
	known  []uint64 // bitmap of the rows, where some are known
	same   bool     // every row has the value min; values are not laid out
	min    int64
	values []int64 // 0 where not known
	most   uint64  // no absolute value exceeds it

	residuals []uint64
}

// eachBlock calls do with the blocks of rows of the env's shards, in order, and
// reports progress and looks at ctx after each. A block is passed over unless
// its part has all the bits of parts.
func eachBlock(ctx context.Context, env *Env, parts uint8, do func(*rowBlock)) error {
	b := rowBlock{measures: make([]blockValues, len(env.Plan.Measures))}
	for _, s := range env.Shards {
		b.shard = s
		for i, at := range s.Blocks() {
			if err := ctx.Err(); err != nil {
				return err
			}
			if at.Part&parts == parts {
				b.block, b.start, b.rows = i, at.Start, at.Rows
				for m := range b.measures {
					b.measures[m].unpack(s, i, m, at.Rows)
				}
				do(&b)
			}
			if env.Progress != nil {
				env.Progress(int64(at.Rows))
			}
		}
	}
	return nil
}

// unpack lays out the values of a measure in a block.
func (v *blockValues) unpack(s *shard.Shard, block, measure, rows int) {
	f := s.Frame(block, measure)
	v.state, v.min, v.most = f.Known, f.Min, magnitude(f.Min)
	v.same = f.Known == shard.None || f.Known == shard.All && f.Width == 0
	if f.Known == shard.None {
		v.min, v.most = 0, 0
	}
	if f.Known == shard.Some {
		v.known = slices.Grow(v.known[:0], bitset.Words(rows))[:bitset.Words(rows)]
		s.KnownBlock(block, measure, v.known)
	}
	if v.same {
		return
	}
	v.residuals = slices.Grow(v.residuals[:0], rows)[:rows]
	v.values = slices.Grow(v.values[:0], rows)[:rows]
	bitset.Unpack(v.residuals, f.Planes, f.Width)
	for i, x := range v.residuals {
		v.values[i] = int64(uint64(f.Min) + x)
	}
	if f.Known == shard.Some {
		for i := range v.values {
			if v.known[i>>6]>>(i&63)&1 == 0 {
				v.values[i] = 0
			}
		}
	}
	for _, x := range v.values {
		v.most = max(v.most, magnitude(x))
	}
}

// gather takes over some rows of a block.
func (v *blockValues) gather(from *blockValues, rows []uint32) {
	v.state, v.same, v.min, v.most = from.state, from.same, from.min, from.most
	if !from.same {
		v.values = v.values[:0]
		for _, row := range rows {
			v.values = append(v.values, from.values[row])
		}
	}
	if from.state == shard.Some {
		v.known = append(v.known[:0], make([]uint64, bitset.Words(len(rows)))...)
		for i, row := range rows {
			v.known[i>>6] |= from.known[row>>6] >> (row & 63) & 1 << (i & 63)
		}
	}
}

func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}
