//go:build !amd64 || purego

package probe

import "github.com/headwater-dev/headwater/kernels/cpu"

func count(_ cpu.Path, rounds int) (counted int) { return countGeneric(rounds) }

func multiplyAdd(_ cpu.Path, rounds int) (operations int) { return multiplyAddGeneric(rounds) }
