// Package shard holds resident shards: encoded rows, sorted by the primary
// measure, laid out in blocks for the counting kernels.
package shard

import (
	"unsafe"

	"github.com/headwater-dev/headwater/kernels/bitset"
)

// BlockRows is the number of rows in a block: an item's bitmap of a block is
// 2 KiB, so that all items of a block fit into a core's L2 cache.
const BlockRows = 16384

// Shard is one resident shard. It is immutable once built, so any number of
// ops can read it at once.
//
// Rows stand part by part (see encoder.Rows), within each sorted by the primary
// measure (the plan's first), rows on which it is not known last; rows that are
// equal in it keep the order of the table. So a shard is a function of its rows.
type Shard struct {
	id       int
	rows     int
	codes    [][]uint8 // feature → row
	fold     []uint8   // row → held-out bits
	blocks   []Block
	measures []measure
	points   *points // nil unless the plan is Clustered
}

// Block is a run of at most BlockRows rows of one part. On all of them the
// primary measure is known, or on none.
type Block struct {
	Start, Rows int
	Part        uint8
}

// measure is one measure's rows.
type measure struct {
	known  []uint64 // bitmap over the rows; nil = all
	frames []Frame  // one per block
}

// Frame is one measure in one block as frame of reference: the value of row i
// is Min + Σ 2^b · bit i of plane b. The primary measure, being sorted, needs
// few planes, a yes/no one none but in the block where it changes; the others
// need as many as their range in the block takes.
type Frame struct {
	Min    int64    // smallest known value
	Width  int      // planes, 0–64
	Planes []uint64 // Width × bitset.Words(rows); no bit is set on rows that are not known
	Known  Known
}

// Known says on which rows of a block a measure is known.
type Known uint8

// The states of a measure in a block.
const (
	All  Known = iota // on every row
	None              // on no row
	Some              // see Shard.KnownBlock
)

// ID returns the shard's number in the job.
func (s *Shard) ID() int { return s.id }

// Rows returns the number of rows.
func (s *Shard) Rows() int { return s.rows }

// Codes returns a feature's codes, one a row. The caller must not write to it.
func (s *Shard) Codes(feature int) []uint8 { return s.codes[feature] }

// Fold returns the rows' held-out bits, see encoder.Rows. The caller must not write to it.
func (s *Shard) Fold() []uint8 { return s.fold }

// Blocks returns the blocks, which cover the rows in order. The caller must
// not write to it.
func (s *Shard) Blocks() []Block { return s.blocks }

// Frame returns a measure's rows in a block. The caller must not write to its planes.
func (s *Shard) Frame(block, measure int) *Frame { return &s.measures[measure].frames[block] }

// KnownBlock writes the bitmap of a block's rows on which a measure is known
// to dst, which holds bitset.Words(rows) words. It is for frames of state Some.
func (s *Shard) KnownBlock(block, measure int, dst []uint64) {
	b := s.blocks[block]
	bitset.CopyRange(dst, s.measures[measure].known, b.Start, b.Rows)
}

// Values returns a measure's values, 0 where it is not known, one a row, using
// dst where it is long enough. Cost: 11 ns a row to unpack 20 planes.
func (s *Shard) Values(measure int, dst []int64) []int64 {
	if cap(dst) < s.rows {
		dst = make([]int64, s.rows)
	}
	dst = dst[:s.rows]
	residuals := make([]uint64, min(BlockRows, s.rows))
	known := make([]uint64, bitset.Words(len(residuals)))
	for i, b := range s.blocks {
		f, out := s.Frame(i, measure), dst[b.Start:][:b.Rows]
		if f.Known == None {
			clear(out)
			continue
		}
		r := residuals[:b.Rows]
		bitset.Unpack(r, f.Planes, f.Width)
		for j, x := range r {
			out[j] = int64(uint64(f.Min) + x)
		}
		if f.Known == Some {
			s.KnownBlock(i, measure, known)
			for j := range out {
				if known[j/64]>>(j%64)&1 == 0 {
					out[j] = 0
				}
			}
		}
	}
	return dst
}

// Known returns the bitmap of the rows on which a measure is known, bit i%64
// of word i/64; nil where it is known on all.
func (s *Shard) Known(measure int) []uint64 { return s.measures[measure].known }

// Bytes returns the memory that the shard holds, in bytes: one a row and
// feature, one for the fold, and the measures' planes.
func (s *Shard) Bytes() int64 {
	n := int64(unsafe.Sizeof(*s)) + int64(len(s.blocks))*int64(unsafe.Sizeof(Block{})) + int64(cap(s.fold))
	for _, c := range s.codes {
		n += int64(unsafe.Sizeof(c)) + int64(cap(c))
	}
	for _, m := range s.measures {
		n += int64(unsafe.Sizeof(m)) + 8*int64(cap(m.known))
		for _, f := range m.frames {
			n += int64(unsafe.Sizeof(f)) + 8*int64(cap(f.Planes))
		}
	}
	return n + s.points.bytes()
}
