package main

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// assignedRow is a row of a k-means part.
type assignedRow struct {
	Row      int64   `parquet:"row"`
	Segment  int32   `parquet:"segment"`
	Distance float64 `parquet:"distance"`
}

// TestKMeansDistance holds the distances of a table of numbers against those
// from the means of its rows by cluster, and the sum of their squares, with
// levels beside numbers, against the inertia.
func TestKMeansDistance(t *testing.T) {
	iris, out := shared(t, "data/iris.csv"), filepath.Join(t.TempDir(), "iris")
	mustRun(t, "kmeans", "--input", iris, "--exclude", "c5", "--scale", "none", "--k", "3", "--tolerance", "0", "--out", out, "--quiet")
	file, err := os.Open(iris)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := csv.NewReader(file)
	lines.FieldsPerRecord = -1
	cells, err := lines.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var flowers [][4]float64
	for _, row := range cells {
		var x [4]float64
		for f := range x {
			if x[f], err = strconv.ParseFloat(row[f], 64); err != nil {
				t.Fatal(err)
			}
		}
		flowers = append(flowers, x)
	}
	rows := readParquet[assignedRow](t, filepath.Join(out, "assignments/part-00000.parquet"))
	if len(rows) != len(flowers) || len(rows) != 150 {
		t.Fatalf("%d rows of %d", len(rows), len(flowers))
	}
	var means [3][4]float64
	var n [3]float64
	for i, r := range rows {
		n[r.Segment-1]++
		for f, x := range flowers[i] {
			means[r.Segment-1][f] += x
		}
	}
	for i, r := range rows {
		least, nearest := math.Inf(1), 0
		for k := range means {
			sum := 0.0
			for f, x := range flowers[i] {
				sum += (x - means[k][f]/n[k]) * (x - means[k][f]/n[k])
			}
			if d := math.Sqrt(sum); d < least {
				least, nearest = d, k
			}
		}
		if int(r.Segment) != nearest+1 || math.Abs(r.Distance-least) > 1e-9*least {
			t.Errorf("flower %d is %v from cluster %d; %v from %d by hand", i+1, r.Distance, r.Segment, least, nearest+1)
		}
	}

	mixed := filepath.Join(t.TempDir(), "mixed")
	mustRun(t, "kmeans", "--input", shared(t, "data/bank-full.csv"), "--k", "4", "--starts", "1", "--tolerance", "0", "--iterations", "1000", "--out", mixed, "--quiet")
	var clusters struct {
		Clustering struct{ Inertia float64 }
	}
	readJSON(t, &clusters, mixed, "clusters.json")
	sum := 0.0
	for _, r := range readParquet[assignedRow](t, filepath.Join(mixed, "assignments/part-00000.parquet")) {
		sum += r.Distance * r.Distance
	}
	near(t, "the sum of the squares", sum, clusters.Clustering.Inertia, 1e-9)
}

// TestAssignOddRowsToClusters: a number that is missing or infinite lies at the
// mean of the model's table, one far out at the end of what places can hold; an
// unseen level is like any other unseen one.
func TestAssignOddRowsToClusters(t *testing.T) {
	table := tableOf(t, "a,b", 800, func(i int) string { return fmt.Sprintf("%d,%s", i%2*100, []string{"x", "y"}[i%2]) })
	out := filepath.Join(t.TempDir(), "out")
	mustRun(t, "kmeans", "--input", table, "--k", "2", "--out", out, "--quiet")
	newer, to := filepath.Join(t.TempDir(), "newer.csv"), filepath.Join(t.TempDir(), "to")
	lines := []string{"50,x", ",x", "inf,x", "-inf,x", "nan,x", "1e9,y", "1e300,y", "100,new", "100,newer", "100,y"}
	if err := os.WriteFile(newer, []byte("a,b\n"+strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "assign", "--model", filepath.Join(out, "model.json"), "--input", newer, "--out", to, "--quiet")
	rows := readParquet[assignedRow](t, filepath.Join(to, "assignments/part-00000.parquet"))
	same := func(i, k int) bool { return rows[i].Segment == rows[k].Segment && rows[i].Distance == rows[k].Distance }
	for i := 1; i < 5; i++ {
		if !same(i, 0) {
			t.Errorf("%s: %+v; the mean: %+v", lines[i], rows[i], rows[0])
		}
	}
	if !same(5, 6) || math.IsInf(rows[6].Distance, 0) || rows[5].Distance < 100 {
		t.Errorf("far out: %+v and %+v", rows[5], rows[6])
	}
	if !same(7, 8) || rows[7].Segment != rows[9].Segment || !(rows[7].Distance > rows[9].Distance) || rows[9].Distance > 1e-6 {
		t.Errorf("unseen levels: %+v and %+v; the cluster itself: %+v", rows[7], rows[8], rows[9])
	}
}
