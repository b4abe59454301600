package hist

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// randomCodes draws codes below size, skewed to 0, between guards that a kernel
// may neither read into its results nor write.
func randomCodes(r *rand.Rand, rows, size int) []uint8 {
	room := make([]uint8, rows+64)
	for i := range room {
		room[i] = 255
	}
	codes := room[32:][:rows:rows]
	for i := range codes {
		codes[i] = uint8(r.IntN(1 + r.IntN(size)))
	}
	return codes
}

var shapes = [][]int{{1}, {7}, {256}, {3, 4}, {256, 256}, {3, 4, 5}, {256, 1, 256}, {40, 40, 40}, {3, 4, 5, 6, 7}, {4, 4, 4, 4, 4, 4, 4, 4}}

func TestJoint(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, rows := range []int{0, 1, 3, 4, 5, 63, 64, 65, 127, 128, 129, 511, 1023, 1024, 1025, 1153, 16384, 70001} {
		for _, sizes := range shapes {
			var codes [][]uint8
			for _, size := range sizes {
				codes = append(codes, randomCodes(r, rows, size))
			}
			weights, wantN, wantSum := make([]uint64, rows), new(Counts), new(Totals)
			for i := range rows {
				weights[i] = r.Uint64()
				cell := 0
				for f, size := range sizes {
					cell = cell*size + int(codes[f][i])
				}
				wantN[cell]++
				wantSum[cell] += weights[i]
			}
			n, sum, turnN, turnSum := new(Counts), new(Totals), new(TurnCounts), new(TurnTotals)
			n[0], sum[0], turnN[0][1], turnSum[0][2] = 5, 6, 5, 6 // what is there stays
			wantN[0], wantSum[0] = wantN[0]+5, wantSum[0]+6
			Joint(n, codes, sizes)
			JointWeighted(sum, codes, sizes, weights)
			JointInTurn(turnN, codes, sizes)
			JointWeightedInTurn(turnSum, codes, sizes, weights)
			for i := range wantN {
				a, b := turnN[i], turnSum[i]
				if n[i] != wantN[i] || a[0]+a[1]+a[2]+a[3] != wantN[i] {
					t.Fatalf("%d rows, %v: cell %d has %d and %v rows, want %d", rows, sizes, i, n[i], a, wantN[i])
				}
				if sum[i] != wantSum[i] || b[0]+b[1]+b[2]+b[3] != wantSum[i] {
					t.Fatalf("%d rows, %v: cell %d has sum %d and %v, want %d", rows, sizes, i, sum[i], b, wantSum[i])
				}
			}
		}
	}
}

// The assembly of every path against plain Go, from any row on.
func TestNumberOnEveryPath(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, rows := range []int{1, 7, 8, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1000, 1023, 1024} {
		for _, sizes := range shapes {
			for _, from := range []int{0, 1, 31, 100} {
				var codes [][]uint8
				for _, size := range sizes {
					codes = append(codes, randomCodes(r, from+rows, size))
				}
				var want numbers
				numberGeneric(want[:], codes, sizes, from, rows)
				eachPath(t, func(name string) {
					var room [3]numbers
					for i := range room {
						for k := range room[i] {
							room[i][k] = 0xdeadbeefdeadbeef
						}
					}
					number(&room[1], codes, sizes, from, rows)
					for i := range rows {
						if room[1].at(i) != want.at(i) {
							t.Fatalf("%s, %d rows from %d, %v: row %d has number %d, want %d", name, rows, from, sizes, i, room[1].at(i), want.at(i))
						}
					}
					if after := (rows + 7) / 8 * 2; slices.ContainsFunc(append(append(room[0][:], room[1][after:]...), room[2][:]...), func(x uint64) bool { return x != 0xdeadbeefdeadbeef }) {
						t.Fatalf("%s, %d rows from %d, %v: written where no row's number belongs", name, rows, from, sizes)
					}
				})
			}
		}
	}
}

func TestMarginal(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for _, shape := range [][3]int{{1, 1, 1}, {0, 3, 2}, {1, 5, 7}, {4, 3, 1}, {6, 1, 5}, {3, 4, 8}} {
		outer, size, inner := shape[0], shape[1], shape[2]
		src, dst, want := make([]uint64, outer*size*inner), make([]uint64, outer*inner), make([]uint64, outer*inner)
		for i := range src {
			src[i] = r.Uint64()
			want[i/(size*inner)*inner+i%inner] += src[i]
		}
		if Marginal(dst, src, size, inner); !slices.Equal(dst, want) {
			t.Errorf("%v: %v, want %v", shape, dst, want)
		}
	}
}

func BenchmarkJoint(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 7))
	const rows = 16384
	counts, totals, weights := new(Counts), new(Totals), make([]uint64, rows)
	turnCounts, turnTotals := new(TurnCounts), new(TurnTotals)
	for _, size := range []int{4, 5, 6, 7, 8} {
		var codes [][]uint8
		sizes, cells := []int(nil), 1
		for range 5 {
			code := make([]uint8, rows)
			for i := range code {
				code[i] = uint8(r.IntN(size))
			}
			codes, sizes, cells = append(codes, code), append(sizes, size), cells*size
		}
		for _, kernel := range []struct {
			name string
			run  func()
		}{
			{"", func() { Joint(counts, codes, sizes) }},
			{"/turn", func() { JointInTurn(turnCounts, codes, sizes) }},
			{"/weighted", func() { JointWeighted(totals, codes, sizes, weights) }},
			{"/weighted/turn", func() { JointWeightedInTurn(turnTotals, codes, sizes, weights) }},
		} {
			b.Run(fmt.Sprintf("features=5/cells=%d%s", cells, kernel.name), func(b *testing.B) {
				b.SetBytes(rows)
				for b.Loop() {
					kernel.run()
				}
			})
		}
	}
}
