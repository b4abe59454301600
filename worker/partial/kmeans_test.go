package partial

import (
	"slices"
	"testing"
)

// TestPickedMergesInAnyOrder: the first rows are the same however they come.
func TestPickedMergesInAnyOrder(t *testing.T) {
	rows := []PickedRow{{Priority: 5, Ordinal: 9}, {Priority: 7, Ordinal: 4}, {Priority: 5, Ordinal: 2}, {Priority: 1, Ordinal: 1}, {Priority: 7, Ordinal: 8}}
	var first []int64
	for _, order := range [][]int{{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {2, 0, 4, 1, 3}} {
		all := Picked{Limit: 3}
		for _, i := range order {
			if err := all.Merge(&Picked{Limit: 3, Rows: rows[i : i+1]}); err != nil {
				t.Fatal(err)
			}
		}
		var got []int64
		for _, r := range all.Rows {
			got = append(got, r.Ordinal)
		}
		if first == nil {
			first = got
		}
		if !slices.Equal(got, []int64{4, 8, 2}) {
			t.Errorf("merged in the order %v: rows %v", order, got)
		}
	}
}

// TestUnlikeClusteringsDoNotMerge: what answers different questions is an error.
func TestUnlikeClusteringsDoNotMerge(t *testing.T) {
	two, three := MakePlaces(2), MakePlaces(3)
	for name, err := range map[string]error{
		"places":  two.Merge(&three),
		"picked":  (&Picked{Limit: 3}).Merge(&Picked{Limit: 4}),
		"runs":    (&Lloyd{Runs: make([]LloydRun, 1)}).Merge(&Lloyd{}),
		"shapes":  (&Lloyd{Runs: []LloydRun{{N: []int64{1}}}}).Merge(&Lloyd{Runs: []LloydRun{{N: []int64{1, 2}}}}),
		"totals":  (&Lloyd{Totals: []Places{two}}).Merge(&Lloyd{Totals: []Places{three}}),
		"sets":    (&Judged{}).Merge(&Judged{Sets: make([]JudgedSet, 1)}),
		"tables":  (&Judged{Sets: make([]JudgedSet, 1)}).Merge(&Judged{Sets: []JudgedSet{{Against: [][]int64{{1}}}}}),
		"mixture": (&Mixture{N: []int64{1}}).Merge(&Mixture{}),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
