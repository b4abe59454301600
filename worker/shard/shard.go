// Package shard holds resident shards: encoded rows, sorted by the primary
// metric, laid out in blocks for the counting kernels.
package shard

// BlockRows is the number of rows in a block: an item's bitmap of a block is
// 2 KiB, so that all items of a block fit into a core's L2 cache.
const BlockRows = 16384

// Shard is one resident shard. It is immutable once built, so any number of
// ops can read it at once.
type Shard struct {
	id       int
	rows     int
	codes    [][]uint8 // feature → row
	fold     []uint8   // row → held-out bits
	measures []measure
}

// measure is one measure's rows.
type measure struct {
	values []int64
	known  []uint64 // bitmap over the rows; nil = all
}

// ID returns the shard's number in the job.
func (s *Shard) ID() int { return s.id }

// Rows returns the number of rows.
func (s *Shard) Rows() int { return s.rows }

// Codes returns a feature's codes, one a row. The caller must not write to it.
func (s *Shard) Codes(feature int) []uint8 { return s.codes[feature] }

// Fold returns the rows' held-out bits, see encoder.Rows. The caller must not write to it.
func (s *Shard) Fold() []uint8 { return s.fold }

// Values returns a measure's values, 0 where it is not known, one a row, using
// dst where it is long enough.
func (s *Shard) Values(measure int, dst []int64) []int64 {
	return append(dst[:0], s.measures[measure].values...)
}

// Known returns the bitmap of the rows on which a measure is known, bit i%64
// of word i/64; nil where it is known on all.
func (s *Shard) Known(measure int) []uint64 { return s.measures[measure].known }
