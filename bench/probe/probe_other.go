//go:build !amd64 || purego

package probe

import "github.com/headwater-dev/headwater/kernels/cpu"

func assembly(cpu.Path) bool       { return false }
func andPopcount(cpu.Path, int)    {}
func read(path cpu.Path, b []byte) {}
