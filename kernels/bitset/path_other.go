//go:build !amd64 || purego

package bitset

import "github.com/headwater-dev/headwater/kernels/cpu"

var path = cpu.PureGo

func and(dst, a, b []uint64) int { return andGeneric(dst, a, b) }

func count(a []uint64) int { return countGeneric(a) }

func andCounts(dst, prefixes []uint64, words int, items []uint64, stride int, start []int, ext []uint32) {
	andCountsGeneric(dst, prefixes, words, items, stride, start, ext)
}
