//go:build amd64 && !purego

package distance

import (
	"math/bits"
	"unsafe"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

// path is what the kernels take; an error of the choice is the command's to
// report.
var path, _ = cpu.Active()

// scanFunc is the signature of the generated scans, one for each size of group.
type scanFunc func(t, x *float32, d int, stream *float32, groups int, codes *uint8, chunks *int64, categories int)

var (
	scans512 = [...]scanFunc{scan512x1, scan512x2, scan512x3, scan512x4, scan512x5, scan512x6}
	scans2   = [...]scanFunc{scan2x1, scan2x2, scan2x3, scan2x4, scan2x5, scan2x6}
)

// stream is what assembly reads of the centroids: groups of up to six, as equal
// as can be, the larger ones first. A group is a header of eight biases and the
// numbers of eight centroids, the slopes feature by feature, and for each
// category its table, chunk of levels by chunk of levels. Each of them begins at
// a multiple of 64 bytes.
type stream struct {
	path   cpu.Path
	runs   []run
	chunks []int64 // of each category
}

// run is a run of groups of the same size.
type run struct {
	size, groups int
	data         []float32 // aligned to 64 bytes
}

const (
	groupSize = 6
	line      = 64 / 4 // float32 values
)

func (c *Centroids) stream() stream {
	if path == cpu.PureGo {
		return stream{}
	}
	s := stream{path: path}
	width := 32 // levels in a chunk
	if path == cpu.AVX2 {
		width = 8
	}
	for _, cat := range c.space.Categories {
		s.chunks = append(s.chunks, int64((cat.Levels+width-1)/width))
	}
	groups := (c.k + groupSize - 1) / groupSize
	small, large := c.k/groups, c.k%groups
	first := 0
	for _, r := range []run{{size: small + 1, groups: large}, {size: small, groups: groups - large}} {
		if r.groups == 0 {
			continue
		}
		r.data = c.lay(first, r.size, r.groups, width, s.chunks)
		s.runs = append(s.runs, r)
		first += r.size * r.groups
	}
	return s
}

// lay lays out groups of so many centroids each, from centroid j on.
func (c *Centroids) lay(j, size, groups, width int, chunks []int64) []float32 {
	d := len(c.space.Weights)
	total := line + lines(d*size)
	for _, n := range chunks {
		total += lines(int(n) * width * size)
	}
	all := make([]float32, total*groups+line)
	if off := uintptr(unsafe.Pointer(&all[0])) % 64; off != 0 {
		all = all[(64-off)/4:]
	}
	all = all[: total*groups : total*groups]
	for to := all; len(to) > 0; to, j = to[total:], j+size {
		numbers := unsafe.Slice((*uint32)(unsafe.Pointer(&to[line/2])), line/2)
		at := line
		for m := range size {
			to[m], numbers[m] = float32(c.bias[j+m]), uint32(j+m)
			for f := range d {
				to[at+f*size+m] = float32(c.slopes[(j+m)*d+f])
			}
		}
		at += lines(d * size)
		for g, cat := range c.space.Categories {
			for m := range size {
				for l, v := range c.tables[g][(j+m)*cat.Levels:][:cat.Levels] {
					to[at+(l/width*size+m)*width+l%width] = float32(v)
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
func (c *Centroids) scan(t *tile, x []float32, codes []uint8, rows int) {
	d, s := len(c.space.Weights), &c.streamed
	if s.path == cpu.PureGo {
		c.scanGeneric(t, x, codes, rows)
		return
	}
	_ = x[:tileRows*d]
	chunks, categories := unsafe.SliceData(s.chunks), len(s.chunks)
	for _, r := range s.runs {
		data := unsafe.SliceData(r.data)
		if s.path == cpu.AVX512 {
			scans512[r.size-1](&t.best[0], unsafe.SliceData(x), d, data, r.groups, unsafe.SliceData(codes), chunks, categories)
			continue
		}
		for row := 0; row < rows; row += Lanes {
			// A tile and codes that begin with the panel's rows.
			scans2[r.size-1](&t.best[row], unsafe.SliceData(x[row*d:]), d, data, r.groups,
				unsafe.SliceData(codes[min(row, len(codes)):]), chunks, categories)
		}
	}
}

func finish(t *tile, norms []float32, nearest []uint16, slack []float32, b *bounds) (open, changed uint64) {
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

func (g *gather) dense(p int, mask uint16) {
	d := g.from.dense
	if path != cpu.AVX512 {
		g.denseGeneric(p, mask)
		return
	}
	src := &g.from.X[p*d*Lanes]
	for n := g.n; mask != 0; {
		lanes := lowest(mask, min(bits.OnesCount16(mask), Lanes-n%Lanes)) // of one panel
		count := bits.OnesCount16(lanes)
		compress512(&g.x[n/Lanes*d*Lanes+n%Lanes], src, d, lanes, uint16(1<<count-1))
		mask &^= lanes
		n += count
	}
}

// apart are the places of a row's next values.
var apart = func() (lanes [16]int32) {
	for i := range lanes {
		lanes[i] = int32(i * Lanes)
	}
	return lanes
}()

func move(in, out []int64, x []float32) {
	if path != cpu.AVX512 {
		moveGeneric(in, out, x)
		return
	}
	_ = x[(len(in)-1)*Lanes]
	move512(unsafe.SliceData(in), unsafe.SliceData(out), unsafe.SliceData(x), &apart, len(in))
}
