package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// contextOfBank are the columns of bank-full that describe the contact.
const contextOfBank = "month,day,contact,campaign"

// bankRun runs a whole job on bank-full and returns the out folder.
func bankRun(t *testing.T, flags ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	args := []string{"run", "--input", shared(t, "data/bank-full.csv"), "--metric", "y=yes", "--exclude", "duration", "--out", out, "--quiet"}
	mustRun(t, append(args, flags...)...)
	return out
}

// readJSON reads an output.
func readJSON(t *testing.T, into any, path ...string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// TestContextMakesNeitherGroupsNorSegments looks for a feature that describes
// the contact in every group, finding, rule and name.
func TestContextMakesNeitherGroupsNorSegments(t *testing.T) {
	for _, flags := range [][]string{
		{"--context", contextOfBank},
		{"--role", "month=context", "--role", "day=context", "--lever", "contact,campaign"},
	} {
		out := bankRun(t, flags...)
		var profile struct {
			Columns []struct{ Name, Role string }
		}
		readJSON(t, &profile, out, "profile.json")
		kept := 0
		for _, c := range profile.Columns {
			if strings.Contains(","+contextOfBank+",", ","+c.Name+",") {
				kept++
				if c.Role != "context" && c.Role != "lever" {
					t.Errorf("%v: the role of %s is %s", flags, c.Name, c.Role)
				}
			}
		}
		if kept != 4 {
			t.Errorf("%v: %d of 4 columns are in profile.json", flags, kept)
		}
		type row struct {
			Items []struct {
				Feature string `parquet:"feature"`
			} `parquet:"items,list"`
		}
		for _, g := range readParquet[row](t, filepath.Join(out, "groups.parquet")) {
			for _, i := range g.Items {
				if strings.Contains(","+contextOfBank+",", ","+i.Feature+",") {
					t.Fatalf("%v: a group has %s", flags, i.Feature)
				}
			}
		}
		var segments struct {
			Features []string
			Personas struct{ Segments []struct{ Name string } }
			Merging  struct {
				Names    []string
				Segments []struct {
					Rules []struct{ Conditions []struct{ Feature int } }
				}
			}
		}
		readJSON(t, &segments, out, "segments.json")
		for _, s := range segments.Merging.Segments {
			for _, r := range s.Rules {
				for _, c := range r.Conditions {
					if name := segments.Features[c.Feature]; strings.Contains(","+contextOfBank+",", ","+name+",") {
						t.Errorf("%v: a rule has %s", flags, name)
					}
				}
			}
		}
		if len(segments.Merging.Names) == 0 || len(segments.Merging.Segments) < 6 {
			t.Errorf("%v: %d segments of %v", flags, len(segments.Merging.Segments), segments.Merging.Names)
		}
	}
}

// TestRolesThatContradict holds every contradiction against its message.
func TestRolesThatContradict(t *testing.T) {
	all := "age,job,marital,education,default,balance,housing,loan,contact,day,month,campaign,pdays,previous,poutcome"
	for _, c := range []struct{ flags, message string }{
		{"--context mont", `--context: unknown column "mont"; nearest: month`},
		{"--lever offer", `--lever: unknown column "offer"`},
		{"--context y", "--context y: a metric or the weight reads this column"},
		{"--lever duration", "--lever duration: --exclude takes the column out"},
		{"--context month --lever month", "--lever month: it is also said to be context"},
		{"--context month --role month=feature", "--context month: it is also said to be feature"},
		{"--context month --cross month", "--cross month: it is said to be context"},
		{"--role month=season", "a role is id, feature, context, lever, metric or ignore"},
		{"--context " + all, "every feature is context or a lever"},
	} {
		args := []string{"run", "--input", shared(t, "data/bank-full.csv"), "--metric", "y=yes", "--exclude", "duration", "--out", filepath.Join(t.TempDir(), "out")}
		var stdout, stderr bytes.Buffer
		if code := execute(append(args, strings.Fields(c.flags)...), &stdout, &stderr); code == exitOK {
			t.Errorf("%s: accepted", c.flags)
		}
		if !strings.Contains(stderr.String(), c.message) {
			t.Errorf("%s: no %q in:\n%s", c.flags, c.message, stderr.String())
		}
	}
}

// TestSegmentsOnContextAreWarnedOf runs a job that nobody told of context.
func TestSegmentsOnContextAreWarnedOf(t *testing.T) {
	type merging struct {
		R2 struct {
			Cells, Undoubted *struct{ R2 float64 }
		}
	}
	type segments struct{ Merging merging }
	type profile struct{ Notes []string }
	var s segments
	var p profile
	out := bankRun(t)
	readJSON(t, &s, out, "segments.json")
	readJSON(t, &p, out, "profile.json")
	notes := strings.Join(p.Notes, "\n")
	for _, want := range []string{"contact, day, month, campaign look like context by name", "the segments rest on contact, month, which look like context"} {
		if !strings.Contains(notes, want) {
			t.Errorf("no %q in:\n%s", want, notes)
		}
	}
	if r := s.Merging.R2; r.Undoubted == nil || r.Undoubted.R2 >= r.Cells.R2-0.02 {
		t.Errorf("R² of all %+v, without context %+v", r.Cells, r.Undoubted)
	}
	// What explains the segments without context is what segments without it explain.
	var alone segments
	told := bankRun(t, "--context", "contact,day,month,campaign")
	readJSON(t, &alone, told, "segments.json")
	if got, want := s.Merging.R2.Undoubted.R2, alone.Merging.R2.Cells.R2; got != want {
		t.Errorf("R² without context is %v, that of traits alone %v", got, want)
	}
	for _, quiet := range [][]string{{"--context", "contact,day,month,campaign"}, {"--role", "month=feature", "--role", "day=feature", "--role", "contact=feature", "--role", "campaign=feature"}} {
		p = profile{}
		readJSON(t, &p, bankRun(t, quiet...), "profile.json")
		if notes := strings.Join(p.Notes, "\n"); strings.Contains(notes, "context") {
			t.Errorf("%v: %s", quiet, notes)
		}
	}
}

// TestContextThatLeaks keeps a column out of every comparison that gives the
// metric away, whatever its role.
func TestContextThatLeaks(t *testing.T) {
	rows := bankBinned(t)
	for i := range rows {
		copied := "copied"
		if i > 0 {
			copied = rows[i][slices.Index(rows[0], "y")]
		}
		rows[i] = append(slices.Clone(rows[i]), copied)
	}
	table := filepath.Join(t.TempDir(), "leaks.csv")
	writeCSV(t, table, rows)
	out := filepath.Join(t.TempDir(), "out")
	mustRun(t, "run", "--input", table, "--metric", "y=1", "--context", "copied,month", "--out", out, "--quiet")
	var segments struct {
		Context struct {
			Both float64 `json:"both_r2"`
		}
	}
	readJSON(t, &segments, out, "segments.json")
	if segments.Context.Both > 0.3 || segments.Context.Both <= 0 {
		t.Errorf("with context R² is %v", segments.Context.Both)
	}
	var profile struct {
		Context []struct {
			Name    string
			LeftOut string `json:"left_out"`
		}
	}
	readJSON(t, &profile, out, "profile.json")
	if len(profile.Context) != 2 || profile.Context[0].Name != "copied" || profile.Context[0].LeftOut == "" || profile.Context[1].LeftOut != "" {
		t.Errorf("%+v", profile.Context)
	}
}

// TestContextOfADate gives the features of one date column different roles.
func TestContextOfADate(t *testing.T) {
	var csv strings.Builder
	csv.WriteString("when,colour,y\n")
	for i := range 6000 {
		day := time.Date(2024, 1, 1+i*7%700, 0, 0, 0, 0, time.UTC)
		if i%2 == 0 {
			day = day.AddDate(0, 0, i%5)
		}
		y := i*31%10 < 2+2*int(day.Weekday()%3)
		fmt.Fprintf(&csv, "%s,%s,%t\n", day.Format(time.DateOnly), []string{"red", "blue", "green"}[i%3], y)
	}
	table := filepath.Join(t.TempDir(), "dates.csv")
	if err := os.WriteFile(table, []byte(csv.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	mustRun(t, "run", "--input", table, "--metric", "y=true", "--context", "when.weekday", "--out", out, "--quiet")
	var segments struct {
		Features []string
		Merging  struct{ Names []string }
	}
	readJSON(t, &segments, out, "segments.json")
	if !slices.Contains(segments.Features, "when.weekday") || slices.Contains(segments.Merging.Names, "when.weekday") {
		t.Errorf("features %v, crossed %v", segments.Features, segments.Merging.Names)
	}
	var profile struct {
		Context []struct{ Name string }
	}
	readJSON(t, &profile, out, "profile.json")
	if len(profile.Context) != 1 || profile.Context[0].Name != "when.weekday" {
		t.Errorf("context %+v", profile.Context)
	}
	var stdout, stderr bytes.Buffer
	args := []string{"run", "--input", table, "--metric", "y=true", "--context", "when.hour", "--out", out, "--force"}
	if code := execute(args, &stdout, &stderr); code == exitOK || !strings.Contains(stderr.String(), `--context: unknown column "when.hour"; nearest: `) {
		t.Errorf("when.hour: exit code %d: %s", code, stderr.String())
	}
}

// TestAnotherNumberOfSegmentsKeepsRoles cuts the segments of a job with context
// again, without its table.
func TestAnotherNumberOfSegmentsKeepsRoles(t *testing.T) {
	from := bankRun(t, "--context", contextOfBank)
	out := filepath.Join(t.TempDir(), "five")
	mustRun(t, "segment", "--from", from, "--k", "5", "--out", out, "--quiet")
	type document struct {
		Context struct {
			Traits float64 `json:"traits_r2"`
			Both   float64 `json:"both_r2"`
		}
		Personas struct {
			Segments []struct{ Name, Description string }
		}
	}
	var before, after document
	readJSON(t, &before, from, "segments.json")
	readJSON(t, &after, out, "segments.json")
	if after.Context != before.Context || after.Context.Both <= after.Context.Traits {
		t.Errorf("R² %+v, before %+v", after.Context, before.Context)
	}
	for _, s := range append(before.Personas.Segments, after.Personas.Segments...) {
		for _, word := range []string{"month ", " day ", "contact ", "campaign ", "cellular"} {
			if strings.Contains(strings.ToLower(" "+s.Name+" "+s.Description), word) {
				t.Errorf("%s is in %q: %s", word, s.Name, s.Description)
			}
		}
	}
}
