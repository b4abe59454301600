package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/evidence"
)

// TestWhy explains findings of a real job by rank and by group, and says what
// is wrong with anything else.
func TestWhy(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	mustRun(t, "search", "--input", shared(t, "data/bank-binned.csv"), "--metric", "y", "--exclude", "balance", "--out", out, "--quiet")
	byRank := mustRun(t, "why", "1", "--from", out)
	if byRank != mustRun(t, "why", "poutcome=success", "--from", out) {
		t.Error("the first finding is explained differently by rank and by group")
	}
	for _, part := range []string{"everybody", "11.7 %", "64.7 %", "checked on", "OVER TIME", "WHAT ELSE THESE CUSTOMERS SHARE", "association, not a cause", `WHERE ("poutcome" IN ('success'))`} {
		if !strings.Contains(byRank, part) {
			t.Errorf("the explanation does not say %q:\n%s", part, byRank)
		}
	}
	half := t.TempDir()
	for name, content := range map[string]string{"run.json": "{}", "findings.json": `{"findings": [`} {
		if err := os.WriteFile(filepath.Join(half, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"why", "poutcome=succes", "--from", out}, "nearest: poutcome=success", exitFailed},
		{[]string{"why", "10000", "--from", out}, "rank from 1 to", exitFailed},
		{[]string{"why", "1", "--from", t.TempDir()}, "no finished job", exitFailed},
		{[]string{"why", "1", "--from", half}, "findings.json", exitFailed},
		{[]string{"why", "1"}, "--from", exitUsage},
		{[]string{"why", "--from", out}, "1 arg", exitUsage},
	} {
		var stdout, stderr bytes.Buffer
		if code := execute(c.args, &stdout, &stderr); code != c.code || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%q: exit code %d, want %d and %q:\n%s", c.args, code, c.code, c.want, stderr.String())
		}
	}
}

// TestCompany counts again, row by row, how findings fared over time and what
// their customers share.
func TestCompany(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	mustRun(t, "search", "--input", shared(t, "data/bank-binned.csv"), "--metric", "y", "--exclude", "balance", "--out", out, "--quiet")
	data, err := os.ReadFile(filepath.Join(out, "findings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var found evidence.Result
	if err := json.Unmarshal(data, &found); err != nil {
		t.Fatal(err)
	}
	rows := bankBinned(t)
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	timed, shared := 0, 0
	for _, x := range found.Findings {
		var all, in [][]string
		for _, r := range rows[1:] {
			member := true
			for _, item := range strings.Split(x.Group, " & ") {
				name, level, _ := strings.Cut(item, "=")
				member = member && r[column[name]] == level
			}
			all = append(all, r)
			if member {
				in = append(in, r)
			}
		}
		having := func(rows [][]string, name, level string) (n, yes int) {
			for _, r := range rows {
				if r[column[name]] == level {
					n++
					if r[column["y"]] == "1" {
						yes++
					}
				}
			}
			return n, yes
		}
		if x.ByTime != nil {
			for _, p := range x.ByTime.Periods {
				n, yes := having(in, x.ByTime.Name, p.Level)
				allN, allYes := having(all, x.ByTime.Name, p.Level)
				if int64(n) != p.N || n > 0 && *p.Mean != float64(yes)/float64(n) || *p.All != float64(allYes)/float64(allN) {
					t.Errorf("%s in %s: %+v, counted %d of %d, of all %d of %d", x.Group, p.Level, p, yes, n, allYes, allN)
				}
				timed++
			}
		}
		for _, s := range x.Shares {
			n, _ := having(in, s.Name, s.Level)
			allN, _ := having(all, s.Name, s.Level)
			share, base := float64(n)/float64(len(in)), float64(allN)/float64(len(all))
			if s.Share != share || s.All != base || s.TGI <= 100 || strings.Contains(x.Group, s.Name+"=") {
				t.Errorf("%s shares %+v, counted %v, of all %v", x.Group, s, share, base)
			}
			shared++
		}
	}
	if timed < 20 || shared < 20 {
		t.Errorf("%d periods and %d shared levels in %d findings", timed, shared, len(found.Findings))
	}
}
