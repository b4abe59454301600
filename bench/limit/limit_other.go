//go:build !amd64 || purego

package limit

import "github.com/headwater-dev/headwater/kernels/cpu"

func assembly(cpu.Path) bool       { return false }
func read(path cpu.Path, b []byte) {}
func compare(cpu.Path, int)        {}
