package main

import (
	"encoding/binary"
	"fmt"
	"hash/crc64"
	"math/rand/v2"

	"github.com/headwater-dev/headwater/kernels/bitset"
	"github.com/headwater-dev/headwater/kernels/encode"
	"github.com/headwater-dev/headwater/kernels/hist"
)

// kernelCase is one kernel at one size, with the work that one call does.
type kernelCase struct {
	Kernel string `json:"kernel"`
	Shape  string `json:"shape,omitempty"` // what beside the rows decides the cost
	Rows   int    `json:"rows"`            // in a bitmap, a column or a list

	CellRows   float64 `json:"cell_rows"`            // rows × cells they are counted for
	Popcounts  float64 `json:"popcounts,omitempty"`  // of CellRows, those found by AND + popcount + add
	Compares   float64 `json:"compares,omitempty"`   // of CellRows, those found by comparing a byte
	Increments float64 `json:"increments,omitempty"` // entries of tables that are added to
	Operations float64 `json:"operations,omitempty"` // float32 multiplications and additions
	Bytes      float64 `json:"bytes"`                // read and written
	Footprint  int     `json:"footprint"`            // bytes of memory that the calls come back to

	run    func()
	output func() any // what a run wrote, a slice; equal on every path
}

// digest runs the case and returns a checksum of its output.
func (k *kernelCase) digest() (uint64, error) {
	k.run()
	data, err := binary.Append(nil, binary.LittleEndian, k.output())
	if err != nil {
		return 0, fmt.Errorf("%s: %w", k.Kernel, err)
	}
	return crc64.Checksum(data, crc64.MakeTable(crc64.ECMA)), nil
}

// blockRows is the size that searches work in.
const blockRows = 16384

// kernelCases lists every kernel × size as functions that make the case, so
// that one at a time is in memory. With tiny all sizes are cut down.
func kernelCases(tiny bool) []func() *kernelCase {
	small, block, large, huge := 1024, blockRows, 1<<20, 1<<27
	if tiny {
		small, block, large, huge = 64, 1000, 5000, 10_001
	}
	var list []func() *kernelCase
	each := func(make func(rows int) *kernelCase, sizes ...int) {
		for _, rows := range sizes {
			list = append(list, func() *kernelCase { return make(rows) })
		}
	}
	each(andCounts, small, block, large)
	each(and, block, large, huge)
	each(countBits, block, large, huge)
	for _, levels := range []int{2, 7, 12, 60} {
		each(func(rows int) *kernelCase { return bitmaps(rows, levels) }, block)
	}
	each(func(rows int) *kernelCase { return bitmaps(rows, 12) }, large)
	each(pack, block)
	each(unpack, block)
	each(sum, block)
	each(copyRange, block)
	each(rowMajor, block)
	each(unpackBytes, block)
	each(unpackInts, block)
	each(allBelow, block)
	each(add8, block)
	each(add8Weighted, block)
	each(add4, block)
	each(add4Weighted, block)
	each(split, block)
	each(ranks, block)
	for _, levels := range []int{4, 6, 8} {
		each(func(rows int) *kernelCase { return joint(rows, levels, false) }, block)
		each(func(rows int) *kernelCase { return joint(rows, levels, true) }, block)
	}
	each(func(rows int) *kernelCase { return jointInTurn(rows, false) }, block)
	each(func(rows int) *kernelCase { return jointInTurn(rows, true) }, block)
	each(marginal, block)
	for _, s := range distanceShapes {
		each(s.nearest, block)
		each(s.step, block)
	}
	return list
}

func randomWords(n int) []uint64 {
	r := rand.New(rand.NewPCG(uint64(n), 1))
	words := make([]uint64, n)
	for i := range words {
		words[i] = r.Uint64()
	}
	return words
}

func randomCodes(n, levels int) []uint8 {
	r := rand.New(rand.NewPCG(uint64(n), uint64(levels)))
	codes := make([]uint8, n)
	for i := range codes {
		codes[i] = uint8(r.IntN(levels))
	}
	return codes
}

// bitmapOf returns random bits for so many rows, none past them.
func bitmapOf(rows int) []uint64 {
	b := randomWords(bitset.Words(rows))
	if tail := rows % 64; tail != 0 {
		b[len(b)-1] &= 1<<tail - 1
	}
	return b
}

func andCounts(rows int) *kernelCase {
	const prefixes, items = 16, 64
	words := bitset.Words(rows)
	p, all := randomWords(prefixes*words), randomWords(items*words)
	var ext []uint32
	start := []int{0}
	for range prefixes {
		for i := range uint32(items) {
			ext = append(ext, i)
		}
		start = append(start, len(ext))
	}
	dst := make([]uint64, len(ext))
	cells := float64(len(ext)) * float64(words*64)
	return &kernelCase{
		Kernel: "bitset.AndCounts", Shape: fmt.Sprintf("prefixes=%d,items=%d", prefixes, items), Rows: rows,
		CellRows: cells, Popcounts: cells,
		Bytes: float64(8 * (len(p) + len(all))), Footprint: 8 * (len(p) + len(all)),
		run:    func() { bitset.AndCounts(dst, p, words, all, words, start, ext) },
		output: func() any { return dst },
	}
}

func and(rows int) *kernelCase {
	a, b := bitmapOf(rows), bitmapOf(rows+64)
	dst := make([]uint64, len(a))
	return &kernelCase{
		Kernel: "bitset.And", Rows: rows, CellRows: float64(rows), Popcounts: float64(rows),
		Bytes: float64(3 * 8 * len(a)), Footprint: 3 * 8 * len(a),
		run:    func() { bitset.And(dst, a, b) },
		output: func() any { return dst },
	}
}

func countBits(rows int) *kernelCase {
	a := bitmapOf(rows)
	n := make([]int64, 1)
	return &kernelCase{
		Kernel: "bitset.Count", Rows: rows, CellRows: float64(rows), Popcounts: float64(rows),
		Bytes: float64(8 * len(a)), Footprint: 8 * len(a),
		run:    func() { n[0] = int64(bitset.Count(a)) },
		output: func() any { return n },
	}
}

func bitmaps(rows, levels int) *kernelCase {
	codes, list, words := randomCodes(rows, levels), make([]uint8, levels), bitset.Words(rows)
	for l := range list {
		list[l] = uint8(l)
	}
	dst := make([]uint64, levels*words)
	bytes := rows + 8*len(dst)
	return &kernelCase{
		Kernel: "encode.Bitmaps", Shape: fmt.Sprintf("levels=%d", levels), Rows: rows,
		CellRows: float64(rows) * float64(levels), Compares: float64(rows) * float64(levels), Bytes: float64(bytes), Footprint: bytes,
		run:    func() { encode.Bitmaps(dst, words, codes, list) },
		output: func() any { return dst },
	}
}

// planes is the width of the values in the cases of bit-planes.
const planes = 20

func planeValues(rows int) (values, packed []uint64) {
	values, packed = randomWords(rows), make([]uint64, planes*bitset.Words(rows))
	for i := range values {
		values[i] &= 1<<planes - 1
	}
	bitset.Pack(packed, planes, values)
	return values, packed
}

func planeCase(kernel string, rows int) *kernelCase {
	bytes := 8*rows + 8*planes*bitset.Words(rows)
	return &kernelCase{
		Kernel: kernel, Shape: fmt.Sprintf("planes=%d", planes), Rows: rows,
		CellRows: float64(rows), Bytes: float64(bytes), Footprint: bytes,
	}
}

func pack(rows int) *kernelCase {
	values, packed := planeValues(rows)
	k := planeCase("bitset.Pack", rows)
	k.run, k.output = func() { bitset.Pack(packed, planes, values) }, func() any { return packed }
	return k
}

func unpack(rows int) *kernelCase {
	values, packed := planeValues(rows)
	k := planeCase("bitset.Unpack", rows)
	k.run, k.output = func() { bitset.Unpack(values, packed, planes) }, func() any { return values }
	return k
}

// sum takes one row in eight.
func sum(rows int) *kernelCase {
	mask, values, total := bitmapOf(rows), randomWords(rows), make([]uint64, 1)
	for i := range mask {
		mask[i] &= values[i] & values[i+len(mask)]
	}
	set := bitset.Count(mask)
	return &kernelCase{
		Kernel: "bitset.Sum", Shape: "1/8 set", Rows: rows, CellRows: float64(rows),
		Bytes: float64(8*len(mask) + 8*set), Footprint: 8*len(mask) + 8*rows,
		run:    func() { total[0] = bitset.Sum(mask, values) },
		output: func() any { return total },
	}
}

func copyRange(rows int) *kernelCase {
	src := bitmapOf(rows + 64)
	dst := make([]uint64, bitset.Words(rows))
	return &kernelCase{
		Kernel: "bitset.CopyRange", Shape: "from=7", Rows: rows, CellRows: float64(rows),
		Bytes: float64(16 * len(dst)), Footprint: 16 * len(dst),
		run:    func() { bitset.CopyRange(dst, src, 7, rows) },
		output: func() any { return dst },
	}
}

func rowMajor(rows int) *kernelCase {
	const features = 20
	var codes [][]uint8
	for f := range features {
		codes = append(codes, randomCodes(rows, f+3))
	}
	dst := make([]uint8, rows*features)
	return &kernelCase{
		Kernel: "encode.RowMajor", Shape: fmt.Sprintf("features=%d", features), Rows: rows,
		CellRows: float64(rows * features), Bytes: float64(2 * len(dst)), Footprint: 2 * len(dst),
		run:    func() { encode.RowMajor(dst, features, codes) },
		output: func() any { return dst },
	}
}

func add8(rows int) *kernelCase {
	return addCase("hist.Add8", rows, 8, hist.Add8, nil)
}

func add8Weighted(rows int) *kernelCase {
	return addCase("hist.Add8Weighted", rows, 8, nil, hist.Add8Weighted)
}

func add4(rows int) *kernelCase {
	return addCase("hist.Add4", rows, 4, hist.Add4, nil)
}

func add4Weighted(rows int) *kernelCase {
	return addCase("hist.Add4Weighted", rows, 4, nil, hist.Add4Weighted)
}

// addCase adds up all rows of a block.
func addCase(
	kernel string, rows, features int,
	add func(*[8]hist.Table, []uint16, []uint8, int, int),
	addWeighted func(*[8]hist.Table, []uint16, []uint8, int, int, []uint64),
) *kernelCase {
	const stride, offset = 20, 3
	codes, listed, weights := randomCodes(rows*stride, 8), make([]uint16, rows), randomWords(rows)
	for i := range listed {
		listed[i] = uint16(i)
	}
	acc := new([8]hist.Table)
	bytes := rows * (2 + features)
	footprint := rows*(2+stride) + features*8*8
	if addWeighted != nil {
		bytes, footprint = bytes+8*rows, footprint+8*rows
	}
	n := float64(rows * features)
	return &kernelCase{
		Kernel: kernel, Rows: rows, CellRows: n, Increments: n, Bytes: float64(bytes), Footprint: footprint,
		run: func() {
			if addWeighted != nil {
				addWeighted(acc, listed, codes, stride, offset, weights)
			} else {
				add(acc, listed, codes, stride, offset)
			}
		},
		output: func() any { return acc[:] },
	}
}

func split(rows int) *kernelCase {
	const levels = 8
	codes, listed := randomCodes(rows, levels), make([]uint16, rows)
	for i := range listed {
		listed[i] = uint16(i)
	}
	dst, n := make([]uint16, levels*rows), new([256]uint32)
	return &kernelCase{
		Kernel: "hist.Split", Shape: fmt.Sprintf("levels=%d", levels), Rows: rows,
		CellRows: float64(rows), Increments: float64(rows), Bytes: float64(rows * (2 + 1 + 2)), Footprint: rows * 5,
		run:    func() { hist.Split(dst, n, listed, codes) },
		output: func() any { return dst },
	}
}
