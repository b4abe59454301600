package ops

import (
	"slices"

	"github.com/headwater-dev/headwater/kernels/bitset"
	"github.com/headwater-dev/headwater/kernels/hist"
	"github.com/headwater-dev/headwater/kernels/lattice"
	"github.com/headwater-dev/headwater/worker/partial"
)

// method says how candidates are counted. The results are the
// same integers.
type method int

const (
	cheapest  method = iota // by the costs below and those of work
	byBitmaps               // candidate by candidate: intersect bitmaps
	byRows                  // candidate by candidate: walk the prefix's rows
	byTables                // cubes as joint histograms
	byTiles                 // cubes as tiles
)

// What counting costs, in ns on one core; a word of an intersection that is
// counted, per extension and pass, is bitset.WordCost. They only choose between
// methods, so their ratios matter: costAdd was set so that a search of a million
// rows to order 3 took the least CPU time among the values tried, the others are
// estimates.
const (
	costSplit   = 1.5 // a row of a list split by code
	costAdd     = 0.5 // a row and feature added to a histogram
	costLayAdd  = 1.5 // the same, with laying out the row's codes
	costCollect = 3.0 // an extension and channel moved out of the histogram
	costSpan    = 60  // a span of eight features and channel: call and clearing
)

// countWalk counts candidates block by block. Prefixes are walked in the order
// of the trie, so that what neighbours share (an intersection, a list of rows)
// is made once.
type countWalk struct {
	block      *countBlock
	groups     *lattice.Lattice
	candidates *lattice.Candidates
	counts     *partial.Counts // of the part that the block belongs to
	how        method
	families   []family
	adds       []int32 // prefix → additions a row and channel when its rows are walked

	path   []uint32 // items of the current prefix
	depth  int      // how many entries of path the bitmaps stand for
	bitmap []prefixBitmap
	split  []rowSplit

	tile countTile
	rows rowWalk
	sums blockSums
}

// family is a run of prefixes that differ in the level of their last item only.
type family struct {
	from, to int // prefixes
	path     []uint32
}

// prefixBitmap is the intersection of the first items of the path.
type prefixBitmap struct {
	words []uint64
	n     int // rows
	own   []uint64
}

// rowSplit holds the rows of a prefix's parent split by the feature of its
// last item.
type rowSplit struct {
	valid bool
	room  int
	n     [256]uint32
	rows  []uint16
}

func newCountWalk(b *countBlock, groups *lattice.Lattice, c *lattice.Candidates, how method) *countWalk {
	prefixOrder := c.Order - 1
	w := &countWalk{
		block: b, groups: groups, candidates: c, how: how,
		path:   make([]uint32, prefixOrder),
		bitmap: make([]prefixBitmap, prefixOrder),
		split:  make([]rowSplit, prefixOrder),
	}
	last := prefixOrder - 1
	var spans []featureSpan
	for p, prefix := range c.Prefix {
		groups.Path(prefixOrder, prefix, w.path)
		spans = cutSpans(spans[:0], b, c.Ext[c.Start[p]:c.Start[p+1]])
		adds := int32(0)
		for _, s := range spans {
			adds += 4
			if s.wide {
				adds += 4
			}
		}
		w.adds = append(w.adds, adds)
		if k := len(w.families) - 1; k >= 0 && slices.Equal(w.families[k].path[:last], w.path[:last]) &&
			w.feature(w.families[k].path[last]) == w.feature(w.path[last]) {
			w.families[k].to = p + 1
			continue
		}
		w.families = append(w.families, family{from: p, to: p + 1, path: slices.Clone(w.path)})
	}
	return w
}

func (w *countWalk) feature(item uint32) int { return w.block.items[item].Feature }

// countBlock counts all candidates in the block that has been loaded.
func (w *countWalk) countBlock() {
	w.depth = 0
	for d := range w.split {
		w.split[d].valid = false
	}
	for i := range w.families {
		w.enter(&w.families[i], i == 0)
		w.countFamily(&w.families[i])
	}
	w.tile.flush(w.block, w.counts)
}

// enter moves the path to the first prefix of a family and gives up what the
// families do not share.
func (w *countWalk) enter(f *family, first bool) {
	d := 0
	for !first && d < len(w.path)-1 && w.path[d] == f.path[d] {
		d++
	}
	for k := d; k < len(w.path); k++ {
		if k > d || w.feature(w.path[k]) != w.feature(f.path[k]) {
			w.split[k].valid = false
		}
	}
	w.depth = min(w.depth, d)
	copy(w.path, f.path)
}

func (w *countWalk) countFamily(f *family) {
	last := len(w.path) - 1
	parent := w.parentRows(last)
	if parent == 0 {
		return
	}
	c := w.candidates
	passes := float64(w.block.passes())
	perExt := passes * float64(w.block.words) * bitset.WordCost()
	rows := w.how == byRows ||
		w.how == cheapest && float64(c.Start[f.to]-c.Start[f.from])*perExt > float64(parent)*(costSplit+float64(len(w.block.channels)*int(w.adds[f.from]))*costAdd)
	for p := f.from; p < f.to; p++ {
		if p > f.from {
			w.path[last] = w.groups.Last(c.Order-1, c.Prefix[p])
			w.depth = min(w.depth, last)
		}
		if rows {
			list := w.rowsAt(last)
			if len(list) == 0 {
				continue
			}
			if w.how == byRows || w.costByRows(p, len(list)) < float64(c.Start[p+1]-c.Start[p])*perExt {
				w.countByRows(p, list)
				continue
			}
		}
		ext := c.Ext[c.Start[p]:c.Start[p+1]]
		if b := w.bitmapAt(last); b.n > 0 && w.tile.add(w.block, b.words, ext, c.Start[p]) {
			w.tile.flush(w.block, w.counts)
		}
	}
}

func (w *countWalk) costByRows(p, rows int) float64 {
	adds, ext := float64(w.adds[p]), float64(w.candidates.Start[p+1]-w.candidates.Start[p])
	return float64(len(w.block.channels)) * (float64(rows)*adds*costAdd + ext*costCollect + adds/8*costSpan)
}

func (w *countWalk) countByRows(p int, rows []uint16) {
	c := w.candidates
	ext := c.Ext[c.Start[p]:c.Start[p+1]]
	w.sums.reset(len(ext), w.block.measures)
	w.rows.count(w.block, rows, ext, &w.sums)
	w.sums.flush(w.block.measures, 0, len(ext), w.counts, c.Start[p])
}

// parentRows returns how many rows the first d items of the path have.
func (w *countWalk) parentRows(d int) int {
	switch {
	case d == 0:
		return w.block.rows
	case w.split[d-1].valid:
		return len(w.rowsAt(d - 1))
	default:
		return w.bitmapAt(d - 1).n
	}
}

// bitmapAt returns the intersection of the items 0…d of the path.
func (w *countWalk) bitmapAt(d int) *prefixBitmap {
	for ; w.depth <= d; w.depth++ {
		b, item := &w.bitmap[w.depth], w.block.bitmap(w.path[w.depth])
		if w.depth == 0 {
			b.words, b.n = item, bitset.Count(item)
			continue
		}
		b.own = resize(b.own, blockWords)
		b.words = b.own[:w.block.words]
		b.n = bitset.And(b.words, w.bitmap[w.depth-1].words, item)
	}
	return &w.bitmap[d]
}

// rowsAt returns the rows of the items 0…d of the path.
func (w *countWalk) rowsAt(d int) []uint16 {
	s, item := &w.split[d], w.block.items[w.path[d]]
	if !s.valid {
		w.block.layRows()
		parent := w.block.all[:w.block.rows]
		if d > 0 {
			parent = w.rowsAt(d - 1)
		}
		s.room, s.valid = len(parent), true
		s.rows = resize(s.rows, w.block.levels[item.Feature]*s.room)
		hist.Split(s.rows, &s.n, parent, w.block.codes[item.Feature])
	}
	return s.rows[int(item.Code)*s.room:][:s.n[item.Code]]
}
