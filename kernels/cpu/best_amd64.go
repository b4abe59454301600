//go:build amd64 && !purego

package cpu

import "golang.org/x/sys/cpu"

// best returns the fastest path of this processor. Features that the operating
// system does not save across context switches, or GODEBUG=cpu.… turns off, do
// not count.
func best() Path {
	x := &cpu.X86
	switch {
	case !x.HasAVX2 || !x.HasFMA || !x.HasPOPCNT:
		return PureGo
	case !x.HasAVX512F || !x.HasAVX512BW || !x.HasAVX512DQ || !x.HasAVX512VL || !x.HasAVX512IFMA || !x.HasAVX512VPOPCNTDQ || !x.HasAVX512VNNI:
		return AVX2
	default:
		return AVX512
	}
}
