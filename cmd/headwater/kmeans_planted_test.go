package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/agreement"
	"github.com/headwater-dev/headwater/coordinator/export"
)

// TestKMeansFindsWhatWasPlanted: groups that differ in numbers and in levels
// are found again, and so is their number.
func TestKMeansFindsWhatWasPlanted(t *testing.T) {
	const groups, rows = 5, 12_000
	r := rand.New(rand.NewPCG(11, 11))
	planted := func(i int) int { return i * 7 % groups }
	table := tableOf(t, "id,age,visits,spend,tenure,plan", rows, func(i int) string {
		g := planted(i)
		number := func(j int) float64 { return float64((g*(2*j+3)+j)%groups)*3 + r.NormFloat64() }
		plan := (g + r.IntN(4)/3*r.IntN(groups)) % groups
		return fmt.Sprintf("c%06d,%.3f,%.3f,%.3f,%.3f,p%d", i, number(0), number(1), number(2), number(3), plan)
	})
	out := filepath.Join(t.TempDir(), "out")
	mustRun(t, "kmeans", "--input", table, "--k", "3..7", "--starts", "5", "--out", out, "--quiet")
	found := readClusters(t, out).Clustering
	if found.K != groups {
		t.Fatalf("%d clusters were chosen, %d groups planted: %+v", found.K, groups, found.Options)
	}
	assigned, err := export.OpenAssigned(out)
	if err != nil {
		t.Fatal(err)
	}
	counts := make([]int64, groups*groups)
	at := 0
	for part := range assigned.Manifest.Parts {
		_, clusters, err := assigned.Part(part)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range clusters {
			counts[planted(at)*groups+int(k)]++
			at++
		}
	}
	if index := agreement.AdjustedRand(counts, groups); at != rows || index < 0.95 {
		t.Errorf("adjusted Rand index %v of %d customers: %v", index, at, counts)
	}
}
