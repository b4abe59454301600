package hist

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestAdd(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const stride, block = 21, 16384
	codes := make([]uint8, block*stride)
	for i := range codes {
		codes[i] = uint8(r.IntN(256))
	}
	weights := make([]uint64, block)
	for i := range weights {
		weights[i] = r.Uint64()
	}
	for _, n := range []int{0, 1, 2, 63, 64, 65, 1000, block} {
		rows := make([]uint16, n)
		for i := range rows {
			rows[i] = uint16(r.IntN(block))
		}
		for _, offset := range []int{0, 1, 8, stride - 8} {
			for _, test := range []struct {
				name  string
				width int
				weigh bool
				add   func(acc *[8]Table)
			}{
				{"Add8", 8, false, func(acc *[8]Table) { Add8(acc, rows, codes, stride, offset) }},
				{"Add4", 4, false, func(acc *[8]Table) { Add4(acc, rows, codes, stride, offset) }},
				{"Add8Weighted", 8, true, func(acc *[8]Table) { Add8Weighted(acc, rows, codes, stride, offset, weights) }},
				{"Add4Weighted", 4, true, func(acc *[8]Table) { Add4Weighted(acc, rows, codes, stride, offset, weights) }},
			} {
				var got, want [8]Table
				got[3][7], want[3][7] = 5, 5 // what is there stays
				for _, row := range rows {
					for f := range test.width {
						v := uint64(1)
						if test.weigh {
							v = weights[row]
						}
						want[f][codes[int(row)*stride+offset+f]] += v
					}
				}
				test.add(&got)
				if got != want {
					t.Errorf("%s: n=%d offset=%d: wrong", test.name, n, offset)
				}
			}
		}
	}
}

func TestSplit(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	codes := make([]uint8, 16384)
	for _, levels := range []int{1, 3, 256} {
		for i := range codes {
			codes[i] = uint8(r.IntN(levels))
		}
		for _, n := range []int{0, 1, 64, 777, 16384} {
			rows := make([]uint16, 0, n)
			for i := range n {
				rows = append(rows, uint16(i*16384/n))
			}
			want := make([][]uint16, levels)
			for _, row := range rows {
				want[codes[row]] = append(want[codes[row]], row)
			}
			dst := slices.Repeat([]uint16{0xffff}, levels*n+1)
			counts := [256]uint32{9, 9, 9}
			Split(dst, &counts, rows, codes)
			for c := range want {
				if got := dst[c*n:][:counts[c]]; !slices.Equal(got, want[c]) {
					t.Fatalf("levels=%d n=%d: list %d is wrong", levels, n, c)
				}
			}
			if dst[len(dst)-1] != 0xffff {
				t.Fatal("an entry past the lists was written")
			}
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 3))
	const stride, block = 27, 16384
	codes, weights := make([]uint8, block*stride), make([]uint64, block)
	for i := range codes {
		codes[i] = uint8(r.IntN(8))
	}
	for _, n := range []int{160, 2000, block} {
		rows := make([]uint16, n)
		for i := range rows {
			rows[i] = uint16(i * block / n)
		}
		var acc [8]Table
		b.Run(fmt.Sprintf("rows=%d/features=8", n), func(b *testing.B) {
			b.SetBytes(int64(n) * 8)
			for b.Loop() {
				Add8(&acc, rows, codes, stride, 3)
			}
		})
		b.Run(fmt.Sprintf("rows=%d/features=4", n), func(b *testing.B) {
			b.SetBytes(int64(n) * 4)
			for b.Loop() {
				Add4(&acc, rows, codes, stride, 3)
			}
		})
		b.Run(fmt.Sprintf("rows=%d/features=8/weighted", n), func(b *testing.B) {
			b.SetBytes(int64(n) * 8)
			for b.Loop() {
				Add8Weighted(&acc, rows, codes, stride, 3, weights)
			}
		})
	}
}

func BenchmarkSplit(b *testing.B) {
	codes, rows := make([]uint8, 16384), make([]uint16, 16384)
	for i := range rows {
		rows[i], codes[i] = uint16(i), uint8(i*7%8)
	}
	dst := make([]uint16, 8*16384)
	var n [256]uint32
	b.SetBytes(16384)
	for b.Loop() {
		Split(dst, &n, rows, codes)
	}
}
