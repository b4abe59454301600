package shard

import (
	"math/bits"

	"github.com/headwater-dev/headwater/kernels/bitset"
)

// frames lays a measure out in blocks. Values and known (nil = on all rows) are
// in the order of the shard.
func frames(values []int64, known []uint64, blocks []Block) []Frame {
	out := make([]Frame, len(blocks))
	residuals := make([]uint64, min(BlockRows, len(values)))
	has := make([]uint64, bitset.Words(len(residuals)))
	for i, b := range blocks {
		v := values[b.Start:][:b.Rows]
		n := b.Rows
		if known != nil {
			bitset.CopyRange(has, known, b.Start, b.Rows)
			n = bitset.Count(has[:bitset.Words(b.Rows)])
		}
		switch n {
		case b.Rows:
			out[i] = frame(v, residuals[:b.Rows])
		case 0:
			out[i] = Frame{Known: None}
		default:
			out[i] = partFrame(v, has, residuals[:b.Rows])
		}
	}
	return out
}

// frame lays out values that are all known. residuals are room.
func frame(values []int64, residuals []uint64) Frame {
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	f := Frame{Min: low, Width: bits.Len64(uint64(high) - uint64(low)), Known: All}
	if f.Width > 0 {
		for i, v := range values {
			residuals[i] = uint64(v) - uint64(low)
		}
		f.pack(residuals)
	}
	return f
}

// partFrame lays out values of which some are known.
func partFrame(values []int64, known, residuals []uint64) Frame {
	var low, high int64
	first := true
	for i, v := range values {
		if known[i/64]>>(i%64)&1 == 0 {
			continue
		}
		if first {
			low, high, first = v, v, false
		}
		low, high = min(low, v), max(high, v)
	}
	f := Frame{Min: low, Width: bits.Len64(uint64(high) - uint64(low)), Known: Some}
	if f.Width > 0 {
		for i, v := range values {
			residuals[i] = (uint64(v) - uint64(low)) & -(known[i/64] >> (i % 64) & 1)
		}
		f.pack(residuals)
	}
	return f
}

func (f *Frame) pack(residuals []uint64) {
	f.Planes = make([]uint64, f.Width*bitset.Words(len(residuals)))
	bitset.Pack(f.Planes, f.Width, residuals)
}
