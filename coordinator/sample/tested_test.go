package sample

import "testing"

func TestTested(t *testing.T) {
	above := &Tested{Others: Test{Z: 3, P: 0.01}, Parent: &Test{Z: 2, P: 0.02}}
	alone := &Tested{Others: Test{Z: -4, P: 0.005}}
	astray := &Tested{Others: Test{Z: 3, P: 0.01}, Parent: &Test{Z: -3, P: 0.01}}
	Correct([]*Tested{above, alone, astray})
	// Five tests together: 0.02 is the last, and the three of 0.01 share a rank.
	if above.Parent.Q != 0.02 || above.Others.Q != astray.Others.Q || alone.Others.Q != 0.0125 {
		t.Errorf("q-values %+v %+v of %+v", above.Others, *above.Parent, alone)
	}
	for _, c := range []struct {
		t         *Tested
		direction int
		rate      float64
		want      bool
	}{
		{above, 1, 0.05, true},
		{above, -1, 0.05, false},
		{above, 1, 0.015, false}, // the parent's test misses the rate
		{alone, -1, 0.05, true},
		{astray, 1, 0.05, false}, // above everybody, below the shorter rule
	} {
		if got := c.t.Hold(c.direction, c.rate); got != c.want {
			t.Errorf("%+v, %+v: %v", c, c.t, got)
		}
	}
}
