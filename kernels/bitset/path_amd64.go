//go:build amd64 && !purego

package bitset

import (
	"unsafe"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

// path is what the kernels take; an error of the choice is the command's to
// report.
var path, _ = cpu.Active()

func and(dst, a, b []uint64) int {
	switch path {
	case cpu.AVX512:
		return and512(unsafe.SliceData(dst), unsafe.SliceData(a), unsafe.SliceData(b), len(dst))
	case cpu.AVX2:
		return and2(unsafe.SliceData(dst), unsafe.SliceData(a), unsafe.SliceData(b), len(dst))
	default:
		return andGeneric(dst, a, b)
	}
}

// andCounts is AndCounts with arguments that have been checked.
func andCounts(dst, prefixes []uint64, words int, items []uint64, stride int, start []int, ext []uint32) {
	t := tile{dst, prefixes, words, items, stride, ext}
	last := len(start) - 1
	switch path {
	case cpu.AVX512:
		p := 0
		for ; p+1 < last; p += 2 {
			t.pair512(p, start[p], start[p+1], start[p+2])
		}
		if p < last {
			t.one512(p, start[p], start[p+1])
		}
	case cpu.AVX2:
		for p := range last {
			t.one2(p, start[p], start[p+1])
		}
	default:
		andCountsGeneric(dst, prefixes, words, items, stride, start, ext)
	}
}

// tile holds the arguments of AndCounts.
type tile struct {
	dst, prefixes []uint64
	words         int
	items         []uint64
	stride        int
	ext           []uint32
}

// pair512 counts the extensions a…aEnd-1 of prefix p and aEnd…bEnd-1 of prefix
// p+1. Runs that both lists have are counted for both at once, so that their
// items are fetched once; lists that ascend share as much as there is to share.
func (t *tile) pair512(p, a, aEnd, bEnd int) {
	b := aEnd
	for a < aEnd && b < bEnd {
		x, y := a, b
		switch {
		case t.ext[a] == t.ext[b]:
			for x < aEnd && y < bEnd && t.ext[x] == t.ext[y] {
				x++
				y++
			}
			andCountsPair512(&t.dst[a], &t.dst[b], t.prefix(p), t.prefix(p+1), t.words,
				unsafe.SliceData(t.items), t.stride, &t.ext[a], x-a)
		case t.ext[a] < t.ext[b]:
			for x < aEnd && t.ext[x] < t.ext[b] {
				x++
			}
			t.one512(p, a, x)
		default:
			for y < bEnd && t.ext[y] < t.ext[a] {
				y++
			}
			t.one512(p+1, b, y)
		}
		a, b = x, y
	}
	t.one512(p, a, aEnd)
	t.one512(p+1, b, bEnd)
}

// one512 counts the extensions a…end-1 of prefix p.
func (t *tile) one512(p, a, end int) {
	dst, ext := t.dst[a:end], t.ext[a:end]
	andCountsOne512(unsafe.SliceData(dst), t.prefix(p), t.words, unsafe.SliceData(t.items), t.stride, unsafe.SliceData(ext), len(ext))
}

func (t *tile) one2(p, a, end int) {
	dst, ext := t.dst[a:end], t.ext[a:end]
	andCountsOne2(unsafe.SliceData(dst), t.prefix(p), t.words, unsafe.SliceData(t.items), t.stride, unsafe.SliceData(ext), len(ext))
}

func (t *tile) prefix(p int) *uint64 { return unsafe.SliceData(t.prefixes[p*t.words:]) }
