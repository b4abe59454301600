//go:build !amd64 || purego

package distance

import "github.com/headwater-dev/headwater/kernels/cpu"

var path = cpu.PureGo

// stream is what assembly reads of the centroids: nothing here.
type stream struct{}

func (c *Centroids) stream() stream { return stream{} }

func (c *Centroids) scan(t *tile, x []float32, codes []uint8, rows int) {
	c.scanGeneric(t, x, codes, rows)
}

func finish(t *tile, norms []float32, nearest []uint16, slack []float32, b *bounds) (open, changed uint64) {
	return finishGeneric(t, norms, nearest, slack, b)
}

func age(active []uint64, slack []float32, nearest []uint16, drops []float32, spared float32) {
	ageGeneric(active, slack, nearest, drops, spared)
}

func (g *gather) dense(p int, mask uint16) { g.denseGeneric(p, mask) }

func move(in, out []int64, x []float32) { moveGeneric(in, out, x) }
