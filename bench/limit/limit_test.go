package limit

import (
	"testing"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

// TestProbes runs every loop: wrong assembly would fault or not return.
func TestProbes(t *testing.T) {
	for _, path := range cpu.Supported() {
		for _, n := range []int{0, 511, 512, 4096} {
			Read(path, make([]byte, n))
		}
		for _, times := range []int{0, 1, 5} {
			if got, ok := Compare(path, times); ok != (path != cpu.PureGo) || ok && got != float64(times*4096) {
				t.Errorf("%v: %d rounds compare %v bytes, %t", path, times, got, ok)
			}
		}
	}
	if got := Increment(300); got != 300*64 {
		t.Errorf("%v increments", got)
	}
}

// TestPlainRead: every word is read once.
func TestPlainRead(t *testing.T) {
	buffer := make([]byte, 1024)
	for i := range 8 {
		buffer[i*128+i*8] = byte(1 << i)
	}
	if got := plainRead(buffer); got != 255 {
		t.Errorf("sum %d, want 255", got)
	}
}
