//go:build amd64 && !purego

package probe

import "github.com/headwater-dev/headwater/kernels/cpu"

// assembly says whether a path has loops of its own here.
func assembly(path cpu.Path) bool { return path >= cpu.AVX2 }

func andPopcount(path cpu.Path, times int) {
	if path == cpu.AVX2 {
		andPopcountAVX2(times)
	} else {
		andPopcountAVX512(times)
	}
}

func read(path cpu.Path, buffer []byte) {
	switch {
	case len(buffer) < 512:
	case path == cpu.AVX2:
		readAVX2(&buffer[0], len(buffer)/512)
	default:
		readAVX512(&buffer[0], len(buffer)/512)
	}
}

// andPopcountAVX512: for range times { 8 × (VPANDQ, VPOPCNTQ, VPADDQ) }.
//
//go:noescape
func andPopcountAVX512(times int)

// andPopcountAVX2: for range times { 16 × 8 instructions of the look-up }.
//
//go:noescape
func andPopcountAVX2(times int)

// readAVX512: for range blocks { 8 loads of 64 bytes; p += 512 }.
//
//go:noescape
func readAVX512(p *byte, blocks int)

// readAVX2: for range blocks { 16 loads of 32 bytes; p += 512 }.
//
//go:noescape
func readAVX2(p *byte, blocks int)
