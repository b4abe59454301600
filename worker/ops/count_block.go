package ops

import (
	"slices"

	"github.com/headwater-dev/headwater/kernels/bitset"
	"github.com/headwater-dev/headwater/kernels/encode"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// blockWords is the length of a block's bitmap in words.
const blockWords = shard.BlockRows / 64

// countBlock is one block of a shard laid out for counting the extensions of
// prefixes, by bitmaps (see countTile) or by walking the prefix's rows (see
// rowWalk). Either layout is made when it is first asked for. Memory is reused
// from block to block.
type countBlock struct {
	items    []wire.Item // what prefixes and extensions are made of, ascending by feature, then code
	byFeat   []itemRange
	rows     int
	part     uint8 // see encoder.Rows
	words    int
	codes    [][]uint8 // feature → row
	measures []blockMeasure
	complete []bool // measure → known on every row
	narrow   []bool // measure → see makeCounts

	cut     bool     // bitmaps are made
	bitmaps []uint64 // item × blockWords, then room for others
	others  int      // bitmaps that there is room for

	laid     bool    // all and rowCodes are made, and the channels' weights
	rowCodes []uint8 // row × stride: the codes row by row
	stride   int
	levels   []int    // byte of a row → how many codes it can have; past the last feature one, 0
	all      []uint16 // 0, 1, …, rows-1
	channels []channel
	weighed  bool       // the channels' weights are made
	weights  [][]uint64 // their memory
}

// itemRange are the items of one feature. Item from+r has the rank r; the codes
// that are no items, if the feature has any, share the last rank.
type itemRange struct {
	feature, from int
	codes         []uint8
	size          int // ranks
	ranks         *[256]uint8
}

// rest says whether the last rank is that of the codes that are no items.
func (r *itemRange) rest() bool { return r.size > len(r.codes) }

// blockMeasure is one measure in the block.
type blockMeasure struct {
	*shard.Frame
	knownBits []uint64 // Known == Some: the rows on which it is known
}

func newCountBlock(items []wire.Item, plan *encoder.Plan) *countBlock {
	b := &countBlock{
		items:    items,
		codes:    make([][]uint8, len(plan.Features)),
		stride:   len(plan.Features) + 7, // eight codes can be read from every feature on
		measures: make([]blockMeasure, len(plan.Measures)),
		complete: completeMeasures(plan),
		narrow:   make([]bool, len(plan.Measures)),
	}
	for f := range b.stride {
		b.levels = append(b.levels, 1)
		if f < len(plan.Features) {
			b.levels[f] = plan.Features[f].Codes()
		}
	}
	for i, item := range items {
		last := len(b.byFeat) - 1
		if last < 0 || b.byFeat[last].feature != item.Feature {
			b.byFeat = append(b.byFeat, itemRange{feature: item.Feature, from: i})
			last++
		}
		b.byFeat[last].codes = append(b.byFeat[last].codes, item.Code)
	}
	for i := range b.byFeat {
		r := &b.byFeat[i]
		r.size, r.ranks = min(len(r.codes)+1, plan.Features[r.feature].Codes()), new([256]uint8)
		for code := range r.ranks {
			r.ranks[code] = uint8(min(len(r.codes), 255))
		}
		for rank, code := range r.codes {
			r.ranks[code] = uint8(rank)
		}
	}
	return b
}

// cover says that all rows of the features are of items: no rank stands for
// the rest.
func (b *countBlock) cover(features []int) {
	for i := range b.byFeat {
		if r := &b.byFeat[i]; slices.Contains(features, r.feature) {
			r.size = len(r.codes)
		}
	}
}

// load takes up block i of s.
func (b *countBlock) load(s *shard.Shard, i int) {
	at := s.Blocks()[i]
	b.rows, b.words, b.part = at.Rows, bitset.Words(at.Rows), at.Part
	b.cut, b.laid, b.weighed = false, false, false
	for f := range b.codes {
		b.codes[f] = s.Codes(f)[at.Start:][:at.Rows]
	}
	for m := range b.measures {
		bm := &b.measures[m]
		bm.Frame = s.Frame(i, m)
		if bm.Known == shard.Some {
			bm.knownBits = resize(bm.knownBits, b.words)
			s.KnownBlock(i, m, bm.knownBits)
		}
	}
	b.channels = planChannels(b.channels[:0], b.measures, shard.BlockRows)
}

// loadPiece takes up the rows of a piece, for joint histograms alone.
func (b *countBlock) loadPiece(p *piece) {
	b.load(p.shard, p.block)
	if !p.split {
		return
	}
	b.rows = p.to - p.from
	for f := range b.codes {
		b.codes[f] = b.codes[f][p.from:p.to]
	}
	for m := range b.measures {
		b.measures[m].Frame = p.frames[m].Frame
	}
}

// bitmap returns an item's bitmap.
func (b *countBlock) bitmap(item uint32) []uint64 {
	b.cutItems()
	return b.bitmaps[int(item)*blockWords:][:b.words]
}

// cutItems makes the items' bitmaps.
func (b *countBlock) cutItems() {
	if b.cut {
		return
	}
	b.cut = true
	b.bitmaps = resize(b.bitmaps, (len(b.items)+b.others)*blockWords)
	for _, r := range b.byFeat {
		encode.Bitmaps(b.bitmaps[r.from*blockWords:], blockWords, b.codes[r.feature], r.codes)
	}
}

// layRows lays codes and residuals out row by row.
func (b *countBlock) layRows() {
	if b.laid {
		return
	}
	b.laid = true
	b.rowCodes = resize(b.rowCodes, b.rows*b.stride)
	encode.RowMajor(b.rowCodes, b.stride, b.codes)
	if b.all == nil {
		b.all = make([]uint16, shard.BlockRows)
		for i := range b.all {
			b.all[i] = uint16(i)
		}
	}
	b.weigh()
}

// half returns the counts that the block's rows belong to.
func (b *countBlock) half(h *partial.Halves) *partial.Counts {
	if b.part&encoder.Confirmation != 0 {
		return &h.Confirmation
	}
	return &h.Discovery
}

// passes is how many times the rows of an extension are counted by bitmaps:
// once, once for every measure that some rows lack, once for every bit-plane.
func (b *countBlock) passes() int {
	n := 1
	for i := range b.measures {
		n += b.measures[i].Width
		if b.measures[i].Known == shard.Some {
			n++
		}
	}
	return n
}

// resize returns a slice of length n, s where it is large enough; its content
// is undefined.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
