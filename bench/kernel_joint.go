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

// jointInTurn is joint with four tables, on rows that mostly are alike, which
// these are for.
func jointInTurn(rows int, weighted bool) *kernelCase {
	const features, levels = 5, 4
	cells, codes, sizes := 1, make([][]uint8, features), make([]int, features)
	for f := range codes {
		codes[f], sizes[f], cells = make([]uint8, rows), levels, cells*levels
		for i, code := range randomCodes(rows+f, 16*levels)[:rows] {
			if code < levels {
				codes[f][i] = code
			}
		}
	}
	weights, counts, totals := randomWords(rows), new(hist.TurnCounts), new(hist.TurnTotals)
	k := &kernelCase{
		Kernel: "hist.JointInTurn", Shape: fmt.Sprintf("features=%d,cells=%d", features, cells), Rows: rows,
		CellRows: float64(rows) * float64(cells), Increments: float64(rows),
		Bytes: float64(features * rows), Footprint: features*rows + 16*cells,
		run:    func() { clear(counts[:cells]); hist.JointInTurn(counts, codes, sizes) },
		output: func() any { return counts[:cells] },
	}
	if weighted {
		k.Kernel, k.Bytes, k.Footprint = "hist.JointWeightedInTurn", k.Bytes+float64(8*rows), k.Footprint+8*rows+16*cells
		k.run = func() { clear(totals[:cells]); hist.JointWeightedInTurn(totals, codes, sizes, weights) }
		k.output = func() any { return totals[:cells] }
	}
	return k
}

// marginal adds up the middle one of three features of 12 levels, in as many
// tables as have about so many entries.
func marginal(entries int) *kernelCase {
	const levels = 12
	tables := max(1, entries/(levels*levels*levels))
	src, dst := randomWords(tables*levels*levels*levels), make([]uint64, tables*levels*levels)
	return &kernelCase{
		Kernel: "hist.Marginal", Shape: fmt.Sprintf("size=%d,inner=%d", levels, levels), Rows: len(src),
		CellRows: float64(len(src)), Bytes: float64(8 * (len(src) + len(dst))), Footprint: 8 * (len(src) + len(dst)),
		run:    func() { hist.Marginal(dst, src, levels, levels) },
		output: func() any { return dst },
	}
}
