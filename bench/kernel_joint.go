package main

import (
	"fmt"

	"github.com/headwater-dev/headwater/kernels/encode"
	"github.com/headwater-dev/headwater/kernels/hist"
)

func ranks(rows int) *kernelCase {
	const levels = 12
	codes, dst, ranks := randomCodes(rows, levels), make([]uint8, rows), new([256]uint8)
	for c := range ranks {
		ranks[c] = uint8(255 - c)
	}
	return &kernelCase{
		Kernel: "encode.Ranks", Rows: rows,
		CellRows: float64(rows), Bytes: float64(2 * rows), Footprint: 2 * rows,
		run:    func() { encode.Ranks(dst, codes, ranks, levels) },
		output: func() any { return dst },
	}
}

// joint counts the combinations of five features. A tile of bitmaps reaches as
// many G cell-rows/s as bitset.AndCounts, of the cells without first levels.
func joint(rows, levels int, weighted bool) *kernelCase {
	const features = 5
	cells, codes, sizes := 1, make([][]uint8, features), make([]int, features)
	for f := range codes {
		codes[f], sizes[f], cells = randomCodes(rows+f, levels)[:rows], levels, cells*levels
	}
	weights, counts, totals := randomWords(rows), new(hist.Counts), new(hist.Totals)
	k := &kernelCase{
		Kernel: "hist.Joint", Shape: fmt.Sprintf("features=%d,cells=%d", features, cells), Rows: rows,
		CellRows: float64(rows) * float64(cells), Increments: float64(rows),
		Bytes: float64(features * rows), Footprint: features*rows + 4*cells,
		run:    func() { clear(counts[:cells]); hist.Joint(counts, codes, sizes) },
		output: func() any { return counts[:cells] },
	}
	if weighted {
		k.Kernel, k.Bytes, k.Footprint = "hist.JointWeighted", k.Bytes+float64(8*rows), k.Footprint+8*rows+4*cells
		k.run = func() { clear(totals[:cells]); hist.JointWeighted(totals, codes, sizes, weights) }
		k.output = func() any { return totals[:cells] }
	}
	return k
}
