package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headwater-dev/headwater/worker/source/synthetic"
)

// TestPlantedGroupsAreFound holds what a whole run reports of a made table
// against what was planted in it: every planted group, with its exact counts,
// on the right side of the average.
func TestPlantedGroupsAreFound(t *testing.T) {
	dir := t.TempDir()
	table, out := filepath.Join(dir, "customers.parquet"), filepath.Join(dir, "out")
	mustRun(t, "gen", "--rows", "100k", "--out", table, "--quiet")
	mustRun(t, "run", "--input", table, "--metric", "responded=yes as responded", "--exclude", "revenue", "--out", out, "--quiet")

	data, err := os.ReadFile(synthetic.TruthPath(table))
	if err != nil {
		t.Fatal(err)
	}
	var truth synthetic.Truth
	if err := json.Unmarshal(data, &truth); err != nil {
		t.Fatal(err)
	}
	if len(truth.Planted) != 6 {
		t.Fatalf("%d groups were planted, not 6", len(truth.Planted))
	}
	type group struct {
		Group string `parquet:"group"`
		Items []struct {
			Feature string `parquet:"feature"`
			Level   string `parquet:"level"`
		} `parquet:"items,list"`
		N         int64   `parquet:"n"`
		Responded int64   `parquet:"sum_responded"`
		Excess    float64 `parquet:"excess_responded"`
	}
	groups := readParquet[group](t, filepath.Join(out, "groups.parquet"))
	top, err := os.ReadFile(filepath.Join(out, "top.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range truth.Planted {
		want := map[string]string{}
		for _, item := range p.Items {
			want[item.Column] = item.Level
		}
		var found *group
		better := 0 // groups of as many items that lie further out on the same side
		for i := range groups {
			g := &groups[i]
			same := len(g.Items) == len(want)
			for _, item := range g.Items {
				level, ok := want[item.Feature]
				same = same && ok && level == item.Level
			}
			if same {
				found = g
			}
		}
		if found == nil {
			t.Errorf("planted but not among the groups: %v", want)
			continue
		}
		if found.N != p.N || found.Responded != p.Responded {
			t.Errorf("%s: %d customers of whom %d responded; in truth %d and %d", found.Group, found.N, found.Responded, p.N, p.Responded)
		}
		up := p.Direction == "up"
		if (found.Excess > 0) != up {
			t.Errorf("%s was planted %s, its excess is %v", found.Group, p.Direction, found.Excess)
		}
		rate := float64(found.Responded) / float64(found.N)
		for _, g := range groups {
			if r := float64(g.Responded) / float64(g.N); len(g.Items) == len(want) && (up && r > rate || !up && r < rate) {
				better++
			}
		}
		if better >= 20 {
			t.Errorf("%s: %d groups of as many items lie further out", found.Group, better)
		}
		if up && !strings.Contains(string(top), ","+found.Group+",") {
			t.Errorf("%s is not in top.csv", found.Group)
		}
	}
}
