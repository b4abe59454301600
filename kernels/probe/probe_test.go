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
