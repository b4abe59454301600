package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/evidence"
)

// TestFindingsOfASearch holds findings.json and findings.csv against each
// other, with rules known from a file and money.
func TestFindingsOfASearch(t *testing.T) {
	rules, out := filepath.Join(t.TempDir(), "rules.yaml"), filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(rules, []byte("- poutcome=success\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"search", "--input", shared(t, "data/bank-binned.csv"), "--metric", "y=1", "--exclude", "balance", "--order", "2", "--quiet"}
	mustRun(t, append(args, "--known", rules, "--value", "120", "--cost", "5", "--out", out)...)
	var found evidence.Result
	data, err := os.ReadFile(filepath.Join(out, "findings.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &found); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(filepath.Join(out, "findings.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Findings) == 0 || len(rows) != 1+len(found.Findings) || len(found.Trust) != 1 || found.Trust[0].Confirmed != len(found.Findings) {
		t.Fatalf("%d findings, %d rows, trust %+v", len(found.Findings), len(rows), found.Trust)
	}
	first := found.Findings[0]
	if first.Group != "poutcome=success" || first.Status != evidence.Confirmed || rows[1][2] != first.Group || rows[1][len(rows[1])-1] != first.SQL {
		t.Errorf("the first finding is %+v, in the table %q", first, rows[1])
	}
	if first.Money == nil || first.Money.BreakEven != 5.0/120 {
		t.Errorf("money %+v", first.Money)
	}

	// Nothing can hold that is not gated: empty lists, and no error.
	none := filepath.Join(t.TempDir(), "out")
	mustRun(t, append(args, "--min-odds", "100000", "--out", none)...)
	if data, err = os.ReadFile(filepath.Join(none, "findings.json")); err != nil || !strings.Contains(string(data), `"findings": []`) {
		t.Errorf("no findings: %v, %.80s", err, data)
	}
}

func TestKnownRulesThatCannotBeRead(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(broken, []byte("a: {b"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{broken, filepath.Join(t.TempDir(), "none.yaml")} {
		if _, err := readRules(path); err == nil || !strings.Contains(err.Error(), "--known") {
			t.Errorf("%s: %v", path, err)
		}
	}
}
