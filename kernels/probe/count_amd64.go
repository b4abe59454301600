//go:build amd64 && !purego

package probe

import "github.com/headwater-dev/headwater/kernels/cpu"

// chains is how many vectors the generated loops count in a round.
const chains = 8

func count(path cpu.Path, rounds int) (counted int) {
	switch path {
	case cpu.AVX512:
		registers512(rounds)
		return rounds * chains * 512
	case cpu.AVX2:
		registers2(rounds)
		return rounds * chains * 256
	default:
		return countGeneric(rounds)
	}
}
