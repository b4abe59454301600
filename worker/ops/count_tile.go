package ops

import (
	"github.com/headwater-dev/headwater/kernels/bitset"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
)

// tilePrefixes is the number of prefixes counted in one call of the kernel: 8
// bitmaps of 2 KiB stay in the L1 cache beside the items' that pass by.
const tilePrefixes = 8

// countTile gathers prefixes of a block and counts their extensions by
// bitmaps, all prefixes at once. Whoever adds the last prefix of a block
// flushes it.
type countTile struct {
	prefixes []uint64 // prefix × words of the block
	masked   []uint64 // the same, less some rows
	start    []int    // prefix → its first extension in ext
	ext      []uint32
	first    []int // prefix → entry of its first extension
	counts   []uint64
	sums     blockSums
}

// room returns where the bitmap of the next prefix goes; it may be made there.
func (t *countTile) room(b *countBlock) []uint64 {
	t.prefixes = resize(t.prefixes, tilePrefixes*blockWords)
	return t.prefixes[len(t.first)*b.words:][:b.words]
}

// add puts a prefix into the tile: its bitmap, its extensions (items of the
// block) and the entry of counts that the first of them has, the others
// following. It returns whether the tile is full.
func (t *countTile) add(b *countBlock, bitmap []uint64, ext []uint32, first int) (full bool) {
	if len(t.start) == 0 {
		t.start = append(t.start, 0)
	}
	if room := t.room(b); &room[0] != &bitmap[0] {
		copy(room, bitmap)
	}
	t.first = append(t.first, first)
	t.ext = append(t.ext, ext...)
	t.start = append(t.start, len(t.ext))
	return len(t.first) == tilePrefixes
}

// flush counts the tile's extensions, adds them to counts and empties the tile.
func (t *countTile) flush(b *countBlock, counts *partial.Counts) {
	if len(t.first) == 0 {
		return
	}
	t.sums.reset(len(t.ext), b.measures)
	prefixes := t.prefixes[:len(t.first)*b.words]
	bitset.AndCounts(t.sums.n, prefixes, b.words, b.bitmaps, blockWords, t.start, t.ext)
	for m := range b.measures {
		bm, r := &b.measures[m], &t.sums.measures[m]
		if bm.Known == shard.Some {
			t.countMasked(b, bm.knownBits)
			copy(r.known, t.counts)
		}
		for plane := range bm.Width {
			t.countMasked(b, bm.Planes[plane*b.words:][:b.words])
			to, shift := r.lo, plane
			if plane >= 32 {
				to, shift = r.hi, plane-32
			}
			for i, n := range t.counts {
				to[i] += n << shift
			}
		}
	}
	for p, first := range t.first {
		t.sums.flush(b.measures, t.start[p], t.start[p+1], counts, first)
	}
	t.start, t.ext, t.first = t.start[:0], t.ext[:0], t.first[:0]
}

// countMasked sets t.counts to the extensions' counts over the rows of mask.
func (t *countTile) countMasked(b *countBlock, mask []uint64) {
	t.masked = resize(t.masked, tilePrefixes*blockWords)
	t.counts = resize(t.counts, len(t.ext))
	for p := range t.first {
		bitset.And(t.masked[p*b.words:][:b.words], t.prefixes[p*b.words:], mask)
	}
	bitset.AndCounts(t.counts, t.masked, b.words, b.bitmaps, blockWords, t.start, t.ext)
}
