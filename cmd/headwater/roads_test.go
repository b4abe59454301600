package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/comparison"
)

// TestRoadsFindWhatWasPlanted plants segments and clusters and takes both roads
// to them: the road that a table was made for must find it again, by itself,
// their number included; what the other one makes of it is told.
// HEADWATER_PLANTED=10m sets the customers (make planted).
//
// The planted segments are rules that set the metric and nothing else, so
// --lambda 1 is asked for: with a lesser weight customers of one segment who
// differ in the traits that others are told apart by are to be parted.
func TestRoadsFindWhatWasPlanted(t *testing.T) {
	rows := os.Getenv("HEADWATER_PLANTED")
	if rows == "" {
		rows = "200k" // of 100k, 60k form the segments, and one feature of the rules adds too little to be crossed
	}
	const least = 0.95
	type road struct {
		name string
		args []string
	}
	segment := func(name string, more ...string) road {
		return road{name, append([]string{"segment", "--metric", "responded=yes", "--exclude", "revenue"}, more...)}
	}
	topDown := road{"kmeans --k 4..9", []string{"kmeans", "--k", "4..9", "--exclude", "responded,revenue"}}
	for _, c := range []struct {
		plant        string
		right, other road
	}{
		{plant: "segments", right: segment("segment --lambda 1", "--lambda", "1"), other: topDown},
		{plant: "clusters", right: topDown, other: segment("segment")},
	} {
		t.Run(c.plant, func(t *testing.T) {
			dir := t.TempDir()
			table := filepath.Join(dir, "customers.parquet")
			mustRun(t, "gen", "--rows", rows, "--plant", c.plant, "--out", table, "--quiet")
			take := func(r road) comparison.Result {
				out := filepath.Join(dir, "out")
				mustRun(t, append(r.args, "--input", table, "--out", out, "--force", "--quiet")...)
				found := compared(t, out, filepath.Join(dir, "customers.truth.parquet"))
				t.Logf("%d customers, planted %s: %s finds %d of %d, adjusted Rand index %.4f",
					found.Customers, c.plant, r.name, len(found.A.Segments), len(found.B.Segments), found.AdjustedRand)
				return found
			}
			if r := take(c.right); r.AdjustedRand < least || len(r.A.Segments) != len(r.B.Segments) {
				t.Errorf("the adjusted Rand index is below %v, or the number another: %v", least, r.Counts)
			}
			take(c.other)
		})
	}
}
