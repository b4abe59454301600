//go:build amd64 && !purego

package distance

import (
	"unsafe"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

// coarseScans says whether there are kernels for coarse copies of rows.
func coarseScans() bool { return path != cpu.PureGo }

// path is what the kernels take; an error of the choice is the command's to
// report.
var path, _ = cpu.Active()

// scanFunc is the signature of the generated scans, one for each size of group.
type scanFunc[T float32 | int32] func(t, x *T, terms int, stream *T, groups int, codes *uint8, chunks *int64, categories int)

var (
	scans512       = [...]scanFunc[float32]{scan512x1, scan512x2, scan512x3, scan512x4, scan512x5, scan512x6}
	scans2         = [...]scanFunc[float32]{scan2x1, scan2x2, scan2x3, scan2x4, scan2x5, scan2x6}
	coarseScans512 = [...]scanFunc[int32]{coarse512x1, coarse512x2, coarse512x3, coarse512x4, coarse512x5, coarse512x6}
	coarseScans2   = [...]scanFunc[int32]{coarse2x1, coarse2x2, coarse2x3, coarse2x4, coarse2x5, coarse2x6}
)

// stream is what assembly reads of the centroids: groups of up to six, as equal
// as can be, the larger ones first. A group is a header of eight biases and the
// numbers of eight centroids, the slopes term by term, and for each category its
// table, chunk of levels by chunk of levels. Each of them begins at a multiple of
// 64 bytes.
type stream[T float32 | int32] struct {
	path   cpu.Path
	terms  int
	runs   []run[T]
	chunks []int64 // of each category
}

// run is a run of groups of the same size.
type run[T float32 | int32] struct {
	size, groups int
	data         []T // aligned to 64 bytes
}

const (
	groupSize = 6
	line      = 64 / 4 // values
)

func streamOf[T float32 | int32](from *scoring[T], space *Space) stream[T] {
	if path == cpu.PureGo {
		return stream[T]{}
	}
	s := stream[T]{path: path, terms: from.terms}
	width := 32 // levels in a chunk
	if path == cpu.AVX2 {
		width = 8
	}
	for _, cat := range space.Categories {
		s.chunks = append(s.chunks, int64((cat.Levels+width-1)/width))
	}
	groups := (from.k + groupSize - 1) / groupSize
	small, large := from.k/groups, from.k%groups
	first := 0
	for _, r := range []run[T]{{size: small + 1, groups: large}, {size: small, groups: groups - large}} {
		if r.groups == 0 {
			continue
		}
		r.data = from.lay(space, first, r.size, r.groups, width, s.chunks)
		s.runs = append(s.runs, r)
		first += r.size * r.groups
	}
	return s
}

// lay lays out groups of so many centroids each, from centroid j on.
func (s *scoring[T]) lay(space *Space, j, size, groups, width int, chunks []int64) []T {
	total := line + lines(s.terms*size)
	for _, n := range chunks {
		total += lines(int(n) * width * size)
	}
	all := make([]T, total*groups+line)
	if off := uintptr(unsafe.Pointer(&all[0])) % 64; off != 0 {
		all = all[(64-off)/4:]
	}
	all = all[: total*groups : total*groups]
	for to := all; len(to) > 0; to, j = to[total:], j+size {
		numbers := unsafe.Slice((*uint32)(unsafe.Pointer(&to[line/2])), line/2)
		at := line
		for m := range size {
			to[m], numbers[m] = s.bias[j+m], uint32(j+m)
			for f, slope := range s.slopes[(j+m)*s.terms:][:s.terms] {
				to[at+f*size+m] = slope
			}
		}
		at += lines(s.terms * size)
		for g, cat := range space.Categories {
			for m := range size {
				for l, v := range s.tables[g][(j+m)*cat.Levels:][:cat.Levels] {
					to[at+(l/width*size+m)*width+l%width] = v
				}
			}
			at += lines(int(chunks[g]) * width * size)
		}
	}
	return all
}

// lines rounds up to whole cache lines.
func lines(n int) int { return (n + line - 1) / line * line }

// scan scores the first rows of a tile.
func (c *Centroids) scan(t *tile[float32], x []float32, codes []uint8, rows int) {
	switch c.streamed.path {
	case cpu.PureGo:
		c.scanGeneric(t, x, codes, rows)
	case cpu.AVX512:
		c.streamed.scan(scans512[:], tileRows, t, x, codes, rows)
	default:
		c.streamed.scan(scans2[:], Lanes, t, x, codes, rows)
	}
}

// scan scores a whole tile of a coarse copy. The scores are about the block's
// mean.
func (c *coarseCentroids) scan(t *tile[float32], x []int32, codes []uint8) {
	q := unscoredQ
	if c.streamed.path == cpu.AVX512 {
		c.streamed.scan(coarseScans512[:], tileRows, &q, x, codes, tileRows)
		scale512(&t.best[0], &q.best[0], c.unit)
		return
	}
	c.streamed.scan(coarseScans2[:], Lanes, &q, x, codes, tileRows)
	for i, best := range q.best {
		t.best[i], t.second[i] = float32(best)*c.unit, float32(q.second[i])*c.unit
	}
	t.nearest = q.nearest
}

// scan scores the first rows of a tile by scans of so many rows at a time.
func (s *stream[T]) scan(scans []scanFunc[T], at int, t *tile[T], x []T, codes []uint8, rows int) {
	_ = x[:tileRows*s.terms]
	chunks, categories := unsafe.SliceData(s.chunks), len(s.chunks)
	for _, r := range s.runs {
		for row := 0; row < rows; row += at {
			// A tile and codes that begin with the scan's rows.
			scans[r.size-1](&t.best[row], unsafe.SliceData(x[row*s.terms:]), s.terms, unsafe.SliceData(r.data), r.groups,
				unsafe.SliceData(codes[min(row, len(codes)):]), chunks, categories)
		}
	}
}

func finish(t *tile[float32], norms []float32, nearest []uint16, slack []float32, b *bounds) (open, changed uint64) {
	if path != cpu.AVX512 || len(nearest) < tileRows {
		return finishGeneric(t, norms, nearest, slack, b)
	}
	_, _ = norms[tileRows-1], slack[tileRows-1]
	return finish512(&t.best[0], &norms[0], &nearest[0], &slack[0], &b.reach)
}

func age(active []uint64, slack []float32, nearest []uint16, drops []float32, spared float32) {
	whole := len(nearest) / tileRows
	if path != cpu.AVX512 {
		whole = 0
	}
	if whole > 0 {
		age512(&active[0], &slack[0], &nearest[0], &drops[0], whole, keep, spared)
	}
	ageGeneric(active[whole:], slack[whole*tileRows:], nearest[whole*tileRows:], drops, spared)
}

func (g *gather) dense() {
	if path != cpu.AVX512 {
		g.denseGeneric()
		return
	}
	gather512(unsafe.SliceData(g.x), unsafe.SliceData(g.from.X), &g.rows[0], g.n, g.from.dense)
}

func move(sums []int64, x []float32, changes []change, d int) {
	if path != cpu.AVX512 {
		moveGeneric(sums, x, changes, d)
		return
	}
	move512(unsafe.SliceData(sums), unsafe.SliceData(x), &changes[0].row, len(changes), d)
}
