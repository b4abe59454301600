package wire

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// TestPlanTravels: gob alone turns a pointer to zero into nil, that is the
// bound 0 into no bound and the value "" into no value.
func TestPlanTravels(t *testing.T) {
	zero, ten, empty := 0.0, 10.0, ""
	want := AssignParams{Plan: encoder.Plan{
		Features: []encoder.Feature{{Name: "x", Levels: []encoder.Level{{Name: "0", Low: &zero, High: &zero}, {Name: "1-9", High: &ten}}}},
		Measures: []encoder.Measure{{Name: "m", Equals: &empty}},
		Seed:     1<<64 - 1,
	}}
	data, err := Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	var got AssignParams
	if err := Decode(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
