package shard

import (
	"math/bits"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// runs is the number of runs of rows in a shard: of each part those on which
// the primary measure is known, sorted by it, then the others.
const (
	runs    = 2 * encoder.Parts
	runBits = 3
)

// order returns the rows run by run, rows of equal value in the order they came,
// and cuts each run into blocks of s. The primary measure's values are put in
// that order. About 10 ns a row.
func (b *Builder) order(s *Shard) []uint32 {
	var primary *rawMeasure
	if len(b.measures) > 0 {
		primary = &b.measures[0]
	}
	var count [runs]int
	run := b.part // of each row; parts are not needed beyond
	for row, part := range b.part {
		r := 2 * part
		if primary != nil && !primary.has(uint32(row)) {
			r++
		}
		run[row] = r
		count[r]++
	}
	s.blocks = blocksOf(count)
	order := make([]uint32, b.rows)
	if primary == nil {
		pairs := make([]int64, b.rows)
		for row, r := range run {
			pairs[row] = pair(uint64(r), row)
		}
		sortPairs(order, pairs, make([]int64, b.rows), runBits)
		return order
	}
	low, width := primary.span()
	if width+runBits <= 32 {
		sortNarrow(order, primary, run, low, width)
	} else {
		sortWide(order, primary, run, low, width)
	}
	return order
}

// blocksOf cuts runs of so many rows into blocks.
func blocksOf(count [runs]int) (blocks []Block) {
	from := 0
	for r, n := range count {
		for end := from + n; from < end; {
			rows := min(BlockRows, end-from)
			blocks = append(blocks, Block{Start: from, Rows: rows, Part: uint8(r / 2)})
			from += rows
		}
	}
	return blocks
}

// span returns the least known value and the bits of the largest above it.
func (r *rawMeasure) span() (low int64, width int) {
	var high int64
	first := true
	for row, v := range r.values {
		if !r.has(uint32(row)) {
			continue
		}
		if first {
			low, high, first = v, v, false
		}
		low, high = min(low, v), max(high, v)
	}
	return low, bits.Len64(uint64(high) - uint64(low))
}

// pair is a key of 32 bits and a row.
func pair(key uint64, row int) int64 { return int64(key<<32 | uint64(uint32(row))) }

// sortNarrow orders rows whose run and value together fit into a pair's key:
// the values' memory is that of the pairs, and a pair tells its value again.
func sortNarrow(order []uint32, primary *rawMeasure, run []uint8, low int64, width int) {
	pairs := primary.values
	for row, v := range pairs {
		key := uint64(v) - uint64(low)
		if !primary.has(uint32(row)) {
			key = 0
		}
		pairs[row] = pair(uint64(run[row])<<width|key, row)
	}
	sorted := sortPairs(order, pairs, make([]int64, len(pairs)), width+runBits)
	mask := uint64(1)<<width - 1
	for i, p := range sorted {
		sorted[i] = int64(uint64(low) + uint64(p)>>32&mask)
	}
	primary.values = sorted
}

// sortWide orders rows by their values, 32 bits at a time, then by run.
func sortWide(order []uint32, primary *rawMeasure, run []uint8, low int64, width int) {
	pairs, room := make([]int64, len(order)), make([]int64, len(order))
	for row := range order {
		order[row] = uint32(row)
	}
	for shift := 0; shift < width; shift += 32 {
		for i, row := range order {
			key := uint64(0)
			if primary.has(row) {
				key = (uint64(primary.values[row]) - uint64(low)) >> shift & (1<<32 - 1)
			}
			pairs[i] = pair(key, int(row))
		}
		sortPairs(order, pairs, room, min(32, width-shift))
	}
	for i, row := range order {
		pairs[i] = pair(uint64(run[row]), int(row))
	}
	sortPairs(order, pairs, room, runBits)
	primary.values, _ = arranged(primary.values, order, pairs)
}

// digitBits bounds a digit of sortPairs: its counters then stay in a core's L1
// cache.
const digitBits = 11

// sortPairs sorts pairs by the lowest so many bits of their keys, those of equal
// keys as they stand, writes their rows to order, and returns the pairs, which
// are then in either slice. It is a radix sort, 1.5–3 ns a pair and digit.
func sortPairs(order []uint32, pairs, room []int64, keyBits int) []int64 {
	digits := (keyBits + digitBits - 1) / digitBits
	for d := range digits {
		from, to := 32+keyBits*d/digits, 32+keyBits*(d+1)/digits
		mask := uint64(1)<<(to-from) - 1
		var at [1 << digitBits]uint32
		for _, p := range pairs {
			at[uint64(p)>>from&mask&(1<<digitBits-1)]++
		}
		sum := uint32(0)
		for k, n := range at[:mask+1] {
			at[k] = sum
			sum += n
		}
		for _, p := range pairs {
			k := uint64(p) >> from & mask & (1<<digitBits - 1)
			room[at[k]] = p
			at[k]++
		}
		pairs, room = room, pairs
	}
	for i, p := range pairs {
		order[i] = uint32(p)
	}
	return pairs
}
