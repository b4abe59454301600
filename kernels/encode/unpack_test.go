package encode

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// packed returns values as width bits each, bit by bit.
func packed(values []uint32, width int) []byte {
	out := make([]byte, (len(values)*width+7)/8)
	for i, v := range values {
		for b := range width {
			at := i*width + b
			out[at/8] |= byte(v>>b&1) << (at % 8)
		}
	}
	return out
}

func TestUnpack(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for width := 1; width <= 32; width++ {
		for _, n := range []int{0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 513} {
			values := make([]uint32, n)
			for i := range values {
				values[i] = random.Uint32() & uint32(1<<width-1)
			}
			src := packed(values, width)
			src = src[:len(src):len(src)]
			ints := make([]int32, n+1)
			ints[n] = -7
			UnpackInts(ints[:n], src, width)
			for i, v := range values {
				if ints[i] != int32(v) {
					t.Fatalf("width %d, %d ints: value %d is %d, want %d", width, n, i, ints[i], int32(v))
				}
			}
			if ints[n] != -7 {
				t.Fatalf("width %d, %d ints: written beyond", width, n)
			}
			if width > 8 {
				continue
			}
			bytes := make([]uint8, n+1)
			bytes[n] = 0xAA
			UnpackBytes(bytes[:n], src, width)
			for i, v := range values {
				if bytes[i] != uint8(v) {
					t.Fatalf("width %d, %d bytes: value %d is %d, want %d", width, n, i, bytes[i], v)
				}
			}
			if bytes[n] != 0xAA {
				t.Fatalf("width %d, %d bytes: written beyond", width, n)
			}
		}
	}
}

func TestAllBelow(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for limit := 1; limit <= 256; limit++ {
		for _, n := range []int{0, 1, 7, 8, 9, 16, 33} {
			values := make([]uint8, n)
			for i := range values {
				values[i] = uint8(random.IntN(limit))
			}
			if !AllBelow(values, limit) {
				t.Fatalf("%d of %v are below", limit, values)
			}
			for i := range values {
				for over := limit; over < 256; over += 1 + random.IntN(40) {
					broken := slices.Clone(values)
					broken[i] = uint8(over)
					if AllBelow(broken, limit) {
						t.Fatalf("limit %d: %d is not below", limit, over)
					}
				}
			}
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add([]byte("some packed values"), 3)
	f.Fuzz(func(t *testing.T, src []byte, width int) {
		width = 1 + int(uint(width)%8)
		n := 8 * len(src) / width
		bytes, ints := make([]uint8, n), make([]int32, n)
		UnpackBytes(bytes, src, width)
		UnpackInts(ints, src, width)
		for i := range bytes {
			if int32(bytes[i]) != ints[i] {
				t.Fatalf("value %d is %d and %d", i, bytes[i], ints[i])
			}
		}
	})
}

func BenchmarkUnpack(b *testing.B) {
	src := make([]byte, 1<<16)
	for i := range src {
		src[i] = byte(i * 37)
	}
	for _, width := range []int{1, 3, 7} {
		b.Run(fmt.Sprintf("bytes/width=%d", width), func(b *testing.B) {
			dst := make([]uint8, 1<<16)
			b.SetBytes(int64(len(dst)))
			for b.Loop() {
				UnpackBytes(dst, src, width)
			}
		})
	}
	b.Run("ints/width=14", func(b *testing.B) {
		dst := make([]int32, 1<<15)
		b.SetBytes(int64(len(dst)))
		for b.Loop() {
			UnpackInts(dst, src, 14)
		}
	})
}
