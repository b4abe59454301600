package persona

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

func TestQuartiles(t *testing.T) {
	x := func(v float64) *float64 { return &v }
	plan := &encoder.Plan{Features: []encoder.Feature{
		{Name: "job", Kind: encoder.Category, Levels: []encoder.Level{{Name: "clerk"}}},
		{Name: "age", Kind: encoder.Range, Levels: []encoder.Level{{Name: "0", Low: x(0), High: x(0)}, {Name: "<30", High: x(30)}, {Name: "30-49", Low: x(30), High: x(50)}, {Name: "50+", Low: x(50)}}},
		{Name: "children", Kind: encoder.Discrete, Other: 4, Levels: []encoder.Level{{Name: "2", Value: "2"}, {Name: "10", Value: "10"}, {Name: "1", Value: "1"}, {Name: "other"}}},
		{Name: "gone", Kind: encoder.Discrete, Levels: []encoder.Level{{Name: "1", Value: "1"}}},
		{Name: "since.month", Kind: encoder.Category, Part: encoder.Month, Levels: []encoder.Level{{Name: "jan", Value: "jan"}}},
	}}
	counts := &partial.Counts{N: []int64{
		0, 100, // job
		20, 10, 10, 40, 20, // age: missing, 0, <30, 30-49, 50+
		0, 30, 20, 40, 10, // children: missing, 2, 10, 1, other
		100, 0, // gone
		0, 100, // since.month
	}}
	want := []Quartiles{
		{Feature: 1, Name: "age", Known: 0.8, Low: "<30", Median: "30-49", High: "30-49"},
		{Feature: 2, Name: "children", Known: 0.9, Low: "1", Median: "2", High: "2"},
	}
	if diff := cmp.Diff(want, quartiles(plan, counts, 100)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
