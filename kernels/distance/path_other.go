package distance

func (c *Centroids) scan(t *tile, x []float32, codes [][]uint8, panels int) {
	c.scanGeneric(t, x, codes, panels)
}
