package merge

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// kept returns a result as it comes back from the files.
func kept(t testing.TB, r *Result) *Result {
	t.Helper()
	var back Result
	data, err := json.Marshal(r)
	if err == nil {
		err = json.NewDecoder(bytes.NewReader(data)).Decode(&back)
	}
	if err != nil {
		t.Fatal(err)
	}
	back.Kept, back.Unseen = r.Kept, r.Unseen
	return &back
}

// Another K from what a job kept is what a job with that K makes.
func TestRecutEqualsAnotherRun(t *testing.T) {
	tab := bank(t)
	tab.metrics[0].Binary = true
	earlier := kept(t, run(t, tab, Config{}))
	for _, k := range []int{1, 2, 7, 10, 13} {
		want := run(t, tab, Config{K: k})
		got, err := Recut(t.Context(), &tab.plan, tab.metrics, earlier, Config{K: k})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Result{}, "R2", "Notes", "Repeated")); diff != "" {
			t.Errorf("K=%d (-run +recut):\n%s", k, diff)
		}
		if got.R2.Merged != want.R2.Merged || got.R2.Segments != want.R2.Segments || !math.IsNaN(got.R2.HeldOut) || len(got.R2.Splits) > 0 {
			t.Errorf("K=%d: R² %+v, want %+v and nothing held out", k, got.R2, want.R2)
		}
		if !strings.Contains(strings.Join(got.Notes, "\n"), "held out was not measured") {
			t.Errorf("K=%d: the notes do not say what is missing: %q", k, got.Notes)
		}
		levels, err := AllLevels(&tab.plan, got.Kept)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tab.levels().N, levels.N); diff != "" {
			t.Errorf("levels (-table +cells):\n%s", diff)
		}
	}
}

// Where there were too many cells to keep levels, the counts of a run come from
// another pass, and are the same.
func TestCountsWithoutKeptLevels(t *testing.T) {
	tab := bank(t)
	want := run(t, tab, Config{Cross: []int{14, 10}, K: 6, Lambda: 0.5})
	r := *want.Kept
	r.Levels = nil
	bare := *want
	bare.Kept = &r
	if _, err := Recut(t.Context(), &tab.plan, tab.metrics, &bare, Config{K: 5}); err == nil || !strings.Contains(err.Error(), "run segment on the table") {
		t.Errorf("without levels: %v", err)
	}
	counted, err := (&runner{ledger: ledger{shards: tab}}).countRows(t.Context(), &fit{tree: want.Tree, k: want.K})
	if err != nil {
		t.Fatal(err)
	}
	for s := range want.Counts.Levels {
		if diff := cmp.Diff(counted.Levels[s].N, want.Counts.Levels[s].N); diff != "" {
			t.Errorf("segment %d: levels (-rows +cells):\n%s", s, diff)
		}
	}
	for m := range want.Counts.Squares {
		for s := range want.K {
			if a, b := counted.Squares[m].Big(s), want.Counts.Squares[m].Big(s); a.Cmp(b) != 0 {
				t.Errorf("segment %d: squares %v by rows, %v by cells", s, a, b)
			}
			if a, b := counted.All.Measures[m].Sum.Big(s), want.Counts.All.Measures[m].Sum.Big(s); a.Cmp(b) != 0 || counted.All.N[s] != want.Counts.All.N[s] {
				t.Errorf("segment %d: sum %v by rows, %v by cells", s, a, b)
			}
		}
	}
}

func TestRecutRefusesForeignFiles(t *testing.T) {
	tab := bank(t)
	good := run(t, tab, Config{Cross: []int{14, 10}, K: 6, Lambda: 0.5})
	for name, spoil := range map[string]func(r *Result){
		"other points":  func(r *Result) { r.Points = r.Points[1:] },
		"fewer merges":  func(r *Result) { r.Merges = r.Merges[1:] },
		"other weights": func(r *Result) { r.Points[0].N++ },
		"merged twice":  func(r *Result) { r.Merges[1].B = r.Merges[0].B },
		"other cross":   func(r *Result) { r.Crossed = []int{0, 1} },
		"no feature":    func(r *Result) { r.Crossed = []int{99} },
		"short levels":  func(r *Result) { c := *r.Kept; c.Levels = c.Levels[1:]; r.Kept = &c },
		"no cells":      func(r *Result) { c := *r.Kept; c.Key = nil; r.Kept = &c },
	} {
		r := kept(t, good)
		spoil(r)
		if _, err := Recut(t.Context(), &tab.plan, tab.metrics, r, Config{K: 5}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := Recut(t.Context(), &tab.plan, tab.metrics, kept(t, good), Config{K: 500}); err == nil {
		t.Error("500 segments are accepted")
	}
}
