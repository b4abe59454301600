//go:build !amd64 || purego

package hist

import "github.com/headwater-dev/headwater/kernels/cpu"

var path = cpu.PureGo

func number(n *numbers, codes [][]uint8, sizes []int, from, rows int) {
	numberGeneric(n[:], codes, sizes, from, rows)
}
