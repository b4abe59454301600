package main

import "github.com/headwater-dev/headwater/kernels/encode"

// Cases of values as Parquet packs them, a few bits each.

func unpackBytes(rows int) *kernelCase {
	const width = 4
	src, dst := randomCodes((rows*width+7)/8, 256), make([]uint8, rows)
	return packedCase("encode.UnpackBytes", rows, len(src)+len(dst), func() { encode.UnpackBytes(dst, src, width) }, func() any { return dst })
}

func unpackInts(rows int) *kernelCase {
	const width = 14
	src, dst := randomCodes((rows*width+7)/8, 256), make([]int32, rows)
	return packedCase("encode.UnpackInts", rows, len(src)+4*len(dst), func() { encode.UnpackInts(dst, src, width) }, func() any { return dst })
}

func allBelow(rows int) *kernelCase {
	codes, below := randomCodes(rows, 12), false
	return packedCase("encode.AllBelow", rows, rows, func() { below = encode.AllBelow(codes, 12) }, func() any { return below })
}

func packedCase(kernel string, rows, bytes int, run func(), output func() any) *kernelCase {
	return &kernelCase{
		Kernel: kernel, Rows: rows, CellRows: float64(rows), Bytes: float64(bytes), Footprint: bytes,
		run: run, output: output,
	}
}
