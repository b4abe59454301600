package distance

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// BenchmarkScan scores tiles that are in the first-level cache.
func BenchmarkScan(b *testing.B) {
	for _, size := range []struct{ d, categories, k int }{{32, 0, 10}, {32, 0, 64}, {64, 0, 256}, {8, 10, 8}} {
		b.Run(fmt.Sprintf("d=%d/categories=%d/k=%d/impl=%s", size.d, size.categories, size.k, path), func(b *testing.B) {
			p := draw(b, rand.New(rand.NewPCG(1, 1)), tileRows, size.d, size.categories, size.k, 1, false)
			codes := make([]uint8, size.categories*tileRows)
			b.SetBytes(int64(2 * tileRows * size.d * size.k)) // flops: MB/s are Mflop/s
			var t tile[float32]
			x := newGather(p.rows)
			x.take(0, 1<<tileRows-1)
			x.fill(make([]uint16, tileRows))
			for b.Loop() {
				p.steps[0].scan(&t, x.x, codes, tileRows)
			}
		})
	}
}

// BenchmarkStep takes steps of standardised noise, with what bounds spare
// (none of it, as if centroids had moved far) and without; first assigns all
// rows and makes their sums.
func BenchmarkStep(b *testing.B) {
	const rows = 1 << 16
	for _, size := range []struct{ d, k int }{{32, 10}, {32, 64}, {64, 256}} {
		space, data, centroids := noise(b, rows, size.d, size.k)
		for _, kind := range []string{"first", "all", "spared"} {
			b.Run(fmt.Sprintf("d=%d/k=%d/%s/impl=%s", size.d, size.k, kind, path), func(b *testing.B) {
				fit := space.NewFit(data)
				fit.Step(centroids)
				b.SetBytes(int64(2 * rows * size.d * size.k)) // flops: MB/s are Mflop/s
				for b.Loop() {
					switch kind {
					case "first":
						fit.last = nil
					case "all":
						clear(fit.slack)
					}
					fit.Step(centroids)
				}
			})
		}
	}
}

// noise draws rows of standardised normal values, in units of 2⁻¹⁸, and takes
// the first as centroids.
func noise(tb testing.TB, rows, d, k int) (*Space, *Rows, *Centroids) {
	tb.Helper()
	const unit = 1.0 / (1 << 18)
	space := &Space{Weights: slices.Repeat([]float64{unit * unit}, d)}
	r, data := rand.New(rand.NewPCG(1, 1)), space.NewRows(rows)
	values, centers := make([]int32, rows), make([]float64, k*d)
	for f := range d {
		for i := range values {
			values[i] = int32(r.NormFloat64() / unit)
			if i < k {
				centers[i*d+f] = float64(values[i])
			}
		}
		data.Set(f, 0, values)
	}
	if err := space.Check(data); err != nil {
		tb.Fatal(err)
	}
	space.Coarsen([]*Rows{data})
	c, err := space.NewCentroids(k, centers, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return space, data, c
}
