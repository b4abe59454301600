package bitset

import "math/bits"

// AndCounts counts the rows of every extension of every prefix of a tile:
//
//	for p := range len(start)-1 {
//		for c := start[p]; c < start[p+1]; c++ {
//			for i := range words {
//				dst[c] += popcount(prefixes[p*words+i] & items[ext[c]*stride+i])
//			}
//		}
//	}
//
// with dst[c] starting at zero. Prefixes lie words apart, items stride ≥ words
// apart; start is ascending from 0 and dst and ext hold start[len(start)-1]
// entries. Nothing may overlap dst. Cost: WordCost a word and extension, where
// neighbouring prefixes have most extensions in common.
func AndCounts(dst []uint64, prefixes []uint64, words int, items []uint64, stride int, start []int, ext []uint32) {
	n := start[len(start)-1]
	dst, ext, prefixes = dst[:n], ext[:n], prefixes[:(len(start)-1)*words]
	andCounts(dst, prefixes, words, items, stride, start, ext)
}

func andCountsGeneric(dst []uint64, prefixes []uint64, words int, items []uint64, stride int, start []int, ext []uint32) {
	for p := range len(start) - 1 {
		prefix := prefixes[p*words:][:words]
		c, end := start[p], start[p+1]
		for ; c+4 <= end; c += 4 {
			dst[c], dst[c+1], dst[c+2], dst[c+3] = and4(prefix,
				items[int(ext[c])*stride:], items[int(ext[c+1])*stride:],
				items[int(ext[c+2])*stride:], items[int(ext[c+3])*stride:])
		}
		for ; c < end; c++ {
			dst[c] = and1(prefix, items[int(ext[c])*stride:])
		}
	}
}

// and4 counts the bits that a has in common with each of four bitmaps, so that
// a is loaded once.
func and4(a, b, c, d, e []uint64) (nb, nc, nd, ne uint64) {
	b, c, d, e = b[:len(a)], c[:len(a)], d[:len(a)], e[:len(a)]
	for i, w := range a {
		nb += uint64(bits.OnesCount64(w & b[i]))
		nc += uint64(bits.OnesCount64(w & c[i]))
		nd += uint64(bits.OnesCount64(w & d[i]))
		ne += uint64(bits.OnesCount64(w & e[i]))
	}
	return nb, nc, nd, ne
}

func and1(a, b []uint64) (n uint64) {
	b = b[:len(a)]
	for i, w := range a {
		n += uint64(bits.OnesCount64(w & b[i]))
	}
	return n
}
