package probe

import (
	"testing"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

func TestCount(t *testing.T) {
	for _, p := range cpu.Supported() {
		one := Count(p, 1)
		if one <= 0 || Count(p, 0) != one || Count(p, 1000) != 1000*one {
			t.Errorf("%v: %d bits in a round, %d in 1000", p, one, Count(p, 1000))
		}
	}
}

func TestMultiplyAdd(t *testing.T) {
	for _, p := range cpu.Supported() {
		one := MultiplyAdd(p, 1)
		if one <= 0 || MultiplyAdd(p, 0) != one || MultiplyAdd(p, 1000) != 1000*one {
			t.Errorf("%v: %d operations in a round, %d in 1000", p, one, MultiplyAdd(p, 1000))
		}
	}
}

func BenchmarkMultiplyAdd(b *testing.B) {
	for _, p := range cpu.Supported() {
		b.Run(p.String(), func(b *testing.B) {
			b.SetBytes(int64(MultiplyAdd(p, 1000))) // operations: MB/s are Mflop/s
			for b.Loop() {
				MultiplyAdd(p, 1000)
			}
		})
	}
}
