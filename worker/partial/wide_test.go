package partial

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/source"
)

// TestProfileAnswers asks a profile that was merged of parts, some below and
// some above the exact limit, and compares with counting the rows.
func TestProfileAnswers(t *testing.T) {
	const distinct = ExactLimit + 5000
	for _, kind := range []source.Type{source.Int, source.Text} {
		s := sample{name: "amount", column: source.Column{Name: "amount", Type: kind}}
		rng := rand.New(rand.NewPCG(11, 11))
		for i := range 4 * distinct {
			s.values = append(s.values, strconv.Itoa((i%distinct)*7-90_000))
		}
		rng.Shuffle(len(s.values), func(i, j int) { s.values[i], s.values[j] = s.values[j], s.values[i] })

		cuts := []int{0, 30_000, 32_000, len(s.values) - 20_000, len(s.values)}
		whole := profileOf(t, s, 0, s.values[:cuts[1]], rng)
		for i := 1; i < len(cuts)-1; i++ {
			if err := whole.Merge(overWire(t, profileOf(t, s, i, s.values[cuts[i]:cuts[i+1]], rng))); err != nil {
				t.Fatal(err)
			}
		}
		if whole.Columns[0].Sketch == nil {
			t.Fatal("no sketch")
		}
		ask := RefineColumn{Column: s.name, Cuts: []float64{-50_000, -0.5, 7, 300_000}}
		for b := uint32(0); b < HashBuckets; b += 500 {
			ask.Buckets = append(ask.Buckets, b)
		}
		got, open := whole.Refine(&RefineParams{Columns: []RefineColumn{ask}})
		if open != nil {
			t.Fatalf("%s: the profile keeps no values", kind)
		}
		r := NewRefiner(s.column, ask)
		if err := r.Add(arrayOf(t, s.column, s.values)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Refined{r.Refined()}, got.Columns); diff != "" {
			t.Fatalf("%s: rows −, profile +:\n%.2000s", kind, diff)
		}
	}
}

// TestProfileKeepsNoIDs checks that what is not known is asked for: unique
// values, and columns of a table so wide that their values have no room.
func TestProfileKeepsNoIDs(t *testing.T) {
	c := source.Column{Name: "id", Type: source.Int}
	profiler := NewProfiler(c, 1)
	for from := 0; from < 4*ExactLimit; from += 16384 {
		ids := make([]string, 16384)
		for i := range ids {
			ids[i] = strconv.Itoa(3 * (from + i))
		}
		if err := profiler.Add(arrayOf(t, c, ids)); err != nil {
			t.Fatal(err)
		}
	}
	p := &Profile{Columns: []Column{profiler.Column()}}
	ask := RefineParams{Columns: []RefineColumn{{Column: "id", Cuts: []float64{10}}}}
	if known, open := p.Refine(&ask); open == nil || len(open.Columns) != 1 || len(known.Columns) != 0 {
		t.Fatalf("known %v, open %v", known, open)
	}
	if wideLimit(1000) != 0 || wideLimit(0) != wideColumn {
		t.Fatalf("limits %d and %d", wideLimit(1000), wideLimit(0))
	}
}
