package bitset

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// lengths are bit counts around the edges of words, lanes and blocks.
var lengths = []int{0, 1, 7, 63, 64, 65, 70, 127, 128, 129, 255, 256, 257, 511, 512, 513, 16383, 16384, 16385}

const guard = 0xdeadbeefcafef00d

// guarded returns n words between guard words, which check compares.
func guarded(n int) (words []uint64, check func(t *testing.T)) {
	all := slices.Repeat([]uint64{guard}, n+8)
	return all[4 : 4+n : 4+n], func(t *testing.T) {
		t.Helper()
		for i := range 4 {
			if all[i] != guard || all[len(all)-1-i] != guard {
				t.Error("a guard word was written")
			}
		}
	}
}

// bitmap returns random bits for n rows, zero past them.
func bitmap(r *rand.Rand, n int) []uint64 {
	b := make([]uint64, Words(n))
	for i := range n {
		b[i/64] |= r.Uint64() & 1 << (i % 64)
	}
	return b
}

func TestAnd(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range lengths {
		a, b := bitmap(r, n), bitmap(r, n)
		dst, check := guarded(Words(n))
		got, want := And(dst, a, b), 0
		for i := range dst {
			if dst[i] != a[i]&b[i] {
				t.Fatalf("n=%d: word %d is wrong", n, i)
			}
			want += bits.OnesCount64(a[i] & b[i])
		}
		if got != want || Count(dst) != want {
			t.Errorf("n=%d: counts %d and %d, want %d", n, got, Count(dst), want)
		}
		check(t)
		if And(a, a, b) != want || !slices.Equal(a, dst) {
			t.Errorf("n=%d: another result in place", n)
		}
	}
}

func TestAndCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for _, n := range lengths {
		words, stride, items := Words(n), Words(n)+r.IntN(3), 9
		all := make([]uint64, items*stride)
		for i := range items {
			copy(all[i*stride:], bitmap(r, n))
		}
		var prefixes []uint64
		var ext []uint32
		start := []int{0}
		for p := range 7 {
			prefixes = append(prefixes, bitmap(r, n)...)
			for range p { // 0 to 6 extensions: below, at and above four at once
				ext = append(ext, uint32(r.IntN(items)))
			}
			start = append(start, len(ext))
		}
		dst, check := guarded(len(ext))
		before := slices.Clone(all)
		AndCounts(dst, prefixes, words, all, stride, start, ext)
		for p := range len(start) - 1 {
			for c := start[p]; c < start[p+1]; c++ {
				want := uint64(0)
				for i := range words {
					want += uint64(bits.OnesCount64(prefixes[p*words+i] & all[int(ext[c])*stride+i]))
				}
				if dst[c] != want {
					t.Fatalf("n=%d prefix=%d: got %d, want %d", n, p, dst[c], want)
				}
			}
		}
		check(t)
		if !slices.Equal(all, before) {
			t.Error("the items were changed")
		}
	}
}

func TestPlanes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, n := range lengths {
		for _, width := range []int{0, 1, 2, 17, 32, 33, 63, 64} {
			values := make([]uint64, n)
			for i := range values {
				values[i] = r.Uint64() & (1<<width - 1)
			}
			planes, check := guarded(width * Words(n))
			Pack(planes, width, values)
			check(t)
			for b := range width {
				for i := range Words(n) * 64 {
					want := uint64(0)
					if i < n {
						want = values[i] >> b & 1
					}
					if planes[b*Words(n)+i/64]>>(i%64)&1 != want {
						t.Fatalf("n=%d width=%d: plane %d, bit %d is wrong", n, width, b, i)
					}
				}
			}
			got, check := guarded(n)
			Unpack(got, planes, width)
			check(t)
			if !slices.Equal(got, values) {
				t.Fatalf("n=%d width=%d: unpacked values differ", n, width)
			}
		}
	}
}

func TestCopyRange(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, n := range lengths {
		for _, from := range []int{0, 1, 63, 64, 65, 200} {
			src := bitmap(r, from+n)
			dst, check := guarded(Words(n))
			CopyRange(dst, src, from, n)
			check(t)
			for i := range Words(n) * 64 {
				want := uint64(0)
				if i < n {
					want = src[(from+i)/64] >> ((from + i) % 64) & 1
				}
				if dst[i/64]>>(i%64)&1 != want {
					t.Fatalf("n=%d from=%d: bit %d is wrong", n, from, i)
				}
			}
		}
	}
}

func TestFillAndSum(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, n := range lengths {
		all, check := guarded(Words(n))
		Fill(all, n)
		check(t)
		if Count(all) != n || n%64 != 0 && all[len(all)-1]>>(n%64) != 0 {
			t.Errorf("n=%d: filled %d bits", n, Count(all))
		}
		mask, values, want := bitmap(r, n), make([]uint64, n), uint64(0)
		for i := range values {
			values[i] = r.Uint64()
			want += values[i] * (mask[i/64] >> (i % 64) & 1)
		}
		if got := Sum(mask, values); got != want {
			t.Errorf("n=%d: sum %d, want %d", n, got, want)
		}
	}
}

func BenchmarkAndCounts(b *testing.B) {
	r := rand.New(rand.NewPCG(6, 6))
	const n, items = 16384, 32
	var all []uint64
	var ext []uint32
	for i := range items {
		all, ext = append(all, bitmap(r, n)...), append(ext, uint32(i))
	}
	dst := make([]uint64, items)
	b.Run(fmt.Sprintf("rows=%d/ext=%d", n, items), func(b *testing.B) {
		b.SetBytes(items * n / 8)
		for b.Loop() {
			AndCounts(dst, all[:n/64], n/64, all, n/64, []int{0, items}, ext)
		}
	})
}
