package bitset

import (
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
