package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
