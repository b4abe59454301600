//go:build amd64 && !purego

package probe

import "github.com/headwater-dev/headwater/kernels/cpu"

const (
	chains    = 8  // vectors that the generated loops count in a round
	fmaChains = 12 // vectors that they multiply and add
)

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

func multiplyAdd(path cpu.Path, rounds int) (operations int) {
	switch path {
	case cpu.AVX512:
		fma512(rounds)
		return rounds * fmaChains * 16 * 2
	case cpu.AVX2:
		fma2(rounds)
		return rounds * fmaChains * 8 * 2
	default:
		return multiplyAddGeneric(rounds)
	}
}
