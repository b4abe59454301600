package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestRunIsToldInAScreen: what a whole job prints fits a terminal and says the
// findings with share, rate on unseen customers, interval and excess.
func TestRunIsToldInAScreen(t *testing.T) {
	var stdout, stderr bytes.Buffer
	out := filepath.Join(t.TempDir(), "out")
	if code := execute([]string{"run", "--input", shared(t, "data/bank-full.csv"), "--metric", "y=yes", "--exclude", "duration", "--out", out}, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	lines := strings.Split(strings.Trim(stdout.String(), "\n"), "\n")
	if len(lines) > 30 {
		t.Errorf("%d lines:\n%s", len(lines), &stdout)
	}
	for _, l := range lines {
		if utf8.RuneCountInString(l) > 120 && !strings.Contains(l, out) {
			t.Errorf("a line of %d characters: %s", utf8.RuneCountInString(l), l)
		}
	}
	for _, want := range []string{
		"45,211 × 17 columns from bank-full.csv", "duration (excluded)", "y=yes: 11.7 % of 45,211, 5,289 in all",
		"poutcome=success", "3.3 %", "64.7 %", "60.9 % – 68.3 %", "+801.2 above average", " SEGMENTS", "headwater why 1 --from",
	} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &stdout)
		}
	}
}
