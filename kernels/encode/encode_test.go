package encode

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

// lengths are row counts around the edges of words, of what assembly takes at
// once, and of blocks.
func lengths() (counts []int) {
	for n := range 71 {
		counts = append(counts, n)
	}
	return append(counts, 127, 128, 129, 191, 192, 193, 255, 256, 257, 319, 320, 321, 511, 512, 513, 16383, 16384, 16385)
}

// eachPath runs a test on every path that this process supports.
func eachPath(t *testing.T, test func(t *testing.T)) {
	chosen := path
	defer func() { path = chosen }()
	for _, p := range cpu.Supported() {
		path = p
		t.Run(p.String(), test)
	}
}

func TestBitmaps(t *testing.T) { eachPath(t, testBitmaps) }

func testBitmaps(t *testing.T) {
	const guard = 0xdeadbeefcafef00d
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range lengths() {
		for _, levels := range [][]uint8{{}, {0}, {1}, {0, 1}, {3, 0, 2}, {0, 1, 2, 3, 4, 5, 6, 7}, {7, 8, 254, 255}, {127, 128}} {
			codes := make([]uint8, n+n%5)[n%5:] // other alignments
			for i := range codes {
				codes[i] = uint8(r.IntN(256))
				if len(levels) > 0 && r.IntN(2) == 0 {
					codes[i] = levels[r.IntN(len(levels))]
				}
			}
			before := slices.Clone(codes)
			words := (n + 63) / 64
			stride := words + 2
			all := slices.Repeat([]uint64{guard}, len(levels)*stride+2)
			dst := all[1:]
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
			if all[0] != guard || dst[len(dst)-1] != guard || !bytes.Equal(codes, before) {
				t.Fatal("something else was written")
			}
		}
	}
}

func TestBitmapsChecksItsArguments(t *testing.T) {
	call := func(dst int) (panicked bool) {
		defer func() { panicked = recover() != nil }()
		Bitmaps(make([]uint64, dst), 3, make([]uint8, 130), []uint8{4, 5})
		return false
	}
	eachPath(t, func(t *testing.T) {
		if call(6) || !call(5) {
			t.Errorf("with room for two bitmaps panicked: %t; without: %t", call(6), call(5))
		}
	})
}

func FuzzBitmaps(f *testing.F) {
	f.Add([]byte("codes of a feature, more than sixty-four of them, so that a word is full"), []byte("aeiou"), uint8(0))
	f.Add([]byte{}, []byte{0, 255}, uint8(3))
	f.Fuzz(func(t *testing.T, codes, levels []byte, extra uint8) {
		stride := (len(codes)+63)/64 + int(extra)
		want, got := make([]uint64, stride*len(levels)), make([]uint64, stride*len(levels))
		bitmapsGeneric(want, stride, codes, levels)
		chosen := path
		defer func() { path = chosen }()
		for _, path = range cpu.Supported() {
			clear(got)
			Bitmaps(got, stride, codes, levels)
			if !slices.Equal(got, want) {
				t.Errorf("%v: %d codes, levels %v: other bitmaps", path, len(codes), levels)
			}
		}
	})
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
	const rows = 16384
	chosen := path
	defer func() { path = chosen }()
	for _, levels := range []int{2, 7, 12, 60} {
		codes, list := make([]uint8, rows), make([]uint8, levels)
		for i := range codes {
			codes[i] = uint8(i * 7 % levels)
		}
		for l := range list {
			list[l] = uint8(l)
		}
		dst := make([]uint64, levels*rows/64)
		for _, path = range cpu.Supported() {
			b.Run(fmt.Sprintf("rows=%d/levels=%d/impl=%v", rows, levels, path), func(b *testing.B) {
				b.SetBytes(rows)
				for b.Loop() {
					Bitmaps(dst, rows/64, codes, list)
				}
				b.ReportMetric(float64(b.N)*float64(levels*rows)/float64(b.Elapsed().Nanoseconds()), "Gcellrows/s")
			})
		}
	}
}
