package ops

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/headwater-dev/headwater/kernels/hist"
	"github.com/headwater-dev/headwater/kernels/lattice"
	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Blocks of several shards in one histogram: constant ones, one that is cut
// where the metric changes, ones whose minima differ, and more rows than a batch
// has. Candidate by candidate they must give the same.
func TestJointsOverManyBlocks(t *testing.T) {
	for _, test := range []struct {
		name     string
		kinds    []string
		complete bool
		rows     int
	}{
		{"no metric", nil, true, 70_000},
		{"yes/no", []string{"yes/no"}, true, 70_000},
		{"yes/no, not always known", []string{"yes/no"}, false, 70_000},
		{"yes/no and constants", []string{"yes/no", "const", "zero"}, true, 70_000},
		{"sorted money", []string{"money"}, true, 140_000},
		{"money and yes/no", []string{"money", "yes/no"}, false, 70_000},
		{"40 bits, not always known", []string{"yes/no", "40 bits"}, false, 70_000},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCountTable(t, rand.New(rand.NewPCG(7, 8)), test.rows, test.rows*3/5, []int{2, 3, 9, 4, 2, 5, 12}, test.kinds, test.complete)
			items, features := c.items()
			params := wire.CountParams{Order: 3, Items: items, Survivors: [][]uint64{allOf(t, features, nil)}}
			var results [2]partial.Halves
			for i, how := range []method{byTables, byBitmaps} {
				var err error
				if results[i], err = countBy(context.Background(), &c.env, params, how); err != nil {
					t.Fatal(err)
				}
			}
			for _, pair := range [][2]*partial.Counts{
				{&results[0].Discovery, &results[1].Discovery},
				{&results[0].Confirmation, &results[1].Confirmation},
			} {
				a, b := pair[0], pair[1]
				if !slices.Equal(a.N, b.N) {
					t.Fatal("other rows")
				}
				for m := range a.Measures {
					if !slices.Equal(a.Measures[m].Known, b.Measures[m].Known) {
						t.Fatalf("measure %d: other known rows", m)
					}
					for i := range a.N {
						if x, y := a.Measures[m].Sum.Big(i), b.Measures[m].Sum.Big(i); x.Cmp(y) != 0 {
							t.Fatalf("measure %d, candidate %d: sum %d, want %d", m, i, x, y)
						}
					}
				}
			}
			c.compare(t, &results[0], 0, []wire.Item{items[0], items[3], items[7]})
		})
	}
}

// Rows of one value are counted without weights: a yes/no metric takes no sums.
func TestStretchesOfYesNo(t *testing.T) {
	c := newCountTable(t, rand.New(rand.NewPCG(9, 9)), 100_000, 60_000, []int{2}, []string{"yes/no"}, true)
	stretches, rows := planStretches(c.env.Shards, 1, anyPart), 0
	for _, s := range stretches {
		rows += s.rows
		if len(s.channels) != 1 || !s.channels[0].plain() {
			t.Errorf("a stretch of %d rows has channels %+v", s.rows, s.channels)
		}
	}
	if len(stretches) != 2 || rows != 100_000 {
		t.Errorf("%d stretches of %d rows, want 2 of 100,000", len(stretches), rows)
	}
}

// Histograms are of more features than a combination has, each combination is a
// marginal of one, and together they cost less than one for each.
func TestCoverJoinsCombinations(t *testing.T) {
	levels := []int{4, 5, 6, 7, 8, 9, 10, 11, 12, 13}
	c := newCountTable(t, rand.New(rand.NewPCG(3, 3)), 2000, 2000, levels, []string{"yes/no"}, true)
	items, features := c.items()
	groups, candidates, err := lattice.Replay(features, [][]uint64{allOf(t, features, nil)}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	b := newCountBlock(items, c.env.Plan)
	w := b.workOf(c.env.Shards, []half{{anyPart, planStretches(c.env.Shards, 1, anyPart)}})
	w.words, w.blocks, w.joint.rows = w.words*5000, w.blocks*5000, w.joint.rows*5000 // as of ten million rows
	plan := planCubes(b, groups, candidates, w, cheapest)
	if plan.cubes == nil {
		t.Fatal("no cubes")
	}
	covered := 0
	for _, j := range plan.cubes.joints {
		if j.cells > len(hist.Counts{}) || len(j.cubes) == 0 {
			t.Errorf("a histogram of features %v, %d combinations, has %d marginals", j.slots, j.cells, len(j.cubes))
		}
		for _, cb := range j.cubes {
			if covered++; cb.joint != j || !j.holds(cb.slots) {
				t.Errorf("the cube of %v is no marginal of %v", cb.slots, j.slots)
			}
		}
	}
	t.Logf("%d histograms of %d combinations", len(plan.cubes.joints), covered)
	if n := len(plan.cubes.joints); n > 60 || covered < 80 {
		t.Errorf("%d histograms of %d combinations; want at most 60 of 80 and more of the 120", n, covered)
	}
}
