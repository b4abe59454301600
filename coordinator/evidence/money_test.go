package evidence

import (
	"testing"

	"github.com/headwater-dev/headwater/coordinator/sample"
)

func TestPerArm(t *testing.T) {
	// Fleiss, Levin and Paik: rates of 0.25 and 0.40 at 5 % and 80 % take 152 in each arm.
	a, b := sample.Sample{Mean: 0.25, Variance: 0.25 * 0.75}, sample.Sample{Mean: 0.40, Variance: 0.4 * 0.6}
	if n := perArm(true, a, b); n != 152 {
		t.Errorf("%d in each arm, want 152", n)
	}
	// Two means half a standard deviation apart take 63.
	if n := perArm(false, sample.Sample{Mean: 1, Variance: 4}, sample.Sample{Mean: 2, Variance: 4}); n != 63 {
		t.Errorf("%d in each arm, want 63", n)
	}
}
