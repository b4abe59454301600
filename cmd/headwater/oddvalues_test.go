package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOddNumbers: NaN is missing, infinities are levels like others, and a
// metric whose mean is zero or negative has an excess but no lift.
func TestOddNumbers(t *testing.T) {
	var b strings.Builder
	b.WriteString("size,plan,loss,zero\n")
	sizes := []string{"1", "2", "3", "NaN", "Inf", "-Inf"}
	loss, known := 0, map[string]int64{}
	sums := map[string]int{}
	for i := range 600 {
		size, plan := sizes[i%6], []string{"a", "b"}[i/6%2]
		l := -10 + 4*(i/6%2) // a: -10, b: -6
		fmt.Fprintf(&b, "%s,%s,%d,%d\n", size, plan, l, 1-2*(i%2))
		loss += l
		known["size="+size]++
		sums["plan="+plan] += l
	}
	dir := t.TempDir()
	table, out := filepath.Join(dir, "t.csv"), filepath.Join(dir, "out")
	if err := os.WriteFile(table, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "search", "--input", table, "--metric", "loss", "--metric", "zero", "--features", "size,plan", "--keep", "plan,size",
		"--order", "1", "--all", "--out", out, "--quiet")
	type row struct {
		Group      string   `parquet:"group"`
		N          int64    `parquet:"n"`
		Loss       int64    `parquet:"sum_loss"`
		LiftLoss   *float64 `parquet:"lift_loss,optional"`
		LiftZero   *float64 `parquet:"lift_zero,optional"`
		ExcessLoss float64  `parquet:"excess_loss"`
	}
	rows := map[string]row{}
	for _, r := range readParquet[row](t, filepath.Join(out, "groups.parquet")) {
		rows[r.Group] = r
		if r.LiftLoss != nil || r.LiftZero != nil {
			t.Errorf("%s has a lift over a mean that is not positive", r.Group)
		}
	}
	for _, name := range []string{"plan=a", "plan=b"} {
		want := float64(sums[name]) - float64(rows[name].N)*float64(loss)/600
		if r := rows[name]; int(r.Loss) != sums[name] || math.Abs(r.ExcessLoss-want) > 1e-9 || want == 0 {
			t.Errorf("%s: sum %d, excess %v; want %d and %v", name, r.Loss, r.ExcessLoss, sums[name], want)
		}
	}
	for group, size := range map[string]string{"size=(missing)": "size=NaN", "size=+Inf": "size=Inf", "size=-Inf": "size=-Inf", "size=2": "size=2"} {
		if rows[group].N != known[size] {
			t.Errorf("%s holds %d customers, not %d; there are %v", group, rows[group].N, known[size], rows)
		}
	}
}

// TestNoWorkerComes: the wait ends, with what to do.
func TestNoWorkerComes(t *testing.T) {
	url := natsServer(t)
	out := filepath.Join(t.TempDir(), "out")
	var stdout, stderr bytes.Buffer
	code := execute([]string{"search", "--input", roundTable(t), "--metric", "y", "--out", out, "--nats", url, "--wait", "300ms"}, &stdout, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), "headwater worker --nats "+url) {
		t.Errorf("exit code %d\n%s", code, stderr.String())
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("an out folder is left behind")
	}
}

// TestJobFileProblems: each is named with its line; what is written as in the
// flags is read as in the flags.
func TestJobFileProblems(t *testing.T) {
	table := roundTable(t)
	job := filepath.Join(t.TempDir(), "job.yaml")
	write := func(lines ...string) {
		t.Helper()
		if err := os.WriteFile(job, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("input: "+table, "metrik: y", "order: many", "top: [1, 2]", "force: {a: b}", "input: other.csv")
	var stdout, stderr bytes.Buffer
	if code := execute([]string{"run", job}, &stdout, &stderr); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	for _, part := range []string{`line 2: unknown key "metrik"; nearest: metric`, "line 3: order", "line 4: top takes one value", "line 5: force", "line 6: input is set on line 1 already"} {
		if !strings.Contains(stderr.String(), part) {
			t.Errorf("the error does not say %q:\n%s", part, stderr.String())
		}
	}
	write("input: "+table, "metric: y", "features: age, plan", "bom: yes", "quiet: true", "out: "+filepath.Join(t.TempDir(), "out"))
	mustRun(t, "run", job)
}
