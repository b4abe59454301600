package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headwater-dev/headwater/coordinator/drift"
	"github.com/headwater-dev/headwater/coordinator/export"
)

// TestAssignIsWhatRunAssigned holds the part files of assign against those that
// run itself wrote, byte by byte: with ids and without, from Parquet and CSV,
// however the work is cut.
func TestAssignIsWhatRunAssigned(t *testing.T) {
	generated := filepath.Join(t.TempDir(), "customers.parquet")
	mustRun(t, "gen", "--rows", "30000", "--out", generated, "--quiet")
	for _, c := range []struct {
		table string
		flags []string
	}{
		{shared(t, "data/bank-full.csv"), []string{"--metric", "y=yes", "--exclude", "duration"}},
		{generated, []string{"--metric", "responded=yes", "--exclude", "revenue"}},
	} {
		out := filepath.Join(t.TempDir(), "out")
		mustRun(t, append([]string{"segment", "--input", c.table, "--out", out, "--quiet"}, c.flags...)...)
		model := filepath.Join(out, "model.json")
		var first map[string]string
		for _, cut := range [][]string{{"--workers", "1"}, {"--workers", "4", "--ship"}} {
			to := filepath.Join(t.TempDir(), "to")
			mustRun(t, append([]string{"assign", "--model", model, "--input", c.table, "--audiences", "csv", "--out", to, "--quiet"}, cut...)...)
			want, got := written(t, filepath.Join(out, "assignments")), written(t, filepath.Join(to, "assignments"))
			if !maps.Equal(want, got) {
				t.Errorf("%s: assign gave other part files than run", c.table)
			}
			if all := written(t, to); first == nil {
				first = all
			} else if !maps.Equal(first, all) {
				t.Errorf("%s, %v: other outputs", c.table, cut)
			}
		}
		var d struct {
			PSI      *float64 `json:"segments_psi"`
			Features []drift.Feature
		}
		if err := json.Unmarshal([]byte(first["drift.json"]), &d); err != nil {
			t.Fatal(err)
		}
		for _, f := range d.Features {
			if f.PSI == nil || *f.PSI != 0 {
				t.Errorf("%s has drifted from itself: %+v", f.Name, f)
			}
		}
		if len(d.Features) == 0 || d.PSI == nil || *d.PSI != 0 {
			t.Errorf("drift from the same table: %s", first["drift.json"])
		}
	}
}

// written reads all files below a folder but run.json, which holds times.
func written(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(folder), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "run.json" {
			files[path] = string(read(t, filepath.Join(folder, path)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestAssignEqualsSQL runs the CASE expression of segments.json in DuckDB over
// a newer table, with values and gaps that the job has not seen, and holds the
// assignments against it; so for the rules and the audiences.
func TestAssignEqualsSQL(t *testing.T) {
	rows := bankBinned(t)
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	writeCSV(t, path("older.csv"), rows[:20001])
	newer := [][]string{append([]string{"customer"}, rows[0]...)}
	for i, row := range rows[20001:] {
		row = slices.Clone(row)
		if i%7 == 0 {
			row[i/7%14] = "" // missing
		} else if i%11 == 0 {
			row[i/11%14] = "never seen"
		}
		newer = append(newer, append([]string{"+c" + strconv.Itoa(i)}, row...))
	}
	writeCSV(t, path("newer.csv"), newer)
	mustRun(t, "segment", "--input", path("older.csv"), "--metric", "y", "--exclude", "balance", "--out", path("out"), "--quiet")
	summary := mustRun(t, "assign", "--model", path("out/model.json"), "--input", path("newer.csv"), "--id", "customer", "--audiences", "parquet", "--out", path("to"))
	if !strings.Contains(summary, "shares of the segments") || !strings.Contains(summary, ".parquet") {
		t.Errorf("the summary is\n%s", summary)
	}
	var segments struct{ SQL string }
	readJSON(t, &segments, path("out"), "segments.json")
	query := fmt.Sprintf(`
  with t as (select *, %s as want from read_csv('%s', all_varchar=true, nullstr=''))
  select count(*), count(*) filter (want is distinct from segment_name),
    (select count(*) from '%s') , (select count(*) from '%s' a join t on t.customer = a.id where t.want = (select name from (select unnest(segments, recursive := true) from '%s') where segment = 2))
  from t full join '%s' a on a.id = t.customer`, segments.SQL, path("newer.csv"), path("to/audiences/*.parquet"), path("to/audiences/02-*.parquet"), path("to/assignments/manifest.json"), path("to/assignments/*.parquet"))
	if err := os.WriteFile(path("query.sql"), []byte(query), 0o600); err != nil {
		t.Fatal(err)
	}
	said := duckDB(t, path("query.sql"))
	count := func(column int) int64 { return int64(said[0][column].(float64)) }
	n, differ, audience, second := count(0), count(1), count(2), count(3)
	var manifest export.Manifest
	readJSON(t, &manifest, path("to"), "assignments/manifest.json")
	if n != int64(len(newer)-1) || differ != 0 || audience != n || second != manifest.Segments[1].Rows {
		t.Errorf("of %d customers %d are assigned otherwise by the SQL; %d are in audiences, %d of %d in the second",
			n, differ, audience, second, manifest.Segments[1].Rows)
	}
}

// TestAssignRules follows the rules by hand: a customer's rule number is that
// of the model's rule text.
func TestAssignRules(t *testing.T) {
	table, out := shared(t, "data/bank-binned.csv"), filepath.Join(t.TempDir(), "out")
	mustRun(t, "segment", "--input", table, "--metric", "y", "--exclude", "balance", "--out", out, "--quiet")
	type row struct {
		Rule    int32 `parquet:"rule"`
		Segment int32 `parquet:"segment"`
	}
	counted := map[row]int64{}
	for _, r := range readParquet[row](t, filepath.Join(out, "assignments/part-00000.parquet")) {
		counted[r]++
	}
	var segments struct {
		Merging struct {
			Segments []struct {
				Rules []struct{ N int64 }
			}
		}
	}
	readJSON(t, &segments, out, "segments.json")
	want := map[row]int64{}
	for s, segment := range segments.Merging.Segments {
		for r, rule := range segment.Rules {
			if rule.N > 0 {
				want[row{int32(r + 1), int32(s + 1)}] = rule.N
			}
		}
	}
	if diff := cmp.Diff(want, counted); diff != "" {
		t.Errorf("customers by rule (-rules +assignments):\n%s", diff)
	}
}

// TestAssignAudiences reads the files of a table with and without ids.
func TestAssignAudiences(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	var b strings.Builder
	b.WriteString("id,kind,y\n")
	for i := range 4000 {
		id := "=c" + strconv.Itoa(i)
		if i%1000 == 7 {
			id = ""
		}
		kind := []string{"plain", "Großkunde, A/B", "rare"}[i%3]
		fmt.Fprintf(&b, "%s,\"%s\",%d\n", id, kind, min(1, i%3*(i%2)))
	}
	if err := os.WriteFile(path("t.csv"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "segment", "--input", path("t.csv"), "--metric", "y", "--features", "kind", "--k-min", "2", "--k-max", "3", "--k", "3", "--out", path("out"), "--quiet")
	var model export.Model
	readJSON(t, &model, path("out"), "model.json")
	var stderr bytes.Buffer
	if code := execute([]string{"assign", "--model", path("out/model.json"), "--input", path("t.csv"), "--id", "id", "--audiences", "csv", "--out", path("to")}, &bytes.Buffer{}, &stderr); code != exitOK {
		t.Fatal(stderr.String())
	}
	if !strings.Contains(stderr.String(), "4 customers have no id") {
		t.Errorf("customers without id are not told of: %q", stderr.String())
	}
	total := 0
	for i, s := range model.Segments {
		file, err := os.Open(path("to/" + export.AudienceFile(i+1, len(model.Segments), s.Name, "csv")))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(file).ReadAll()
		file.Close()
		if err != nil || rows[0][0] != "id" || len(rows[0]) != 1 {
			t.Fatalf("%v: %v", rows[:1], err)
		}
		last := -1
		for _, row := range rows[1:] {
			id, err := strconv.Atoi(strings.TrimPrefix(row[0], "=c"))
			if err != nil || id <= last {
				t.Fatalf("segment %d: id %q after %d: %v", i+1, row[0], last, err)
			}
			last = id
		}
		total += len(rows) - 1
	}
	if total != 3996 {
		t.Errorf("%d customers in audiences", total)
	}
	// By file and row, the rows of which are counted first.
	mustRun(t, "assign", "--model", path("out/model.json"), "--input", path("t.csv"), "--id", "", "--audiences", "csv", "--out", path("by row"), "--quiet")
	files, err := filepath.Glob(path("by row/audiences/*.csv"))
	if err != nil || len(files) != 3 || !strings.HasPrefix(string(read(t, files[0])), "file,row\n") {
		t.Errorf("%v, %v", files, err)
	}
	// Replaced as a whole: the audiences of the earlier job go.
	mustRun(t, "assign", "--model", path("out/model.json"), "--input", path("t.csv"), "--id", "id", "--out", path("to"), "--force", "--quiet")
	if _, err := os.Stat(path("to/audiences")); err == nil {
		t.Error("audiences of the replaced job are still there")
	}
}

// TestAssignRefuses says what is wrong with a model, a table or a flag.
func TestAssignRefuses(t *testing.T) {
	rows := shuffle(bankBinned(t))[:10001]
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	writeCSV(t, path("t.csv"), rows)
	mustRun(t, "search", "--input", path("t.csv"), "--metric", "y", "--exclude", "balance", "--order", "1", "--out", path("searched"), "--quiet")
	mustRun(t, "segment", "--input", path("t.csv"), "--metric", "y", "--cross", "poutcome,contact", "--exclude", "balance", "--out", path("out"), "--quiet")
	// Only what the rules test is needed.
	column := func(name string) int { return slices.Index(rows[0], name) }
	var few, lacking [][]string
	for _, row := range rows {
		few = append(few, []string{row[column("contact")], row[column("poutcome")]})
		lacking = append(lacking, []string{row[column("contact")], row[column("job")]})
	}
	writeCSV(t, path("few.csv"), few)
	writeCSV(t, path("lacking.csv"), lacking)
	mustRun(t, "assign", "--model", path("out/model.json"), "--input", path("few.csv"), "--out", path("few"), "--quiet")
	type row struct {
		Segment int32 `parquet:"segment"`
	}
	if diff := cmp.Diff(readParquet[row](t, path("out/assignments/part-00000.parquet")), readParquet[row](t, path("few/assignments/part-00000.parquet"))); diff != "" {
		t.Errorf("with two columns alone the segments are others: %.300s", diff)
	}
	model := read(t, path("out/model.json"))
	for name, content := range map[string][]byte{
		"other version.json": bytes.Replace(model, []byte(`"version": 1`), []byte(`"version": 99`), 1),
		"cut short.json":     model[:len(model)/2],
		"damaged.json":       bytes.Replace(model, []byte(`"poutcome"`), []byte(`"contact"`), 1),
		"flipped.json":       bytes.Replace(model, []byte(`"rows": `), []byte(`"rows": 1`), 1),
	} {
		if err := os.WriteFile(path(name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"--model", path("none.json")}, "there is no", exitFailed},
		{[]string{"--model", path("searched/model.json")}, "holds no segments", exitFailed},
		{[]string{"--model", path("other version.json")}, "version 99 is not known", exitFailed},
		{[]string{"--model", path("cut short.json")}, "cut short", exitFailed},
		{[]string{"--model", path("damaged.json")}, "damaged", exitFailed},
		{[]string{"--model", path("flipped.json")}, "checksum", exitFailed},
		{[]string{"--model", path("t.csv")}, "model: line 1", exitFailed},
		{[]string{"--input", path("lacking.csv")}, `unknown column "poutcome"`, exitFailed},
		{[]string{"--id", "customer"}, `unknown column "customer"`, exitFailed},
		{[]string{"--audiences", "excel"}, "not csv or parquet", exitUsage},
		{[]string{"--model", ""}, "no model", exitUsage},
		{[]string{"--out", ""}, "no out folder", exitUsage},
		{[]string{"--out", path("out"), "--force"}, "the finished job itself", exitFailed},
	} {
		args := append([]string{"assign", "--quiet", "--out", path("to"), "--model", path("out/model.json"), "--input", path("t.csv")}, c.args...)
		if slices.Contains(c.args, "--input") { // which adds up
			args = append([]string{"assign", "--quiet", "--out", path("to"), "--model", path("out/model.json")}, c.args...)
		}
		var stdout, stderr bytes.Buffer
		if code := execute(args, &stdout, &stderr); code != c.code || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%q: exit code %d, want %d and %q:\n%s", c.args, code, c.code, c.want, stderr.String())
		}
		if _, err := os.Stat(path("to")); err == nil {
			t.Fatalf("%q: something was written", c.args)
		}
	}
}
