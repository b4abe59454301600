package report

import (
	"testing"

	"github.com/headwater-dev/headwater/coordinator/evidence"
)

func TestInSegments(t *testing.T) {
	list := []evidence.InSegment{
		{Segment: 2, Name: "Students", Share: 0.5},
		{Segment: 1, Name: "Retired", Share: 0.25},
		{Segment: 4, Name: "Cellular", Share: 0.125},
		{Segment: 3, Name: "Mixed", Share: 0.1},
		{Segment: 5, Name: "Rest", Share: 0.025},
	}
	for n, want := range map[int]string{
		0: "", 1: "50.0 % in 2 Students", 4: "50.0 % in 2 Students; 25.0 % in 1 Retired; 12.5 % in 4 Cellular; 10.0 % in 3 Mixed",
		5: "50.0 % in 2 Students; 25.0 % in 1 Retired; 12.5 % in 4 Cellular; 12.5 % in 2 others",
	} {
		if got := inSegments(list[:n]); got != want {
			t.Errorf("%d segments: %q, want %q", n, got, want)
		}
	}
}
