//go:build amd64 && !purego

package limit

import "github.com/headwater-dev/headwater/kernels/cpu"

// assembly says whether a path has loops of its own here.
func assembly(path cpu.Path) bool { return path >= cpu.AVX2 }

func read(path cpu.Path, buffer []byte) {
	switch {
	case len(buffer) < 512:
	case path == cpu.AVX2:
		readAVX2(&buffer[0], len(buffer)/512)
	default:
		readAVX512(&buffer[0], len(buffer)/512)
	}
}

// readAVX512: for range blocks { 8 loads of 64 bytes; p += 512 }.
//
//go:noescape
func readAVX512(p *byte, blocks int)

// readAVX2: for range blocks { 16 loads of 32 bytes; p += 512 }.
//
//go:noescape
func readAVX2(p *byte, blocks int)

func compare(path cpu.Path, times int) {
	var bits [64]uint64
	if path == cpu.AVX2 {
		compareAVX2(&bits, times)
	} else {
		compareAVX512(&bits, times)
	}
}

// compareAVX512: for range times { 64 × (VPCMPEQB into a mask, store of 8 bytes) }.
//
//go:noescape
func compareAVX512(bits *[64]uint64, times int)

// compareAVX2: for range times { 128 × (VPCMPEQB, VPMOVMSKB, store of 4 bytes) }.
//
//go:noescape
func compareAVX2(bits *[64]uint64, times int)
