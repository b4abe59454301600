package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	for _, part := range []string{"everybody", "11.7 %", "64.7 %", "checked on", "association, not a cause", `WHERE ("poutcome" IN ('success'))`} {
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
