package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/comparison"
)

// customers writes a table of two groups that a clustering finds, with ids, in
// the order of the seed, and returns its path.
func customers(t *testing.T, rows int, seed uint64) string {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	var lines []string
	for i := range rows {
		group := i % 2
		lines = append(lines, fmt.Sprintf("c%06d,%d,%d,%d", i, 100*group+r.IntN(20), 50*group+r.IntN(10), r.IntN(100)*group))
	}
	if seed > 0 {
		rand.New(rand.NewPCG(seed, 0)).Shuffle(rows, func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	}
	path := filepath.Join(t.TempDir(), "customers.csv")
	if err := os.WriteFile(path, []byte("id,age,visits,spend\n"+strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func clustered(t *testing.T, table string, args ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	mustRun(t, append([]string{"kmeans", "--input", table, "--metric", "spend", "--out", out, "--quiet"}, args...)...)
	return out
}

func compared(t *testing.T, args ...string) (r comparison.Result) {
	t.Helper()
	if err := json.Unmarshal([]byte(mustRun(t, append([]string{"compare", "--json"}, args...)...)), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCompare(t *testing.T) {
	table := customers(t, 3000, 0)
	two, three := clustered(t, table, "--k", "2"), clustered(t, table, "--k", "3")
	shuffled := clustered(t, customers(t, 3000, 5), "--k", "2")

	same := compared(t, two, shuffled)
	if same.AdjustedRand != 1 || same.Customers != 3000 {
		t.Errorf("the same clusters of a table in another order: adjusted Rand index %v of %d customers", same.AdjustedRand, same.Customers)
	}
	r := compared(t, two, three)
	if r.AdjustedRand <= 0.2 || r.AdjustedRand >= 1 || len(r.Counts) != 2 || len(r.Counts[0]) != 3 {
		t.Errorf("two clusters against three: %+v", r)
	}
	for _, side := range []comparison.Side{r.A, r.B} {
		if len(side.Metrics) != 1 || side.Metrics[0].R2.Mean < 0.3 || side.Profile == nil || side.Profile.Mean < 0.05 {
			t.Errorf("%s explains %+v and %+v", side.Name, side.Metrics, side.Profile)
		}
	}
	text := mustRun(t, "compare", two, three)
	for _, want := range []string{"adjusted Rand index", "A2 ", "B3: "} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary has no %q:\n%s", want, text)
		}
	}
	// Part files alone say how far both agree, and not what they explain.
	if r := compared(t, filepath.Join(two, "assignments"), three); len(r.A.Metrics) > 0 || len(r.Notes) != 1 || r.Counts == nil {
		t.Errorf("part files alone: %+v", r)
	}
}

// TestCompareWithATable: segments of ids in a Parquet file stand for a job.
func TestCompareWithATable(t *testing.T) {
	table := filepath.Join(t.TempDir(), "customers.csv.gz")
	mustRun(t, "gen", "--rows", "3000", "--plant", "clusters", "--out", table, "--quiet")
	truth := strings.TrimSuffix(table, ".csv.gz") + ".truth.parquet"
	found := filepath.Join(t.TempDir(), "out")
	mustRun(t, "kmeans", "--input", table, "--k", "6", "--metric", "revenue", "--exclude", "responded", "--out", found, "--quiet")
	r, turned := compared(t, found, truth), compared(t, truth, found)
	if r.AdjustedRand < 0.8 || r.AdjustedRand != turned.AdjustedRand || len(r.B.Segments) != 6 || r.B.Segments[2].Name != "students" {
		t.Errorf("adjusted Rand index %v, turned %v: %+v", r.AdjustedRand, turned.AdjustedRand, r.B)
	}
	if r.A.Profile == nil || r.B.Profile == nil || len(r.Notes) > 0 {
		t.Errorf("what they explain is not there: %+v %+v %v", r.A, r.B, r.Notes)
	}
	if len(turned.Notes) != 1 || !strings.Contains(turned.Notes[0], "no job: name the out folder of a job first") {
		t.Errorf("the table first: %v", turned.Notes)
	}
	var stdout, stderr bytes.Buffer
	if code := execute([]string{"compare", truth, found, "--input", table}, &stdout, &stderr); code != exitFailed || !strings.Contains(stderr.String(), "no job: name") {
		t.Errorf("the table first, with an input: exit code %d, %q", code, stderr.String())
	}
}

func TestCompareRefuses(t *testing.T) {
	table := customers(t, 500, 0)
	a := clustered(t, table, "--k", "2")
	for _, c := range []struct {
		name, other, want string
	}{
		{"other customers", clustered(t, customers(t, 400, 0), "--k", "2"), "500 customers, the other 400"},
		{"by row", clustered(t, table, "--k", "2", "--role", "id=ignore"), "by an id, the other by file and row"},
		{"no job", t.TempDir(), "holds no finished assignments"},
	} {
		var stdout, stderr bytes.Buffer
		if code := execute([]string{"compare", a, c.other}, &stdout, &stderr); code != exitFailed || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%s: exit code %d, %q does not say %q", c.name, code, stderr.String(), c.want)
		}
	}
	// One customer is another.
	data, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "customers.csv")
	if err := os.WriteFile(other, bytes.Replace(data, []byte("c000123,"), []byte("x000123,"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := execute([]string{"compare", a, clustered(t, other, "--k", "2")}, &stdout, &stderr); code != exitFailed || !strings.Contains(stderr.String(), `customer "c000123" is in the one and not in the other`) {
		t.Errorf("another customer: exit code %d, %q", code, stderr.String())
	}
	part := filepath.Join(a, "assignments", "part-00000.parquet")
	if err := os.WriteFile(part, []byte("PAR1"), 0o600); err != nil {
		t.Fatal(err)
	}
	stderr.Reset()
	if code := execute([]string{"compare", a, a}, &stdout, &stderr); code != exitFailed || !strings.Contains(stderr.String(), "part-00000.parquet: 4 bytes where the manifest says") {
		t.Errorf("a damaged part: exit code %d, %q", code, stderr.String())
	}
}
