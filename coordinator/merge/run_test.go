package merge

import (
	"context"
	"testing"
)

// run makes segments of a table with the checks that hold for any.
func run(t testing.TB, tab *table, c Config) *Result {
	t.Helper()
	r, err := Run(context.Background(), tab, &tab.plan, tab.metrics, tab.levels(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBankSegmentsHoldOut(t *testing.T) {
	tab := bank(t)
	for seed := range uint64(3) {
		tab.refold(seed)
		r := run(t, tab, Config{})
		t.Logf("seed %d: held out %.4f ± %.4f, tree %.4f (K) %.4f (rules), in sample %.4f / %.4f, K=%d, crossed %v",
			seed, r.R2.HeldOut, r.R2.Error, r.R2.Tree.SameSegments, r.R2.Tree.SameRules, r.R2.Segments, r.R2.Merged, r.K, r.Names)
		for _, s := range r.R2.Splits {
			t.Logf("  %+v", s)
		}
		if r.R2.HeldOut < 0.155 {
			t.Errorf("seed %d: held-out R² is %.4f, want 0.155 or more", seed, r.R2.HeldOut)
		}
		for _, s := range r.Segments {
			t.Logf("%d %.3f %.3f %d", s.N, s.Share, *s.Metrics[0].Mean, len(s.Rules))
		}
		t.Log(r.Notes, tab.asked)
	}
}
