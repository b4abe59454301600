package ops

import (
	"math"
	"math/bits"
	"slices"

	"github.com/headwater-dev/headwater/kernels/bitset"
	"github.com/headwater-dev/headwater/worker/shard"
)

// stretch is a number of pieces that joint histograms count together: one table
// holds their rows, each measure as what it is above one minimum.
type stretch struct {
	pieces   []piece
	rows     int
	measures []blockMeasure // of all pieces, without planes
	channels []channel
}

// piece is a block, or the rows of a block on which every measure is constant.
type piece struct {
	shard    *shard.Shard
	block    int
	from, to int // rows of the block
	frames   []blockMeasure
	split    bool // not all of the block
}

// What limits a stretch: counts are of 32 bits; and one of so many rows is left
// as it is rather than given one more channel, since by then emptying the tables
// once more costs less.
const (
	stretchRows = math.MaxInt32
	enoughRows  = 16 * shard.BlockRows
)

// planStretches sorts the blocks of the parts wanted into stretches. Pieces on
// which all measures are constant need no weights, so these stay among
// themselves where they have enough rows, or are of two kinds, as of a yes/no
// measure.
func planStretches(shards []*shard.Shard, measures int, wanted func(part uint8) bool) []*stretch {
	var constant, varied []*stretch
	var left []piece
	for _, s := range shards {
		for i, at := range s.Blocks() {
			if !wanted(at.Part) {
				continue
			}
			for _, p := range piecesOf(s, i, measures) {
				if !p.constant() {
					left = append(left, p)
				} else if !slices.ContainsFunc(constant, func(t *stretch) bool { return t.join(p, false) }) {
					constant = append(constant, newStretch(p))
				}
			}
		}
	}
	few := len(constant) <= 2
	for _, t := range constant {
		if few || t.rows >= enoughRows {
			varied = append(varied, t)
		} else {
			left = append(left, t.pieces...)
		}
	}
	for _, p := range left {
		if !slices.ContainsFunc(varied, func(t *stretch) bool { return t.join(p, false) }) {
			if k := len(varied) - 1; k < 0 || varied[k].rows >= enoughRows || !varied[k].join(p, true) {
				varied = append(varied, newStretch(p))
			}
		}
	}
	for _, t := range varied {
		t.channels = planChannels(nil, t.measures, t.rows)
	}
	return varied
}

// piecesOf cuts a block in two where the primary measure, by which rows are
// sorted, goes from one value to the next and the others are constant.
func piecesOf(s *shard.Shard, block, measures int) []piece {
	rows := s.Blocks()[block].Rows
	p := piece{shard: s, block: block, to: rows, frames: make([]blockMeasure, measures)}
	for m := range p.frames {
		p.frames[m].Frame = s.Frame(block, m)
	}
	if measures == 0 || p.frames[0].Width != 1 || p.frames[0].Known != shard.All {
		return []piece{p}
	}
	low, high := p, p
	low.frames, high.frames = slices.Clone(p.frames), slices.Clone(p.frames)
	low.frames[0].Frame = &shard.Frame{Min: p.frames[0].Min}
	high.frames[0].Frame = &shard.Frame{Min: p.frames[0].Min + 1}
	if !low.constant() {
		return []piece{p}
	}
	low.to = rows - bitset.Count(p.frames[0].Planes)
	high.from, low.split, high.split = low.to, true, true
	return []piece{low, high}
}

// constant says whether no measure varies, nor is known on some rows only.
func (p *piece) constant() bool {
	return !slices.ContainsFunc(p.frames, func(m blockMeasure) bool { return m.Known == shard.Some || m.Known == shard.All && m.Width > 0 })
}

func newStretch(p piece) *stretch {
	t := &stretch{pieces: []piece{p}, rows: p.to - p.from, measures: make([]blockMeasure, len(p.frames))}
	for m := range p.frames {
		f := p.frames[m].Frame
		t.measures[m].Frame = &shard.Frame{Min: f.Min, Width: f.Width, Known: f.Known}
	}
	return t
}

// join adds a piece and returns true, if it fits; where that takes a channel for
// a measure that varies in only one of them, or in neither, only if more says so.
func (t *stretch) join(p piece, more bool) bool {
	rows := t.rows + p.to - p.from
	if rows > stretchRows {
		return false
	}
	packed, _ := packing(rows)
	for m := range p.frames {
		a, b := t.measures[m].Frame, p.frames[m].Frame
		if a.Known != b.Known {
			return false
		}
		if a.Known == shard.None {
			continue
		}
		_, width := joined(a, b)
		if width > packed && (width <= packedBits || packed < 32) {
			return false
		}
		if !more && ((width > 0) != (a.Width > 0) || (width > 0) != (b.Width > 0)) {
			return false
		}
	}
	for m := range p.frames {
		if f := t.measures[m].Frame; f.Known != shard.None {
			f.Min, f.Width = joined(f, p.frames[m].Frame)
		}
	}
	t.pieces, t.rows = append(t.pieces, p), rows
	return true
}

// joined returns the minimum of two frames and the width that the values of
// both have above it.
func joined(a, b *shard.Frame) (least int64, width int) {
	least = min(a.Min, b.Min)
	above := max(top(a, least), top(b, least))
	return least, bits.Len64(above)
}

// top returns how far the highest value that a frame can hold is above least.
func top(f *shard.Frame, least int64) uint64 {
	from, span := uint64(f.Min)-uint64(least), ^uint64(0)>>(64-f.Width)
	if most := uint64(math.MaxInt64) - uint64(least); span > most-from {
		return most
	}
	return from + span
}
