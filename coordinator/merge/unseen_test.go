package merge

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// What is reported of unseen customers, row by row.
func TestUnseenEqualsRowByRow(t *testing.T) {
	tab := bank(t)
	tab.metrics[0].Binary = true
	r := run(t, tab, Config{})
	var n, yes, seenN, seenYes [200]float64
	var all, allYes float64
	for i := range tab.rows.N {
		s, y := tab.segmentOf(&r.Tree, i), float64(tab.rows.Values[0][i])
		if tab.rows.Part[i]&encoder.Confirmation == 0 {
			seenN[s], seenYes[s] = seenN[s]+1, seenYes[s]+y
			continue
		}
		n[s], yes[s], all, allYes = n[s]+1, yes[s]+y, all+1, allYes+y
	}
	for s := range r.Segments {
		if got, sum := r.Held.All.N[s], r.Held.All.Measures[0].Sum.Big(s).Int64(); float64(got) != n[s] || float64(sum) != yes[s] {
			t.Errorf("segment %d: %d unseen customers with %d, want %v with %v", s, got, sum, n[s], yes[s])
		}
	}
	residual, total := 0.0, 0.0
	for i := range tab.rows.N {
		if tab.rows.Part[i]&encoder.Confirmation != 0 {
			s, y := tab.segmentOf(&r.Tree, i), float64(tab.rows.Values[0][i])
			residual += math.Pow(y-seenYes[s]/seenN[s], 2)
			total += math.Pow(y-allYes/all, 2)
		}
	}
	if want := 1 - residual/total; r.R2.Confirmed == nil || math.Abs(*r.R2.Confirmed-want) > 1e-9 {
		t.Errorf("R² on unseen customers %v, row by row %v", *r.R2.Confirmed, want)
	}
	t.Logf("R²: %.4f where they were formed, %.4f on unseen customers, %.4f over splits", r.R2.Segments, *r.R2.Confirmed, r.R2.HeldOut)
}

// Whatever unseen customers do, the segments are the same but for their order.
func TestUnseenCustomersFormNothing(t *testing.T) {
	tab := bank(t)
	tab.metrics[0].Binary = true
	// Runs of one partition have one name for each segment: its first customer.
	first := func(r *Result) []int {
		name := slices.Repeat([]int{-1}, r.K)
		out := make([]int, tab.rows.N)
		for i := range out {
			s := tab.segmentOf(&r.Tree, i)
			if name[s] < 0 {
				name[s] = i
			}
			out[i] = name[s]
		}
		return out
	}
	want := run(t, tab, Config{})
	for i, part := range tab.rows.Part {
		if part&encoder.Confirmation != 0 {
			tab.rows.Values[0][i] = int64(i % 2)
		}
	}
	got := run(t, tab, Config{})
	if diff := cmp.Diff(first(want), first(got)); diff != "" {
		t.Error("the segments follow customers that must not form them")
	}
	if diff := cmp.Diff(want.Options, got.Options); diff != "" {
		t.Errorf("the numbers of segments follow unseen customers:\n%s", diff)
	}
	if *got.R2.Confirmed > 0.05 {
		t.Errorf("a metric at random is explained by %v", *got.R2.Confirmed)
	}
}

// With nobody on discovery all customers form the segments, and none is unseen.
func TestNobodyToHoldBack(t *testing.T) {
	tab := bank(t)
	tab.rows.Part = slices.Repeat([]uint8{encoder.Confirmation}, tab.rows.N)
	r := run(t, tab, Config{Cross: []int{14, 10}, K: 6, Lambda: 0.5})
	if r.Held != nil || r.R2.Confirmed != nil || len(r.Unseen.Key) > 0 {
		t.Errorf("unseen customers are counted: %+v", r.Held)
	}
}

// Foreign cells are refused, whatever differs.
func TestMinusRefuses(t *testing.T) {
	tab := bank(t)
	r := run(t, tab, Config{Cross: []int{14, 10}, K: 6, Lambda: 0.5})
	for name, spoil := range map[string]func(*partial.Cells){
		"another key":   func(c *partial.Cells) { c.Key[len(c.Key)-1] = math.MaxUint64 },
		"too many rows": func(c *partial.Cells) { c.Counts.N[0] = 1 << 40 },
		"out of order":  func(c *partial.Cells) { c.Key[0] = c.Key[1] },
		"no measures":   func(c *partial.Cells) { c.Counts.Measures = nil },
	} {
		c := *r.Unseen
		c.Key, c.Counts.N = slices.Clone(c.Key), slices.Clone(c.Counts.N)
		spoil(&c)
		bad := kept(t, r)
		bad.Unseen = &c
		if _, err := Recut(t.Context(), &tab.plan, tab.metrics, bad, Config{K: 5}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
