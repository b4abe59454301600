package wire

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
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

// TestCountsTravel: partials with an encoding of their own are told from those
// by gob, compressed or not, and are added without being made.
func TestCountsTravel(t *testing.T) {
	counts := partial.MakeCounts(1000, []bool{true})
	for i := range counts.N {
		counts.N[i], counts.Measures[0].Sum.Lo[i] = int64(i), int64(i/7)
	}
	want := partial.Halves{Discovery: counts, Confirmation: partial.MakeCounts(1000, []bool{true})}
	for _, c := range []*Conn{{}, {embedded: true}} {
		data, err := c.Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		var got partial.Halves
		if err := Decode(data, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if err := Merge(data, &got); err != nil {
			t.Fatal(err)
		}
		if n := got.Discovery.N[999]; n != 2*999 {
			t.Errorf("999 and 999 are %d", n)
		}
		var other CountParams
		if err := Decode(data, &other); err == nil || !strings.Contains(err.Error(), "CountParams") {
			t.Errorf("counts were read as parameters: %v", err)
		}
		params, err := c.Encode(CountParams{Order: 3})
		if err != nil {
			t.Fatal(err)
		}
		if err := Decode(params, &got); err == nil {
			t.Error("parameters were read as counts")
		}
		if err := Merge(params, &got); err == nil {
			t.Error("parameters were added to counts")
		}
	}
	for _, data := range [][]byte{nil, {unknown}, {isZstd}, {isOwn}, {isOwn | isZstd, 1, 2}, {0}} {
		if err := Decode(data, new(partial.Halves)); err == nil {
			t.Errorf("%v was read", data)
		}
	}
}
