package ops

import (
	"math/bits"

	"github.com/headwater-dev/headwater/kernels/bitset"
	"github.com/headwater-dev/headwater/worker/shard"
)

// channel is one pass over the rows of a prefix. Every row adds one 64-bit
// word to the entry of its code: a count in the upper bits, a residual in the
// lower ones.
type channel struct {
	weights []uint64 // row → what it adds; nil = 1
	shift   uint     // of the count
	count   int      // what the count is: rowCount, the measure whose known rows it is, or noTarget
	sum     int      // the measure whose residuals are added, or noTarget
	low     bool     // the residuals' lower 32 bits are added
	high    bool     // their upper 32 bits are added
}

const (
	noTarget = -1
	rowCount = -2

	packedBits = 35 // see packing, of a block
)

// packing says how so many rows share a word with their residuals: their count
// stands above shift, and residuals of up to packed bits stay below it. Wider
// ones are added 32 bits at a time.
func packing(rows int) (packed int, shift uint) {
	shift = uint(64 - bits.Len(uint(rows)))
	return int(shift) - bits.Len(uint(rows-1)), shift
}

// planChannels decides which channels give the counts and sums of all measures
// of so many rows, and appends them to to. Usually that is one: the rows are
// counted beside the first residual, and a measure that is constant needs no
// channel.
func planChannels(to []channel, measures []blockMeasure, rows int) []channel {
	packed, shift := packing(rows)
	counted := false
	for m := range measures {
		bm := &measures[m]
		c := channel{shift: shift, count: noTarget, sum: m, low: bm.Width > packed}
		switch {
		case bm.Known == shard.None, bm.Known == shard.All && bm.Width == 0:
			continue
		case bm.Known == shard.Some:
			c.count = m
		case !counted:
			c.count, counted = rowCount, true
		}
		if bm.Width == 0 {
			c.sum = noTarget
		}
		to = append(to, c)
		if c.low {
			to = append(to, channel{shift: shift, count: noTarget, sum: m, high: true})
		}
	}
	if !counted {
		to = append(to, channel{count: rowCount, sum: noTarget})
	}
	return to
}

// weigh fills the channels' weights.
func (b *countBlock) weigh() {
	if b.weighed {
		return
	}
	b.weighed = true
	for len(b.weights) < len(b.channels) {
		b.weights = append(b.weights, make([]uint64, shard.BlockRows))
	}
	for i := range b.channels {
		if c := &b.channels[i]; !c.plain() {
			c.weights = b.weights[i][:b.rows]
			b.fill(c.weights, c, 0)
		}
	}
}

// fill sets w to what the block's rows add to a channel whose residuals are
// higher by above than the block's.
func (b *countBlock) fill(w []uint64, c *channel, above uint64) {
	var known []uint64
	if c.count >= 0 {
		known = b.measures[c.count].knownBits
	}
	if c.sum == noTarget {
		clear(w)
	} else {
		bm := &b.measures[c.sum]
		bitset.Unpack(w, bm.Planes, bm.Width)
		switch {
		case above == 0:
		case bm.Known == shard.Some:
			for j := range w {
				w[j] += above & -(bm.knownBits[j/64] >> (j % 64) & 1)
			}
		default:
			for j := range w {
				w[j] += above
			}
		}
		switch {
		case c.high:
			for j := range w {
				w[j] >>= 32
			}
		case c.low:
			for j := range w {
				w[j] &= 0xffffffff
			}
		}
	}
	switch {
	case c.count == rowCount:
		for j := range w {
			w[j] |= 1 << c.shift
		}
	case known != nil:
		for j := range w {
			w[j] |= known[j/64] >> (j % 64) & 1 << c.shift
		}
	}
}

// plain says that every row adds 1.
func (c *channel) plain() bool { return c.sum == noTarget && c.count == rowCount }

// targets returns where the channel's counts and residuals belong, nil where
// it has none.
func (c *channel) targets(sums *blockSums) (counts, residuals []uint64) {
	switch {
	case c.count == rowCount:
		counts = sums.n
	case c.count != noTarget:
		counts = sums.measures[c.count].known
	}
	switch {
	case c.sum == noTarget:
	case c.high:
		residuals = sums.measures[c.sum].hi
	default:
		residuals = sums.measures[c.sum].lo
	}
	return counts, residuals
}

// addAll sets entry i of sums (which are reset) to all rows of the block.
func (b *countBlock) addAll(sums *blockSums, i int) {
	for k := range b.channels {
		c := &b.channels[k]
		v := uint64(b.rows)
		if c.weights != nil {
			v = 0
			for _, w := range c.weights {
				v += w
			}
		}
		counts, residuals := c.targets(sums)
		if counts != nil {
			counts[i] = v >> c.shift
		}
		if residuals != nil {
			residuals[i] = v & (1<<c.shift - 1)
		}
	}
}
