//go:build amd64 && !purego

package bitset

import (
	"bytes"
	"fmt"
	"math"
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

// count counts a as its own extension.
func count(a []uint64) int {
	if path == cpu.PureGo || len(a) == 0 {
		return countGeneric(a)
	}
	var n [1]uint64
	t := tile{dst: n[:], prefixes: a, words: len(a), items: a, ext: []uint32{0}}
	t.one(0, 0, 1)
	return int(n[0])
}

// andCounts is AndCounts with dst, prefixes and ext as long as start says.
func andCounts(dst, prefixes []uint64, words int, items []uint64, stride int, start []int, ext []uint32) {
	if path == cpu.PureGo || len(ext) == 0 || words == 0 || stride < words || len(items) < words {
		andCountsGeneric(dst, prefixes, words, items, stride, start, ext)
		return
	}
	t := tile{dst, prefixes, words, items, stride, ext, lastItem(len(items), words, stride)}
	p, last := 0, len(start)-1
	if path == cpu.AVX512 {
		for ; p+1 < last; p += 2 {
			t.pair512(p, start[p], start[p+1], start[p+2])
		}
	}
	for ; p < last; p++ {
		t.one(p, start[p], start[p+1])
	}
}

// lastItem returns the number of the last item that has all its words.
func lastItem(all, words, stride int) uint32 {
	return uint32(min((all-words)/stride, math.MaxUint32))
}

// tile holds the arguments of AndCounts.
type tile struct {
	dst, prefixes []uint64
	words         int
	items         []uint64
	stride        int
	ext           []uint32
	last          uint32 // item
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
			n := common(t.ext[a:aEnd], t.ext[b:bEnd])
			x, y = a+n, b+n
			dst0, dst1 := t.dst[a:x], t.dst[b:y]
			t.all(andCountsPair512(&dst0[0], &dst1[0], t.prefix(p), t.prefix(p+1), t.words,
				&t.items[0], t.stride, &t.ext[a], n, t.last))
		case t.ext[a] < t.ext[b]:
			for x < aEnd && t.ext[x] < t.ext[b] {
				x++
			}
			t.one(p, a, x)
		default:
			for y < bEnd && t.ext[y] < t.ext[a] {
				y++
			}
			t.one(p+1, b, y)
		}
		a, b = x, y
	}
	t.one(p, a, aEnd)
	t.one(p+1, b, bEnd)
}

// common returns how long the lists agree. Mostly that is to the end of the
// shorter one, which the standard library sees faster than a loop would.
func common(a, b []uint32) int {
	n := min(len(a), len(b))
	if bytes.Equal(asBytes(a[:n]), asBytes(b[:n])) {
		return n
	}
	n = 0
	for a[n] == b[n] {
		n++
	}
	return n
}

func asBytes(a []uint32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(a))), 4*len(a))
}

// one counts the extensions a…end-1 of prefix p.
func (t *tile) one(p, a, end int) {
	dst, ext := t.dst[a:end], t.ext[a:end]
	if len(ext) == 0 {
		return
	}
	if path == cpu.AVX512 {
		t.all(andCountsOne512(&dst[0], t.prefix(p), t.words, &t.items[0], t.stride, &ext[0], len(ext), t.last))
	} else {
		t.all(andCountsOne2(&dst[0], t.prefix(p), t.words, &t.items[0], t.stride, &ext[0], len(ext), t.last))
	}
}

// all panics as an index out of range does, unless no extensions are left.
func (t *tile) all(left int) {
	if left != 0 {
		panic(fmt.Sprintf("bitset: an extension is beyond the %d items", int(t.last)+1))
	}
}

func (t *tile) prefix(p int) *uint64 { return unsafe.SliceData(t.prefixes[p*t.words:]) }
