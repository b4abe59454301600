package hist

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// randomLanes draws codes below size, skewed to 0, and returns them as lanes too.
func randomLanes(r *rand.Rand, rows, size int) (codes []int, lanes []uint64) {
	codes, lanes = make([]int, rows), make([]uint64, (rows+3)/4)
	for i := range codes {
		codes[i] = r.IntN(1 + r.IntN(size))
		lanes[i/4] |= uint64(codes[i]) << (16 * (i % 4))
	}
	return codes, lanes
}

func TestJoint(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	counts, totals := new(Counts), new(Totals)
	for _, rows := range []int{0, 1, 2, 3, 4, 5, 7, 8, 63, 64, 65, 1000, 16384} {
		for _, sizes := range [][3]int{{1, 1, 1}, {3, 4, 5}, {256, 1, 256}, {40, 40, 40}} {
			a, la := randomLanes(r, rows, sizes[0])
			b, lb := randomLanes(r, rows, sizes[1])
			c, lc := randomLanes(r, rows, sizes[2])
			cells := sizes[0] * sizes[1] * sizes[2]
			weights, wantN, wantSum := make([]uint64, rows), make([]uint64, cells), make([]uint64, cells)
			for i := range rows {
				weights[i] = r.Uint64()
				cell := (a[i]*sizes[1]+b[i])*sizes[2] + c[i]
				wantN[cell]++
				wantSum[cell] += weights[i]
			}
			outer, n, sum := make([]uint64, len(la)), make([]uint64, cells), make([]uint64, cells)
			Nest(outer, la, uint64(sizes[1]), lb)
			Joint(counts, rows, outer, uint64(sizes[2]), lc)
			counts.Take(n)
			JointWeighted(totals, weights, outer, uint64(sizes[2]), lc)
			totals.Take(sum)
			for i := range cells {
				if n[i] != wantN[i] || sum[i] != wantSum[i] {
					t.Fatalf("%d rows, %v: cell %d has %d rows and sum %d, want %d and %d", rows, sizes, i, n[i], sum[i], wantN[i], wantSum[i])
				}
			}
			if *counts != (Counts{}) || *totals != (Totals{}) {
				t.Fatalf("%d rows, %v: the tables are not empty after Take", rows, sizes)
			}
		}
	}
}

func BenchmarkJoint(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 5))
	const rows = 16384
	counts, totals, weights := new(Counts), new(Totals), make([]uint64, rows)
	for _, size := range []int{5, 8, 12} {
		_, outer := randomLanes(r, rows, size*size)
		_, inner := randomLanes(r, rows, size)
		b.Run(fmt.Sprintf("cells=%d", size*size*size), func(b *testing.B) {
			b.SetBytes(rows)
			for b.Loop() {
				Joint(counts, rows, outer, uint64(size), inner)
			}
		})
		b.Run(fmt.Sprintf("cells=%d/weighted", size*size*size), func(b *testing.B) {
			b.SetBytes(rows)
			for b.Loop() {
				JointWeighted(totals, weights, outer, uint64(size), inner)
			}
		})
	}
}
