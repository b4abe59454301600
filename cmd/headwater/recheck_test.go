package main

import (
	"bytes"
	"encoding/csv"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/recheck"
)

// halves splits the rows below the header, every second one to either file, and
// runs a job on the first.
func halves(t *testing.T) (out string, newer [][]string) {
	t.Helper()
	rows := bankBinned(t)
	older := [][]string{rows[0]}
	newer = [][]string{rows[0]}
	for i, row := range rows[1:] {
		if i%2 == 0 {
			older = append(older, row)
		} else {
			newer = append(newer, slices.Clone(row))
		}
	}
	table := filepath.Join(t.TempDir(), "older.csv")
	writeCSV(t, table, older)
	out = filepath.Join(t.TempDir(), "out")
	mustRun(t, "run", "--input", table, "--metric", "y", "--exclude", "balance,default", "--order", "2", "--out", out, "--quiet")
	return out, newer
}

// rechecked holds a job against rows, and returns recheck.json.
func rechecked(t *testing.T, out string, rows [][]string, flags ...string) recheck.Result {
	t.Helper()
	table := filepath.Join(t.TempDir(), "newer.csv")
	writeCSV(t, table, rows)
	to := filepath.Join(t.TempDir(), "recheck")
	mustRun(t, append([]string{"recheck", out, "--input", table, "--out", to, "--quiet"}, flags...)...)
	var result recheck.Result
	readJSON(t, &result, to, "recheck.json")
	return result
}

// TestRecheckByBruteForce holds every figure and verdict of a recheck on the
// other half of a real table against a count of its rows.
func TestRecheckByBruteForce(t *testing.T) {
	out, newer := halves(t)
	result := rechecked(t, out, newer)
	column := map[string]int{}
	for i, name := range newer[0] {
		column[name] = i
	}
	rows := newer[1:]
	allYes := 0.0
	for _, row := range rows {
		if row[column["y"]] == "1" {
			allYes++
		}
	}
	n := float64(len(rows))
	if len(result.Findings) < 5 {
		t.Fatalf("%d findings", len(result.Findings))
	}
	p := make([]float64, len(result.Findings))
	members, yes := make([]float64, len(p)), make([]float64, len(p))
	for i, f := range result.Findings {
		for _, row := range rows {
			in := true
			for item := range strings.SplitSeq(f.Group, " & ") {
				feature, level, _ := strings.Cut(item, "=")
				in = in && row[column[feature]] == level
			}
			if in {
				members[i]++
				if row[column["y"]] == "1" {
					yes[i]++
				}
			}
		}
		if float64(f.Now.N) != members[i] || math.Abs(*f.Now.Mean-yes[i]/members[i]) > 1e-12 ||
			math.Abs(f.Now.Share-members[i]/n) > 1e-12 || math.Abs(*f.Now.Excess-(yes[i]-members[i]*allYes/n)) > 1e-6 {
			t.Errorf("%s: %+v, but %v customers of whom %v say yes", f.Group, f.Now, members[i], yes[i])
		}
		a, b := yes[i]/members[i], (allYes-yes[i])/(n-members[i])
		se := math.Sqrt(allYes / n * (1 - allYes/n) * (1/members[i] + 1/(n-members[i])))
		p[i] = math.Erfc(math.Abs(a-b) / se / math.Sqrt2)
		if math.Abs(p[i]-f.P) > 1e-9 {
			t.Errorf("%s: p %v, want %v", f.Group, f.P, p[i])
		}
	}
	for i, f := range result.Findings {
		q := 1.0 // the least of p·m/rank over all ranks from this one's on
		for _, x := range p {
			rank := 0
			for _, y := range p {
				if y <= x {
					rank++
				}
			}
			if x >= p[i] {
				q = min(q, x*float64(len(p))/float64(rank))
			}
		}
		ratio := yes[i] / (members[i] - yes[i]) * (n - members[i] - allYes + yes[i]) / (allYes - yes[i])
		if f.Direction == "down" {
			ratio = 1 / ratio
		}
		want := evidence.Held
		switch {
		case q <= 0.05 && ratio > 1 && ratio < 1.6:
			want = evidence.Weakened
		case q > 0.05 || ratio <= 1:
			continue // the interval decides: TestRecheckPlanted
		}
		if f.Verdict != want {
			t.Errorf("%s: %s, want %s (q %v, odds ratio %v)", f.Group, f.Verdict, want, q, ratio)
		}
	}
	var sum int64
	for _, s := range result.Segments {
		sum += s.Now.N
	}
	if sum != int64(len(rows)) {
		t.Errorf("the segments have %d of %d customers", sum, len(rows))
	}
}

// TestRecheckNumbers holds the figures of a numeric metric with negative values
// against a count of the rows.
func TestRecheckNumbers(t *testing.T) {
	rows := bankBinned(t)
	older, newer := slices.Clone(rows[:1]), slices.Clone(rows[:1])
	for i, row := range rows[1:] {
		if i%2 == 0 {
			older = append(older, row)
		} else {
			newer = append(newer, row)
		}
	}
	table, out := filepath.Join(t.TempDir(), "older.csv"), filepath.Join(t.TempDir(), "out")
	writeCSV(t, table, older)
	mustRun(t, "search", "--input", table, "--metric", "balance", "--exclude", "y,balance_band", "--order", "2", "--out", out, "--quiet")
	result := rechecked(t, out, newer)
	if len(result.Findings) == 0 {
		t.Fatal("no findings")
	}
	sum := func(group string) (n, total float64) {
		for _, row := range newer[1:] {
			in := true
			for item := range strings.SplitSeq(group, " & ") {
				feature, level, _ := strings.Cut(item, "=")
				in = in && (group == "" || row[slices.Index(newer[0], feature)] == level)
			}
			if in {
				balance, err := strconv.ParseFloat(row[slices.Index(newer[0], "balance")], 64)
				if err != nil {
					t.Fatal(err)
				}
				n, total = n+1, total+balance
			}
		}
		return n, total
	}
	all, allSum := sum("")
	for _, f := range result.Findings {
		n, total := sum(f.Group)
		if float64(f.Now.N) != n || math.Abs(*f.Now.Mean-total/n) > 1e-9 || math.Abs(*f.Now.Excess-(total-n*allSum/all)) > 1e-3 {
			t.Errorf("%s: %+v, but %v customers hold %v", f.Group, f.Now, n, total)
		}
		if f.Now.Winsorised == nil || f.Now.Lift != nil || !(*f.Now.Low < *f.Now.Winsorised.Mean && *f.Now.Winsorised.Mean < *f.Now.High) {
			t.Errorf("%s: %+v", f.Group, f.Now)
		}
		if f.Verdict == evidence.Gone {
			t.Errorf("%s is gone from the other half of the same customers: %+v, q %v", f.Group, f.Now, f.Q)
		}
	}
}

// TestRecheckGenerated holds what was planted in generated customers against
// others of the same kind, and against some whose answers were dealt out anew.
func TestRecheckGenerated(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	mustRun(t, "gen", "--rows", "60000", "--out", path("older.parquet"), "--quiet")
	mustRun(t, "gen", "--rows", "60000", "--seed", "2", "--out", path("newer.csv"), "--quiet")
	mustRun(t, "search", "--input", path("older.parquet"), "--metric", "responded=yes", "--exclude", "revenue", "--out", path("out"), "--quiet")
	file, err := os.Open(path("newer.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(file).ReadAll()
	file.Close()
	if err != nil {
		t.Fatal(err)
	}
	var truth struct {
		Planted []struct {
			Items []struct{ Column, Level string }
		}
	}
	readJSON(t, &truth, path("older.truth.json"))
	result := rechecked(t, path("out"), rows)
	verdicts := map[string]evidence.Verdict{}
	for _, f := range result.Findings {
		verdicts[f.Group] = f.Verdict
	}
	for _, p := range truth.Planted {
		var items []string
		for _, i := range p.Items {
			items = append(items, i.Column+"="+i.Level)
		}
		if group := strings.Join(items, " & "); verdicts[group] != evidence.Held {
			t.Errorf("%s was planted and is %q", group, verdicts[group])
		}
	}
	at := slices.Index(rows[0], "responded")
	dealt := shuffle(rows)
	for i, row := range rows {
		other := slices.Clone(dealt[i])
		other[at] = row[at]
		dealt[i] = other
	}
	for _, f := range rechecked(t, path("out"), dealt).Findings {
		if f.Verdict == evidence.Held || f.Verdict == evidence.Weakened {
			t.Errorf("%s is %s by chance: %+v, q %v", f.Group, f.Verdict, f.Now, f.Q)
		}
	}
}

// TestRecheckPlanted changes what newer customers of one group do.
func TestRecheckPlanted(t *testing.T) {
	out, newer := halves(t)
	column := func(name string) int { return slices.Index(newer[0], name) }
	outcome, y := column("poutcome"), column("y")
	// one says yes in every so many of the group; keep is how many stay.
	changed := func(every, keep int) [][]string {
		rows, seen := [][]string{newer[0]}, 0
		for _, row := range newer[1:] {
			row = slices.Clone(row)
			if row[outcome] == "success" {
				if seen++; seen > keep {
					continue
				}
				row[y] = strconv.Itoa(max(0, 1-seen%every))
			}
			rows = append(rows, row)
		}
		return rows
	}
	for _, c := range []struct {
		name    string
		rows    [][]string
		verdict evidence.Verdict
	}{
		{"as it was", newer, evidence.Held},
		{"half as many", changed(3, 1<<20), evidence.Held},
		{"one in seven", changed(7, 1<<20), evidence.Weakened}, // 14 % against 10 %: an odds ratio of 1.5
		{"like everybody", changed(10, 1<<20), evidence.Gone},
		{"fewer than others", changed(1000, 1<<20), evidence.Gone},
		{"thirty left", changed(7, 30), evidence.TooFew},
		{"one left", changed(7, 1), evidence.TooFew},
		{"none left", changed(7, 0), evidence.TooFew},
	} {
		result := rechecked(t, out, c.rows)
		if f := result.Findings[0]; f.Group != "poutcome=success" || f.Verdict != c.verdict {
			t.Errorf("%s: %s is %s (%+v, p %v), want %s", c.name, f.Group, f.Verdict, f.Now, f.P, c.verdict)
		}
		// The first segment holds the group, and some others who still say yes.
		if m := result.Segments[0].Metrics[0]; c.name == "like everybody" && (m.Direction != "up" || *m.Now.Lift > *m.Then.Lift/2) {
			t.Errorf("%s: the first segment's lift was %v and is %v", c.name, *m.Then.Lift, *m.Now.Lift)
		}
	}
}

// Outputs do not depend on how the newer table is cut, nor does the summary
// exceed a screen.
func TestRecheckIsTheSameHoweverItIsCut(t *testing.T) {
	out, newer := halves(t)
	table := filepath.Join(t.TempDir(), "a table with a name so long that it takes lines of the summary, "+strings.Repeat("and more, ", 8)+".csv")
	writeCSV(t, table, newer)
	before := contents(t, out)
	var first map[string]string
	for _, cut := range [][]string{{"--workers", "1"}, {"--workers", "5", "--shard-rows", "999"}} {
		to := filepath.Join(t.TempDir(), "recheck")
		summary := mustRun(t, append([]string{"recheck", out, "--input", table, "--out", to}, cut...)...)
		if n := strings.Count(summary, "\n"); n > 30 {
			t.Errorf("the summary has %d lines:\n%s", n, summary)
		}
		for _, part := range []string{"findings:", "poutcome=success", "stable", "held", "recheck.csv"} {
			if !strings.Contains(summary, part) {
				t.Errorf("the summary does not say %q:\n%s", part, summary)
			}
		}
		got := map[string]string{}
		for _, name := range []string{"recheck.json", "recheck.csv"} {
			got[name] = string(read(t, filepath.Join(to, name)))
		}
		if first == nil {
			first = got
		}
		for name := range first {
			if got[name] != first[name] {
				t.Errorf("%v: %s differs", cut, name)
			}
		}
	}
	if !maps.Equal(before, contents(t, out)) {
		t.Error("the finished job's folder was changed")
	}
}

// TestRecheckOtherColumns takes columns away, and brings in values that the job
// has not seen.
func TestRecheckOtherColumns(t *testing.T) {
	out, newer := halves(t)
	without := func(name string) [][]string {
		at, rows := slices.Index(newer[0], name), [][]string{}
		for _, row := range newer {
			rows = append(rows, slices.Delete(slices.Clone(row), at, at+1))
		}
		return rows
	}
	used := string(read(t, filepath.Join(out, "findings.csv"))) // and in the rules of segments
	var model export.Model
	readJSON(t, &model, out, "model.json")
	for _, n := range model.Tree.Nodes {
		if len(n.Codes) > 0 {
			used += model.Plan.Features[n.Feature].Name
		}
	}
	idle := slices.IndexFunc(newer[0], func(name string) bool { return name != "default" && !strings.Contains(used, name) })
	if idle < 0 {
		t.Fatal("every column is used")
	}
	result := rechecked(t, out, without(newer[0][idle]))
	if d := result.Drift[0]; d.Name != newer[0][idle] || d.PSI != nil || d.Reading != "missing" || !strings.Contains(d.Reason, d.Name) {
		t.Errorf("a missing column that nothing needs: %+v", d)
	}
	for _, name := range []string{"poutcome", "y"} {
		table := filepath.Join(t.TempDir(), "newer.csv")
		writeCSV(t, table, without(name))
		var stdout, stderr bytes.Buffer
		if code := execute([]string{"recheck", out, "--input", table}, &stdout, &stderr); code != exitFailed || !strings.Contains(stderr.String(), `unknown column "`+name+`"`) {
			t.Errorf("without %s: exit code %d: %s", name, code, stderr.String())
		}
	}
	// marital has no level other: what is unseen counts as missing, and is said.
	unseen, at := 0, slices.Index(newer[0], "marital")
	rows := [][]string{newer[0]}
	for i, row := range newer[1:] {
		row = slices.Clone(row)
		if i%5 == 0 {
			row[at] = "engaged"
			unseen++
		} else if i%5 == 1 {
			row[at] = ""
		}
		rows = append(rows, row)
	}
	result = rechecked(t, out, rows)
	d := result.Drift[0]
	if d.Name != "marital" || d.Reading != "shifted" || d.Unseen == nil || *d.Unseen != int64(unseen) || d.Levels[0].Now != int64(unseen)+int64((len(rows)-1+3)/5) {
		t.Errorf("unseen levels: %+v, want %d unseen", d, unseen)
	}
}

// TestRecheckClusters rechecks a job of kmeans: its clusters have the customers
// that assign sends to them, and need the columns that they were made by.
func TestRecheckClusters(t *testing.T) {
	rows := bankBinned(t)
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	writeCSV(t, path("older.csv"), rows[:20001])
	newer := append(slices.Clone(rows[:1]), rows[20001:]...)
	writeCSV(t, path("newer.csv"), newer)
	mustRun(t, "kmeans", "--input", path("older.csv"), "--metric", "y", "--features", "job,balance,contact,marital", "--k", "4", "--out", path("out"), "--quiet")
	mustRun(t, "assign", "--model", path("out/model.json"), "--input", path("newer.csv"), "--out", path("to"), "--quiet")
	var manifest export.Manifest
	readJSON(t, &manifest, path("to"), "assignments/manifest.json")
	result := rechecked(t, path("out"), newer)
	if len(result.Segments) != 4 || len(result.Findings) != 0 {
		t.Fatalf("%d segments, %d findings", len(result.Segments), len(result.Findings))
	}
	for i, s := range result.Segments {
		if want := manifest.Segments[i]; s.Now.N != want.Rows || s.Name != want.Name || s.Metrics[0].Verdict == "" {
			t.Errorf("%+v, but assign has %+v", s, want)
		}
	}
	for _, name := range []string{"balance", "contact"} {
		at, lacking := slices.Index(rows[0], name), [][]string{}
		for _, row := range newer {
			lacking = append(lacking, slices.Delete(slices.Clone(row), at, at+1))
		}
		writeCSV(t, path("lacking.csv"), lacking)
		for _, args := range [][]string{
			{"recheck", path("out"), "--input", path("lacking.csv")},
			{"assign", "--model", path("out/model.json"), "--input", path("lacking.csv"), "--out", path("lacking")},
		} {
			var stdout, stderr bytes.Buffer
			if code := execute(args, &stdout, &stderr); code != exitFailed || !strings.Contains(stderr.String(), `unknown column "`+name+`"`) {
				t.Errorf("%s without %s: exit code %d: %s", args[0], name, code, stderr.String())
			}
		}
	}
}

// TestRecheckRefuses says what is wrong with what is no finished job.
func TestRecheckRefuses(t *testing.T) {
	table := shared(t, "data/bank-binned.csv")
	out := filepath.Join(t.TempDir(), "out")
	mustRun(t, "search", "--input", table, "--metric", "y", "--features", "job,marital", "--order", "1", "--max-share", "0.02", "--out", out, "--quiet")
	summary := mustRun(t, "recheck", out, "--input", table)
	if !strings.Contains(summary, "no findings to recheck") || !strings.Contains(summary, "2 features stable (PSI up to 0.000)") {
		t.Errorf("a job without findings: %s", summary)
	}
	profile := filepath.Join(t.TempDir(), "profile")
	mustRun(t, "profile", "--input", table, "--out", profile, "--quiet")
	damaged := filepath.Join(t.TempDir(), "damaged")
	if err := os.CopyFS(damaged, os.DirFS(out)); err != nil {
		t.Fatal(err)
	}
	model := filepath.Join(damaged, "model.json")
	if err := os.WriteFile(model, bytes.Replace(read(t, model), []byte("marital"), []byte("Marital"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{t.TempDir(), "--input", table}, "holds no finished job", exitFailed},
		{[]string{profile, "--input", table}, "there is no", exitFailed},
		{[]string{damaged, "--input", table}, "checksum", exitFailed},
		{[]string{out, "--input", table, "--out", out, "--force"}, "choose another --out", exitFailed},
		{[]string{out, "--input", filepath.Join(t.TempDir(), "none.csv")}, "none.csv", exitFailed},
		{[]string{out}, "--input", exitUsage},
		{[]string{"--input", table}, "1 arg", exitUsage},
	} {
		var stdout, stderr bytes.Buffer
		if code := execute(append([]string{"recheck"}, c.args...), &stdout, &stderr); code != c.code || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%q: exit code %d, want %d and %q:\n%s", c.args, code, c.code, c.want, stderr.String())
		}
	}
}
