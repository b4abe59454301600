package ops

import "github.com/headwater-dev/headwater/kernels/hist"

// rowWalk counts extensions by walking the prefix's rows: one addition a row,
// feature and channel serves all levels of the feature.
type rowWalk struct {
	tables [8]hist.Table // zero between calls
	spans  []featureSpan
}

// featureSpan is a run of extensions whose features lie within eight (or four)
// neighbours.
type featureSpan struct {
	first int // feature
	wide  bool
	to    int // end of the run
}

// count sets sums (which are reset) of the extensions ext over the listed rows
// of b.
func (w *rowWalk) count(b *countBlock, rows []uint16, ext []uint32, sums *blockSums) {
	b.layRows()
	w.spans = cutSpans(w.spans[:0], b, ext)
	for i := range b.channels {
		c := &b.channels[i]
		from := 0
		for _, span := range w.spans {
			w.add(b, c, rows, span)
			w.collect(b, c, span, ext, from, sums)
			from = span.to
		}
	}
}

func (w *rowWalk) add(b *countBlock, c *channel, rows []uint16, s featureSpan) {
	switch {
	case c.weights == nil && s.wide:
		hist.Add8(&w.tables, rows, b.rowCodes, b.stride, s.first)
	case c.weights == nil:
		hist.Add4(&w.tables, rows, b.rowCodes, b.stride, s.first)
	case s.wide:
		hist.Add8Weighted(&w.tables, rows, b.rowCodes, b.stride, s.first, c.weights)
	default:
		hist.Add4Weighted(&w.tables, rows, b.rowCodes, b.stride, s.first, c.weights)
	}
}

// collect moves the entries of the extensions from…span.to from the tables to
// sums, and clears the tables.
func (w *rowWalk) collect(b *countBlock, c *channel, span featureSpan, ext []uint32, from int, sums *blockSums) {
	mask := uint64(1)<<c.shift - 1
	counts, residuals := c.targets(sums)
	for i := from; i < span.to; i++ {
		item := b.items[ext[i]]
		v := w.tables[item.Feature-span.first][item.Code]
		if counts != nil {
			counts[i] = v >> c.shift
		}
		if residuals != nil {
			residuals[i] = v & mask
		}
	}
	width := 4
	if span.wide {
		width = 8
	}
	for t := range width {
		clear(w.tables[t][:b.levels[span.first+t]])
	}
}

// cutSpans cuts extensions into spans, widest first.
func cutSpans(spans []featureSpan, b *countBlock, ext []uint32) []featureSpan {
	for i := 0; i < len(ext); {
		s := featureSpan{first: b.items[ext[i]].Feature}
		for ; i < len(ext); i++ {
			ahead := b.items[ext[i]].Feature - s.first
			if ahead >= 8 {
				break
			}
			s.wide = s.wide || ahead >= 4
		}
		s.to = i
		spans = append(spans, s)
	}
	return spans
}
