//go:build !amd64 || purego

package encode

import "github.com/headwater-dev/headwater/kernels/cpu"

var path = cpu.PureGo

func bitmaps(dst []uint64, stride int, codes, levels []uint8) {
	bitmapsGeneric(dst, stride, codes, levels)
}

func ranksWhole([]uint8, []uint8, *[256]uint8, int) int { return 0 }
