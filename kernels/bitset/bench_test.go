package bitset

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/headwater-dev/headwater/kernels/cpu"
	"github.com/headwater-dev/headwater/kernels/probe"
)

// The limit that BenchmarkAndCounts is compared with, in the same run.
func BenchmarkProbe(b *testing.B) {
	benchPaths(b, "registers", func(b *testing.B) {
		const rounds = 10_000
		for b.Loop() {
			probe.Count(path, rounds)
		}
		reportCells(b, 1, probe.Count(path, rounds))
	})
}

// benchPaths runs a benchmark on every path.
func benchPaths(b *testing.B, name string, bench func(b *testing.B)) {
	chosen := path
	defer func() { path = chosen }()
	for _, p := range cpu.Supported() {
		path = p
		b.Run(fmt.Sprintf("%s/impl=%v", name, p), bench)
	}
}

// reportCells reports how many rows of a cell were counted a second, in 10⁹.
func reportCells(b *testing.B, cells, rows int) {
	b.ReportMetric(float64(b.N)*float64(cells)*float64(rows)/float64(b.Elapsed().Nanoseconds()), "Gcellrows/s")
}

// The items of 16,384 rows fill 64 KiB to 512 KiB: L2.
func BenchmarkAndCounts(b *testing.B) {
	r := rand.New(rand.NewPCG(6, 6))
	const prefixes = 8
	for _, rows := range []int{1024, 16384} {
		for _, items := range []int{8, 16, 32, 100, 256} {
			c := randomCounting(r, rows/64, prefixes, items, func(n int) []uint64 { return noise(r, n) })
			c.stride = c.words
			c.ext, c.start = nil, []int{0}
			c.prefixes, c.items = noise(r, prefixes*c.words), noise(r, items*c.words)
			for range prefixes {
				for e := range items {
					c.ext = append(c.ext, uint32(e))
				}
				c.start = append(c.start, len(c.ext))
			}
			dst := make([]uint64, len(c.ext))
			benchPaths(b, fmt.Sprintf("rows=%d/ext=%d", rows, items), func(b *testing.B) {
				b.SetBytes(int64(len(c.ext)) * int64(rows) / 8)
				for b.Loop() {
					AndCounts(dst, c.prefixes, c.words, c.items, c.stride, c.start, c.ext)
				}
				reportCells(b, len(c.ext), rows)
			})
		}
	}
}

func BenchmarkAnd(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 7))
	const rows = 16384
	x, y, dst := noise(r, rows/64), noise(r, rows/64), make([]uint64, rows/64)
	benchPaths(b, fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
		b.SetBytes(rows / 8)
		for b.Loop() {
			And(dst, x, y)
		}
	})
}
