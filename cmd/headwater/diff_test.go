package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/contrast"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// differences runs diff and reads its outputs.
func differences(t *testing.T, args ...string) (*contrast.Result, string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	mustRun(t, append([]string{"diff", "--out", out, "--quiet"}, args...)...)
	data, err := os.ReadFile(filepath.Join(out, "diff.json"))
	if err != nil {
		t.Fatal(err)
	}
	r := new(contrast.Result)
	if err := json.Unmarshal(data, r); err != nil {
		t.Fatal(err)
	}
	return r, out
}

// rawTable is a CSV file as encoding/csv reads it.
type rawTable struct {
	column map[string]int
	rows   [][]string
}

func readRaw(t *testing.T, path string) *rawTable {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	r := &rawTable{map[string]int{}, all[1:]}
	for i, name := range all[0] {
		r.column[name] = i
	}
	return r
}

// in says whether a row is in the group "a=x & b=y".
func (r *rawTable) in(row []string, group string) bool {
	for item := range strings.SplitSeq(group, " & ") {
		name, value, _ := strings.Cut(item, "=")
		if row[r.column[name]] != value {
			return false
		}
	}
	return true
}

// tallies are customers and sum of a metric: part of the customers (0 all,
// 1 discovery, 2 confirmation) → side.
type tallies [3][2]struct{ n, sum float64 }

func (r *rawTable) tally(group, by, a, b, column string) (x tallies) {
	for i, row := range r.rows {
		side := slices.Index([]string{a, b}, row[r.column[by]])
		if side < 0 || group != "" && !r.in(row, group) {
			continue
		}
		value, _ := strconv.ParseFloat(row[r.column[column]], 64)
		part := 1
		if encoder.PartBits(encoder.HashOrdinal(1, int64(i)), false)&encoder.Confirmation != 0 {
			part = 2
		}
		for _, p := range []int{0, part} {
			x[p][side].n++
			x[p][side].sum += value
		}
	}
	return x
}

func (x *tallies) change(part int) float64 {
	return x[part][1].sum/x[part][1].n - x[part][0].sum/x[part][0].n
}

func (x tallies) minus(y tallies) tallies {
	for p := range x {
		for s := range x[p] {
			x[p][s].n -= y[p][s].n
			x[p][s].sum -= y[p][s].sum
		}
	}
	return x
}

// TestDiffAgainstTheRawRows recounts every figure of a comparison from the file.
func TestDiffAgainstTheRawRows(t *testing.T) {
	for _, metric := range []string{"y", "balance"} {
		t.Run(metric, func(t *testing.T) {
			diffAgainstRawRows(t, metric, map[string]string{"y": "balance", "balance": "y"}[metric])
		})
	}
}

func diffAgainstRawRows(t *testing.T, metric, exclude string) {
	path := shared(t, "data/bank-binned.csv")
	r, _ := differences(t, "--input", path, "--split-by", "contact", "--a", "cellular", "--b", "unknown", "--metric", metric, "--exclude", exclude, "--min-sigma", "0.05")
	raw := readRaw(t, path)
	everybody := raw.tally("", "contact", "cellular", "unknown", metric)
	if len(r.Metrics) != 1 || len(r.Metrics[0].Changes) < 1 || len(r.Mix.Shifts) < 3 {
		t.Fatalf("%d changes, %d shifts; the sides differ in more", len(r.Metrics[0].Changes), len(r.Mix.Shifts))
	}
	if r.A.N != int64(everybody[0][0].n) || r.B.N != int64(everybody[0][1].n) || r.Neither != int64(len(raw.rows))-r.A.N-r.B.N || r.B.Confirmation != int64(everybody[2][1].n) {
		t.Errorf("sides %+v and %+v, %d on neither", r.A, r.B, r.Neither)
	}
	same := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	for _, c := range r.Metrics[0].Changes {
		x := raw.tally(c.Group, "contact", "cellular", "unknown", metric)
		for part, m := range []contrast.Means{c.All, c.Discovery, c.Confirmation} {
			a, b := x[part][0], x[part][1]
			if m.A != int64(a.n) || m.B != int64(b.n) {
				t.Errorf("%s, part %d: %d and %d customers, want %v and %v", c.Group, part, m.A, m.B, a.n, b.n)
			}
			same(c.Group+" mean A", *m.MeanA, a.sum/a.n)
			same(c.Group+" mean B", *m.MeanB, b.sum/b.n)
			same(c.Group+" change", *m.Change, x.change(part))
			same(c.Group+" beyond", *m.Beyond, x.change(part)-everybody.change(part))
			same(c.Group+" excess", *m.Excess, b.n*(x.change(part)-everybody.change(part)))
			change := *m.Change
			if m.Winsorised != nil {
				change = *m.Winsorised.Change
			}
			if !(*m.Low < change && change < *m.High) {
				t.Errorf("%s: a change of %v with an interval of %v to %v", c.Group, change, *m.Low, *m.High)
			}
		}
		if metric != "y" {
			continue
		}
		// The test: the distance of two changes over the root of four variances.
		rest, variance := everybody.minus(x), 0.0
		for _, of := range []tallies{x, rest} {
			for _, s := range of[2] {
				rate := (s.sum + 1) / (s.n + 2)
				variance += rate * (1 - rate) / (s.n + 2)
			}
		}
		z := (x.change(2) - rest.change(2)) / math.Sqrt(variance)
		same(c.Group+" p", math.Log(c.P), math.Log(math.Erfc(math.Abs(z)/math.Sqrt2)))
		if (z > 0) != (c.Direction == "up") || math.Abs(z) < 1.9 {
			t.Errorf("%s: z %v, direction %s", c.Group, z, c.Direction)
		}
	}
	for _, s := range r.Mix.Shifts {
		x := raw.tally(s.Group, "contact", "cellular", "unknown", metric)
		for part, m := range []contrast.Shares{s.All, s.Discovery, s.Confirmation} {
			a, b := x[part][0].n, x[part][1].n
			ofA, ofB := everybody[part][0].n, everybody[part][1].n
			if m.A != int64(a) || m.B != int64(b) {
				t.Errorf("%s, part %d: %d and %d customers, want %v and %v", s.Group, part, m.A, m.B, a, b)
			}
			same(s.Group+" share A", m.ShareA, a/ofA)
			same(s.Group+" share B", m.ShareB, b/ofB)
			same(s.Group+" change", m.Change, b/ofB-a/ofA)
			same(s.Group+" excess", m.Excess, b-a*ofB/ofA)
			if a > 0 {
				same(s.Group+" ratio", *m.Ratio, (b/ofB)/(a/ofA))
			}
		}
	}
}

// TestDiffIsTheSameHoweverItIsCut compares two files, and the same rows as one
// file with a column that tells them apart, over workers and sizes of shards.
func TestDiffIsTheSameHoweverItIsCut(t *testing.T) {
	raw, err := os.ReadFile(shared(t, "data/bank-binned.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(raw), "\n")
	header, rows := lines[0], lines[1:len(lines)-1]
	dir := t.TempDir()
	write := func(name string, parts ...string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.Join(parts, "")), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	half := 20_000
	a, b := write("a.csv", append([]string{header}, rows[:half]...)...), write("b.csv", append([]string{header}, rows[half:]...)...)
	var marked []string
	for i, row := range rows {
		mark := "first,"
		if i >= half {
			mark = "then,"
		}
		marked = append(marked, mark+row)
	}
	one := write("one.csv", append([]string{"period," + header}, marked...)...)
	settings := []string{"--metric", "y=1", "--metric", "balance", "--order", "2"}
	var first, column map[string]string
	for _, cut := range []struct{ workers, rows string }{{"1", "100000"}, {"2", "3000"}, {"3", "100000"}} {
		cuts := append([]string{"--workers", cut.workers, "--shard-rows", cut.rows}, settings...)
		_, out := differences(t, append([]string{a, b}, cuts...)...)
		_, outColumn := differences(t, append([]string{"--input", one, "--split-by", "period"}, cuts...)...)
		files, columns := diffFiles(t, out), diffFiles(t, outColumn)
		if first == nil {
			first, column = files, columns
		}
		for name := range first {
			if files[name] != first[name] || columns[name] != column[name] {
				t.Errorf("%s workers, shards of %s rows: %s differs", cut.workers, cut.rows, name)
			}
		}
	}
	if first["diff.csv"] != column["diff.csv"] || strings.Count(first["diff.csv"], "\n") < 5 {
		t.Errorf("two files and one with a column say otherwise:\n%s\n%s", first["diff.csv"], column["diff.csv"])
	}
}

func diffFiles(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, name := range []string{"diff.json", "diff.csv"} {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(data)
	}
	return files
}

// TestDiffOfAnExperiment compares the arms of a randomised test: the mix is the
// same, and women's mail works on those who bought women's things.
func TestDiffOfAnExperiment(t *testing.T) {
	text := mustRun(t, "diff", "--input", shared(t, "data/hillstrom.csv"), "--split-by", "segment", "--a", "No E-Mail", "--b", "Womens E-Mail",
		"--metric", "visit=1", "--exclude", "conversion,spend")
	for _, part := range []string{"A is “No E-Mail”, B is “Womens E-Mail” (column segment)", "10.6 %  15.1 %", "womens=1", "only if customers were assigned to A or B at random", "A and B are alike"} {
		if !strings.Contains(text, part) {
			t.Errorf("the summary does not say %q:\n%s", part, text)
		}
	}
	if n := strings.Count(text, "\n"); n > 30 {
		t.Errorf("%d lines are too many for a screen:\n%s", n, text)
	}
	if strings.Contains(text, "spend") {
		t.Errorf("an excluded column is compared:\n%s", text)
	}
}

// TestDiffOfRandomSides tells real customers apart by chance: nothing differs.
func TestDiffOfRandomSides(t *testing.T) {
	data, err := os.ReadFile(shared(t, "data/bank-binned.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	for seed := range uint64(3) {
		r, path := rand.New(rand.NewPCG(seed, 3)), filepath.Join(t.TempDir(), "random.csv")
		var b strings.Builder
		b.WriteString("side," + lines[0] + "\n")
		for _, line := range lines[1:] {
			b.WriteString([]string{"heads,", "tails,"}[r.IntN(2)] + line + "\n")
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		d, _ := differences(t, "--input", path, "--split-by", "side", "--metric", "y=1", "--metric", "balance")
		for _, m := range d.Metrics {
			for _, c := range m.Changes {
				t.Errorf("seed %d: %s changed on %s (q %v)", seed, m.Metric, c.Group, c.Q)
			}
		}
		for _, s := range d.Mix.Shifts {
			t.Errorf("seed %d: the share of %s changed (q %v)", seed, s.Group, s.Q)
		}
	}
}

// TestDiffSQL counts sides and groups in DuckDB by their conditions.
func TestDiffSQL(t *testing.T) {
	path := shared(t, "data/bank-full.csv")
	r, out := differences(t, "--input", path, "--null", "unknown", "--split-by", "day", "--at", "15", "--metric", "y=yes", "--exclude", "duration")
	if len(r.Metrics[0].Changes) < 3 || len(r.Mix.Shifts) < 3 {
		t.Fatalf("%d changes, %d shifts", len(r.Metrics[0].Changes), len(r.Mix.Shifts))
	}
	var want [][3]int64
	var selects []string
	count := func(condition string, yes int64, a, b int64) {
		selects = append(selects, "SELECT count(*) FILTER ("+r.A.SQL+"), count(*) FILTER ("+r.B.SQL+"), count(*) FILTER ("+r.B.SQL+" AND y = 'yes') FROM t WHERE "+condition)
		want = append(want, [3]int64{a, b, yes})
	}
	for _, c := range r.Metrics[0].Changes {
		count(c.SQL, int64(math.Round(*c.All.MeanB*float64(c.All.B))), c.All.A, c.All.B)
	}
	for _, s := range r.Mix.Shifts {
		count(s.SQL, -1, s.All.A, s.All.B)
	}
	script := filepath.Join(out, "count.sql")
	text := "CREATE VIEW t AS SELECT * FROM read_csv('" + path + "', delim = ';', header = true, nullstr = ['', 'unknown']);\n" +
		strings.Join(selects, "\nUNION ALL ")
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	rows := duckDB(t, script)
	for i, row := range rows {
		for k, got := range row {
			if w := want[i][k]; w >= 0 && int64(got.(float64)) != w {
				t.Errorf("%s\ncounts %v, want %v", selects[i], row, want[i])
				break
			}
		}
	}
	if len(rows) != len(want) {
		t.Errorf("%d rows for %d differences", len(rows), len(want))
	}
}

// TestDiffSplits cuts numbers and dates, and takes the two most frequent values
// where nothing is said.
func TestDiffSplits(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString("when,age,plan,bought\n")
	for i := range 3000 {
		month := 1 + i%12
		b.WriteString("2026-" + strconv.Itoa(100 + month)[1:] + "-15," + strconv.Itoa(20+i*7%60) + "," + []string{"free", "basic", "pro", "free"}[i*i%11%4] + "," + strconv.Itoa(i%5/4) + "\n")
	}
	path := filepath.Join(dir, "t.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		a, b string
		n    int64 // of A
		sql  string
	}{
		{[]string{"--split-by", "when", "--at", "2026-07-01"}, "before 2026-07-01", "from 2026-07-01", 1500, "2026-07-01"},
		{[]string{"--split-by", "age", "--at", "50"}, "below 50", "50 and more", 1500, `"age" < 50`},
		{[]string{"--split-by", "bought"}, "0", "1", 2400, `("bought" IN ('0'))`},
		{[]string{"--split-by", "plan"}, "basic", "free", 0, `("plan" IN ('basic'))`},
	} {
		r, _ := differences(t, append([]string{"--input", path}, c.args...)...)
		if r.A.Name != c.a || r.B.Name != c.b || c.n > 0 && r.A.N != c.n || !strings.Contains(r.A.SQL, c.sql) || len(r.Metrics) != 0 {
			t.Errorf("%q: A %+v, B %+v", c.args, r.A, r.B)
		}
	}
}

// TestDiffOfAMetricOfOneSide compares a metric that is recorded on B only.
func TestDiffOfAMetricOfOneSide(t *testing.T) {
	var b strings.Builder
	b.WriteString("side,kind,spent\n")
	for i := range 2000 {
		b.WriteString([]string{"A,", "B,"}[i%2] + strconv.Itoa(i%7) + "," + []string{"", strconv.Itoa(i % 11)}[i%2] + "\n")
	}
	path := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	text := mustRun(t, "diff", "--input", path, "--split-by", "side", "--metric", "spent", "--metric", "spent=3 as three")
	for _, part := range []string{"spent is known on 0 customers of A and 1,000 of B", "three is known on 0 customers of A"} {
		if !strings.Contains(text, part) {
			t.Errorf("the summary does not say %q:\n%s", part, text)
		}
	}
}

func TestDiffBadInput(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var rows, few strings.Builder
	for i := range 2000 {
		line := []string{"mail", "web", "shop"}[i%3] + "," + strconv.Itoa(i%7) + "," + strconv.Itoa(i%2) + ",2026-01-" + strconv.Itoa(10+i%20) + ",n" + strconv.Itoa(i) + "\n"
		rows.WriteString(line)
		if i < 60 {
			few.WriteString(line)
		}
	}
	const header = "arm,kind,y,day,name\n"
	t1, t2 := write("t1.csv", header+rows.String()), write("t2.csv", header+rows.String())
	small := write("small.csv", header+few.String())
	other := write("other.csv", "arm,kind,y,day,title\n"+rows.String())
	fewer := write("fewer.csv", "arm,kind,y\nmail,1,1\n")
	for _, c := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{t1}, "a second table is missing", exitUsage},
		{[]string{t1, t2, small}, "at most 2 arg", exitUsage},
		{[]string{}, "name two files, or --input and --split-by", exitUsage},
		{[]string{"--input", t1}, "name two files, or --input and --split-by", exitUsage},
		{[]string{t1, t2, "--input", t1}, "two tables are the input already", exitUsage},
		{[]string{t1, t2, "--split-by", "arm"}, "two sides already", exitUsage},
		{[]string{t1, t2, "--a", "mail", "--b", "web"}, "about the column of --split-by", exitUsage},
		{[]string{"--input", t1, "--split-by", "arm", "--a", "mail"}, "--a and --b go together", exitUsage},
		{[]string{"--input", t1, "--split-by", "day", "--at", "2026-01-20", "--a", "x", "--b", "y"}, "give one or the others", exitUsage},
		{[]string{t1, t2, "--finding-count", "1", "--min-odds", "0.5"}, "--min-odds 0.5", exitUsage},
		{[]string{t1, t1}, "there is nothing to compare", exitFailed},
		{[]string{t1, filepath.Join(dir, ".", "t1.csv")}, "there is nothing to compare", exitFailed},
		{[]string{t1, filepath.Join(dir, "gone.csv")}, "gone.csv", exitFailed},
		{[]string{"--input", t1, "--split-by", "arm", "--features", "kind", "--min-count", "1990"}, "no group reaches the minimum of 1990", exitFailed},
		{[]string{"--input", t1, "--split-by", "arm", "--metric", "arm=mail"}, "is what tells the sides apart", exitFailed},
		{[]string{t1, other}, `column 5 is "name" (text) in ` + t1 + ` but "title" (text) in ` + other, exitFailed},
		{[]string{t1, fewer}, `"day"`, exitFailed},
		{[]string{t1, small}, "at least 100 of these are needed (--finding-count)", exitFailed},
		{[]string{"--input", t1, "--split-by", "arn"}, `unknown column "arn"; nearest: arm`, exitFailed},
		{[]string{"--input", t1, "--split-by", "arm", "--a", "mail", "--b", "wep"}, `no row of column "arm" has the value "wep"; it has "web"`, exitFailed},
		{[]string{"--input", t1, "--split-by", "arm", "--a", "mail", "--b", "mail"}, "there is nothing to compare", exitFailed},
		{[]string{"--input", t1, "--split-by", "name"}, "different values: name two of them with --a and --b", exitFailed},
		{[]string{"--input", t1, "--split-by", "arm", "--at", "3"}, "neither numbers nor dates", exitFailed},
		{[]string{"--input", t1, "--split-by", "kind", "--at", "x"}, "holds numbers, and --at", exitFailed},
		{[]string{"--input", t1, "--split-by", "kind", "--at", "70"}, "leaves one side empty", exitFailed},
		{[]string{"--input", t1, "--split-by", "day"}, "say from which one on B is, for example --at 2026-01-", exitFailed},
		{[]string{"--input", t1, "--split-by", "day", "--at", "July"}, "is none like 2026-07-01", exitFailed},
		{[]string{"--input", t1, "--split-by", "day", "--at", "2030-01-01"}, `no row is on the side "from 2030-01-01"`, exitFailed},
	} {
		var stdout, stderr bytes.Buffer
		if code := execute(append([]string{"diff"}, c.args...), &stdout, &stderr); code != c.code || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("diff %q: exit code %d, want %d and %q:\n%s", c.args, code, c.code, c.want, stderr.String())
		}
	}
}
