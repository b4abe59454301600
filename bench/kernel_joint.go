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

// jointCodes draws five features of so many combinations in all.
func jointCodes(rows, levels int, draw func(f int) []uint8) (codes [][]uint8, sizes []int, cells int) {
	cells = 1
	for f := range 5 {
		codes, sizes, cells = append(codes, draw(f)[:rows]), append(sizes, levels), cells*levels
	}
	return codes, sizes, cells
}

// jointCase is a count of combinations in so many tables, with a weight for
// each row or without. A tile of bitmaps reaches as many G cell-rows/s as
// bitset.AndCounts, of the cells without first levels.
func jointCase(kernel string, codes [][]uint8, cells, tables int, weighted bool, run func(), output func() any) *kernelCase {
	rows, row, cell := len(codes[0]), len(codes), 4*tables
	if weighted {
		row, cell = row+8, 2*cell
	}
	return &kernelCase{
		Kernel: kernel, Shape: fmt.Sprintf("features=%d,cells=%d", len(codes), cells), Rows: rows,
		CellRows: float64(rows) * float64(cells), Increments: float64(rows),
		Bytes: float64(row * rows), Footprint: row*rows + cell*cells, run: run, output: output,
	}
}

func joint(rows, levels int, weighted bool) *kernelCase {
	codes, sizes, cells := jointCodes(rows, levels, func(f int) []uint8 { return randomCodes(rows+f, levels) })
	if weighted {
		weights, table := randomWords(rows), new(hist.Totals)
		return jointCase("hist.JointWeighted", codes, cells, 1, true,
			func() { clear(table[:cells]); hist.JointWeighted(table, codes, sizes, weights) }, func() any { return table[:cells] })
	}
	table := new(hist.Counts)
	return jointCase("hist.Joint", codes, cells, 1, false,
		func() { clear(table[:cells]); hist.Joint(table, codes, sizes) }, func() any { return table[:cells] })
}

// jointInTurn takes rows that mostly are alike, which four tables are for.
func jointInTurn(rows int, weighted bool) *kernelCase {
	const levels = 4
	codes, sizes, cells := jointCodes(rows, levels, func(f int) []uint8 {
		drawn := randomCodes(rows+f, 16*levels)
		for i, code := range drawn {
			if code >= levels {
				drawn[i] = 0
			}
		}
		return drawn
	})
	if weighted {
		weights, table := randomWords(rows), new(hist.TurnTotals)
		return jointCase("hist.JointWeightedInTurn", codes, cells, 4, true,
			func() { clear(table[:cells]); hist.JointWeightedInTurn(table, codes, sizes, weights) }, func() any { return table[:cells] })
	}
	table := new(hist.TurnCounts)
	return jointCase("hist.JointInTurn", codes, cells, 4, false,
		func() { clear(table[:cells]); hist.JointInTurn(table, codes, sizes) }, func() any { return table[:cells] })
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
