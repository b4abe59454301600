//go:build !amd64 || purego

package distance

import "github.com/headwater-dev/headwater/kernels/cpu"

var path = cpu.PureGo

// coarseScans says whether there are kernels for coarse copies of rows.
func coarseScans() bool { return false }

// stream is what assembly reads of the centroids: nothing here.
type stream[T float32 | int32] struct{}

func streamOf[T float32 | int32](*scoring[T], *Space) (s stream[T]) { return s }

func (c *Centroids) scan(t *tile[float32], x []float32, codes []uint8, rows int) {
	c.scanGeneric(t, x, codes, rows)
}

func (c *coarseCentroids) scan(*tile[float32], []int32, []uint8) {
	panic("plain Go has no coarse copies")
}

func finish(t *tile[float32], norms []float32, nearest []uint16, slack []float32, b *bounds) (open, changed uint64) {
	return finishGeneric(t, norms, nearest, slack, b)
}

func age(active []uint64, slack []float32, nearest []uint16, drops []float32, spared float32) {
	ageGeneric(active, slack, nearest, drops, spared)
}

func (g *gather) dense() { g.denseGeneric() }

func move(sums []int64, x []float32, changes []change, d int) { moveGeneric(sums, x, changes, d) }
