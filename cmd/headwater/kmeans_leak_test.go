package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestKMeansLeavesLeaksOut: features that give the outcome away, numbers as well
// as texts, take no part and are named; the clusters are those without them.
func TestKMeansLeavesLeaksOut(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	table := tableOf(t, "id,age,visits,plan,refund,reason,bought", 4000, func(i int) string {
		group, bought := i%3, i%7 == 0
		refund, reason, answer := r.IntN(40), "none", "no"
		if bought {
			refund, reason, answer = 500+r.IntN(40), []string{"late", "broken"}[r.IntN(2)], "yes"
		}
		return fmt.Sprintf("c%d,%d,%d,p%d,%d,%s,%s", i, 20+20*group+r.IntN(12), 30-10*group+r.IntN(7), (group+r.IntN(4)/3)%3, refund, reason, answer)
	})
	cluster := func(args ...string) (string, []string) {
		out := filepath.Join(t.TempDir(), "out")
		shown := mustRun(t, append([]string{"kmeans", "--input", table, "--k", "3", "--out", out}, args...)...)
		var made struct {
			Clustering struct {
				Coordinates []struct{ Column string }
				OneHot      []struct{ Name string } `json:"one_hot"`
			}
		}
		readJSON(t, &made, out, "clusters.json")
		var used []string
		for _, x := range made.Clustering.Coordinates {
			used = append(used, x.Column)
		}
		for _, x := range made.Clustering.OneHot {
			used = append(used, x.Name)
		}
		slices.Sort(used)
		return out, append(used, shown)
	}
	traits := []string{"age", "plan", "visits"}
	plain, without := cluster("--metric", "bought=yes", "--exclude", "refund,reason")
	checked, found := cluster("--metric", "bought=yes")
	shown := found[len(found)-1]
	if !slices.Equal(found[:len(found)-1], traits) || !slices.Equal(without[:len(without)-1], traits) {
		t.Errorf("clustered by %v, without the leaks by %v, want %v", found[:len(found)-1], without[:len(without)-1], traits)
	}
	for _, want := range []string{"LEFT OUT: refund alone separates bought=yes", "LEFT OUT: reason alone separates bought=yes", "--keep refund"} {
		if !strings.Contains(strings.Join(strings.Fields(shown), " "), want) {
			t.Errorf("the summary does not say %q:\n%s", want, shown)
		}
	}
	if r := compared(t, plain, checked); r.AdjustedRand != 1 {
		t.Errorf("clusters with the leaks left out and excluded agree by %v only", r.AdjustedRand)
	}
	if _, kept := cluster("--metric", "bought=yes", "--keep", "refund,reason"); !slices.Equal(kept[:len(kept)-1], []string{"age", "plan", "reason", "refund", "visits"}) {
		t.Errorf("with --keep clustered by %v", kept[:len(kept)-1])
	}
	// Without a yes/no metric there is nothing to give away.
	if _, all := cluster("--exclude", "bought"); !slices.Contains(all, "refund") || !slices.Contains(all, "reason") {
		t.Errorf("without a metric clustered by %v", all[:len(all)-1])
	}
}
