package ops

import (
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
	high    bool     // the residuals' upper 32 bits are added
}

const (
	noTarget = -1
	rowCount = -2

	// Residuals of up to packedBits share a word with the count: 2^14 of them
	// stay below 2^packedShift, and their count below 2^15. Wider ones are
	// added 32 bits at a time.
	packedBits  = 35
	packedShift = 49
)

// planChannels decides which channels give the counts and sums of all
// measures. Usually that is one: the rows are counted beside the first
// residual, and a measure that is constant in the block needs no channel.
func (b *countBlock) planChannels() {
	b.channels = b.channels[:0]
	counted := false
	for m := range b.measures {
		bm := &b.measures[m]
		c := channel{shift: packedShift, count: noTarget, sum: m}
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
		b.channels = append(b.channels, c)
		if bm.Width > packedBits {
			b.channels = append(b.channels, channel{shift: packedShift, count: noTarget, sum: m, high: true})
		}
	}
	if !counted {
		b.channels = append(b.channels, channel{count: rowCount, sum: noTarget})
	}
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
		c := &b.channels[i]
		if c.plain() {
			continue
		}
		w := b.weights[i][:b.rows]
		c.weights = w
		if c.sum == noTarget {
			clear(w)
		} else {
			bm := &b.measures[c.sum]
			bitset.Unpack(w, bm.Planes, bm.Width)
			switch {
			case c.high:
				for j := range w {
					w[j] >>= 32
				}
			case bm.Width > packedBits:
				for j := range w {
					w[j] &= 0xffffffff
				}
			}
		}
		switch {
		case c.count == rowCount:
			for j := range w {
				w[j] |= 1 << packedShift
			}
		case c.count != noTarget:
			known := b.measures[c.count].knownBits
			for j := range w {
				w[j] |= known[j/64] >> (j % 64) & 1 << packedShift
			}
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
