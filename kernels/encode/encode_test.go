package encode

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

var lengths = []int{0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 129, 511, 512, 513, 16383, 16384, 16385}

func TestBitmaps(t *testing.T) {
	const guard = 0xdeadbeefcafef00d
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range lengths {
		for _, levels := range [][]uint8{{}, {0}, {1}, {0, 1}, {3, 0, 2}, {0, 1, 2, 3, 4, 5, 6, 7}, {7, 8, 254, 255}, {127, 128}} {
			codes := make([]uint8, n)
			for i := range codes {
				codes[i] = uint8(r.IntN(256))
				if len(levels) > 0 && r.IntN(2) == 0 {
					codes[i] = levels[r.IntN(len(levels))]
				}
			}
			before := slices.Clone(codes)
			words := (n + 63) / 64
			stride := words + 2
			dst := slices.Repeat([]uint64{guard}, len(levels)*stride+1)
			Bitmaps(dst, stride, codes, levels)
			for l, level := range levels {
				for i := range words * 64 {
					want := i < n && codes[i] == level
					if got := dst[l*stride+i/64]>>(i%64)&1 == 1; got != want {
						t.Fatalf("n=%d levels=%v: level %d, bit %d is %t", n, levels, level, i, got)
					}
				}
				for _, w := range dst[l*stride+words : (l+1)*stride] {
					if w != guard {
						t.Fatalf("n=%d levels=%v: words past the bitmap were written", n, levels)
					}
				}
			}
			if dst[len(dst)-1] != guard || !bytes.Equal(codes, before) {
				t.Fatal("something else was written")
			}
		}
	}
}

func TestRowMajor(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for features := range 10 {
		for _, n := range []int{0, 1, 2, 63, 64, 65, 1000} {
			codes := make([][]uint8, features)
			for f := range codes {
				codes[f] = make([]uint8, n)
				for i := range codes[f] {
					codes[f][i] = uint8(r.IntN(256))
				}
			}
			stride := features + 3
			dst := bytes.Repeat([]uint8{0xee}, n*stride+8)
			RowMajor(dst, stride, codes)
			for at, got := range dst {
				want := uint8(0xee)
				if i, f := at/stride, at%stride; i < n && f < features {
					want = codes[f][i]
				}
				if got != want {
					t.Fatalf("features=%d n=%d: byte %d is %d, want %d", features, n, at, got, want)
				}
			}
		}
	}
}

func BenchmarkBitmaps(b *testing.B) {
	for _, levels := range []int{2, 7, 12, 60} {
		codes, list := make([]uint8, 16384), make([]uint8, levels)
		for i := range codes {
			codes[i] = uint8(i * 7 % levels)
		}
		for l := range list {
			list[l] = uint8(l)
		}
		dst := make([]uint64, levels*256)
		b.Run(fmt.Sprintf("rows=16384/levels=%d", levels), func(b *testing.B) {
			b.SetBytes(16384)
			for b.Loop() {
				Bitmaps(dst, 256, codes, list)
			}
		})
	}
}
