//go:build amd64 && !purego

package bandwidth

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
