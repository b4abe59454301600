package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// tableOf writes a CSV file of rows.
func tableOf(t *testing.T, head string, rows int, row func(i int) string) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintln(&b, head)
	for i := range rows {
		fmt.Fprintln(&b, row(i))
	}
	path := filepath.Join(t.TempDir(), "table.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestKMeansRefuses: what cannot be clustered is an error that says why, and
// leaves nothing behind.
func TestKMeansRefuses(t *testing.T) {
	few := tableOf(t, "a,b", 200, func(i int) string { return fmt.Sprintf("%d,%d", i%3, i%2) })
	same := tableOf(t, "a,b", 200, func(int) string { return "5,7" })
	for _, c := range []struct {
		table string
		args  []string
		want  string
	}{
		{few, []string{"--k", "8"}, "8 clusters cannot be made of 6; choose --k 6 or less"},
		{few, []string{"--k", "500"}, "500 clusters cannot be made of 200"},
		{same, []string{"--k", "2"}, "a (ignore: constant: every row has the same value)"},
		{few, []string{"--k", "x"}, "write a number such as 8"},
		{few, []string{"--k", "4..2"}, "the lower bound first"},
		{few, []string{"--init-rows", "1,900"}, "the last row is 199"},
		{few, []string{"--feature-weight", "c=2"}, `unknown column "c"`},
		{few, []string{"--one-hot", "c"}, `unknown column "c"`},
		{few, []string{"--scale", "odd"}, "not one of standard, robust, none"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		var stdout, stderr bytes.Buffer
		code := execute(append([]string{"kmeans", "--input", c.table, "--out", out, "--quiet"}, c.args...), &stdout, &stderr)
		if code == exitOK || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%q: exit code %d, %q does not say %q", c.args, code, stderr.String(), c.want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%q: an out folder is left behind", c.args)
		}
	}
}

// TestKMeansOfOddNumbers: NaN, ±Inf and nulls lie at the mean, constants are
// left out, both with a notice; all customers are assigned.
func TestKMeansOfOddNumbers(t *testing.T) {
	type row struct {
		Size  float64  `parquet:"size"`
		Price *float64 `parquet:"price,optional"`
		Still float64  `parquet:"still"`
		Group string   `parquet:"group"`
	}
	var rows []row
	for i := range 900 {
		price := float64(i%2)*100 + float64(i%7)
		r := row{Size: float64(i%2)*1000 + float64(i%11), Price: &price, Still: 3, Group: []string{"x", "y"}[i%2]}
		switch i % 30 {
		case 0:
			r.Size = math.NaN()
		case 1:
			r.Size = math.Inf(1)
		case 2:
			r.Size = math.Inf(-1)
		case 3:
			r.Price = nil
		}
		rows = append(rows, r)
	}
	table := filepath.Join(t.TempDir(), "odd.parquet")
	if err := parquet.WriteFile(table, rows); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	var stdout, stderr bytes.Buffer
	if code := execute([]string{"kmeans", "--input", table, "--k", "2", "--out", out}, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, stderr.String())
	}
	for _, want := range []string{
		"still takes no part: constant", "size is not known for 90 customers (10.0 %, 60 of them ±infinity)", "price is not known for 30 customers",
	} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("the notices do not say %q:\n%s", want, stderr.String())
		}
	}
	c := readClusters(t, out)
	if sizes := c.sizes(); sizes[0] != 450 || sizes[1] != 450 {
		t.Errorf("sizes %v, not those of the two groups", sizes)
	}
	var sum, known [2]float64
	for i, r := range rows {
		if !math.IsNaN(r.Size) && !math.IsInf(r.Size, 0) {
			sum[i%2] += r.Size
			known[i%2]++
		}
	}
	centre := (sum[0] + sum[1]) / (known[0] + known[1])
	var means []float64
	for _, x := range c.Clustering.Clusters {
		means = append(means, x.Means[0])
	}
	slices.Sort(means)
	for g, mean := range means { // what is not known lies at the mean of all
		near(t, fmt.Sprintf("mean size of group %d", g), mean, (sum[g]+(450-known[g])*centre)/450, 1e-6)
	}
}

// TestKMeansOfCategories: without any number the levels alone make clusters.
func TestKMeansOfCategories(t *testing.T) {
	table := tableOf(t, "a,b,c", 600, func(i int) string {
		return fmt.Sprintf("a%d,b%d,c%d", i%3, i%3, (i/7)%2)
	})
	if sizes := fmt.Sprint(func() []int64 { c := cluster(t, "--input", table, "--k", "3"); return c.sizes() }()); sizes != "[200 200 200]" {
		t.Errorf("sizes %v", sizes)
	}
}

// TestAssignAppliesClusters: the model sends the customers where kmeans did,
// and a table that lacks a column is an error.
func TestAssignAppliesClusters(t *testing.T) {
	table := customers(t, 800, 0)
	out, again := clustered(t, table, "--k", "3"), filepath.Join(t.TempDir(), "again")
	mustRun(t, "assign", "--model", filepath.Join(out, "model.json"), "--input", table, "--out", again, "--quiet")
	for _, name := range []string{"part-00000.parquet", "manifest.json"} {
		one, err1 := os.ReadFile(filepath.Join(out, "assignments", name))
		other, err2 := os.ReadFile(filepath.Join(again, "assignments", name))
		if err1 != nil || err2 != nil || !bytes.Equal(one, other) {
			t.Errorf("%s of assign is not that of kmeans (%v, %v)", name, err1, err2)
		}
	}
	lacking := tableOf(t, "id,visits", 20, func(i int) string { return fmt.Sprintf("c%d,%d", i, i) })
	var stdout, stderr bytes.Buffer
	code := execute([]string{"assign", "--model", filepath.Join(out, "model.json"), "--input", lacking, "--out", filepath.Join(t.TempDir(), "o")}, &stdout, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), `unknown column "age"`) {
		t.Errorf("a table without a column: exit code %d, %s", code, stderr.String())
	}
}

// TestEmptyClustersBeginAnew: of two initial rows at the same place one gets no
// customer; its cluster goes to the farthest.
func TestEmptyClustersBeginAnew(t *testing.T) {
	table := tableOf(t, "a,b", 300, func(i int) string { return fmt.Sprintf("%d,%d", i/100*50+i%3, i/100*20+i%2) })
	c := cluster(t, "--input", table, "--init-rows", "0,6,150", "--tolerance", "0")
	if sizes := fmt.Sprint(c.sizes()); sizes != "[100 100 100]" || c.Clustering.Refilled == 0 {
		t.Errorf("sizes %v, an empty cluster in %d iterations", sizes, c.Clustering.Refilled)
	}
}
