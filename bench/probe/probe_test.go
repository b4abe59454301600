package probe

import (
	"testing"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

// TestProbes runs every loop: wrong assembly would fault or not return.
func TestProbes(t *testing.T) {
	for _, path := range cpu.Supported() {
		for _, times := range []int{0, 1, 7} {
			if got := AndPopcount(path, times); got != float64(times*roundRows) {
				t.Errorf("%v: %d rounds are %v cell-rows", path, times, got)
			}
		}
		for _, n := range []int{0, 511, 512, 4096} {
			Read(path, make([]byte, n))
		}
	}
	if got := Increment(300); got != 300*64 {
		t.Errorf("%v increments", got)
	}
}

// TestPlain holds the plain loops against what they say they do.
func TestPlain(t *testing.T) {
	if n := plainAndPopcount(1); n == 0 || n > roundRows {
		t.Errorf("%d bits of %d rows", n, roundRows)
	}
	buffer := make([]byte, 1024)
	for i := range 8 {
		buffer[i*128+i*8] = byte(1 << i)
	}
	if got := plainRead(buffer); got != 255 {
		t.Errorf("sum %d, want 255", got)
	}
}
