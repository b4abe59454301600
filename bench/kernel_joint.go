package main

import (
	"fmt"

	"github.com/headwater-dev/headwater/kernels/encode"
	"github.com/headwater-dev/headwater/kernels/hist"
)

// randomLanes returns codes as encode.Lanes lays them out.
func randomLanes(rows, levels int) []uint64 {
	var same [256]uint8
	for c := range same {
		same[c] = uint8(c)
	}
	dst := make([]uint64, (rows+3)/4)
	encode.Lanes(dst, randomCodes(rows, levels), &same)
	return dst
}

func lanes(rows int) *kernelCase {
	const levels = 12
	codes, dst, ranks := randomCodes(rows, levels), make([]uint64, (rows+3)/4), new([256]uint8)
	for c := range ranks {
		ranks[c] = uint8(255 - c)
	}
	return &kernelCase{
		Kernel: "encode.Lanes", Rows: rows,
		CellRows: float64(rows), Bytes: float64(3 * rows), Footprint: 3 * rows,
		run:    func() { encode.Lanes(dst, codes, ranks) },
		output: func() any { return dst },
	}
}

func nest(rows int) *kernelCase {
	const levels = 12
	outer, inner := randomLanes(rows, levels-1), randomLanes(rows, levels)
	dst := make([]uint64, len(outer))
	return &kernelCase{
		Kernel: "hist.Nest", Rows: rows,
		CellRows: float64(rows), Bytes: float64(3 * 2 * rows), Footprint: 3 * 2 * rows,
		run:    func() { hist.Nest(dst, outer, levels, inner) },
		output: func() any { return dst },
	}
}

// joint counts the combinations of three features. A tile of bitmaps reaches as
// many G cell-rows/s as bitset.AndCounts, of the cells without first levels.
func joint(rows, levels int, weighted bool) *kernelCase {
	outer, inner := randomLanes(rows, levels), randomLanes(rows, levels)
	hist.Nest(outer, outer, uint64(levels), randomLanes(rows+1, levels)[:len(outer)])
	weights, cells := randomWords(rows), levels*levels*levels
	counts, totals, taken := new(hist.Counts), new(hist.Totals), make([]uint64, cells)
	k := &kernelCase{
		Kernel: "hist.Joint", Shape: fmt.Sprintf("cells=%d", cells), Rows: rows,
		CellRows: float64(rows) * float64(cells), Increments: float64(rows),
		Bytes: float64(4 * rows), Footprint: 4*rows + 8*cells,
		run: func() {
			hist.Joint(counts, rows, outer, uint64(levels), inner)
			counts.Take(taken)
		},
		output: func() any { return taken },
	}
	if weighted {
		k.Kernel, k.Bytes, k.Footprint = "hist.JointWeighted", float64(12*rows), 12*rows+32*cells
		k.run = func() {
			hist.JointWeighted(totals, weights, outer, uint64(levels), inner)
			totals.Take(taken)
		}
	}
	return k
}
