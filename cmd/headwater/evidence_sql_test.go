package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headwater-dev/headwater/coordinator/evidence"
)

// TestEvidenceInDuckDB runs evidence.sql on the raw files: every figure of
// findings and segments must come out the same, whatever the table's format,
// ids, dates, missing values and metrics.
func TestEvidenceInDuckDB(t *testing.T) {
	ids := filepath.Join(t.TempDir(), "ids.csv")
	writeCSV(t, ids, withColumns(bankBinned(t)))
	parts := filepath.Join(t.TempDir(), "b.csv")
	more := filepath.Join(t.TempDir(), "a.csv")
	rows := bankBinned(t)
	writeCSV(t, parts, rows[:20001])
	writeCSV(t, more, append(rows[:1:1], rows[20001:]...))
	columnar := filepath.Join(t.TempDir(), "bank-binned.parquet")
	writeParquet(t, columnar, rows)

	for i, c := range []struct {
		name, command string
		flags         []string
		least         int // figures
	}{
		{"rates of a CSV file", "run", []string{"--input", shared(t, "data/bank-full.csv"), "--metric", "y=yes", "--exclude", "duration", "--value", "100", "--cost", "5"}, 700},
		{"text ids, dates, spellings of missing", "run", []string{"--input", ids, "--metric", "y=1", "--metric", "visits", "--role", "who=id", "--null", "unknown", "--null", "NA", "--order", "2"}, 300},
		{"heavy tails", "run", []string{"--input", shared(t, "data/hillstrom.csv"), "--metric", "spend", "--exclude", "visit,conversion", "--value", "2", "--cost", "1"}, 200},
		{"Parquet", "search", []string{"--input", columnar, "--metric", "y", "--metric", "balance", "--known", "poutcome=success"}, 500},
		{"truth values in Parquet", "run", []string{"--input", shared(t, "data/bank-full.parquet"), "--metric", "balance", "--exclude", "duration,y", "--order", "2"}, 100},
		{"a ratio, timestamps, integer ids", "search", []string{"--input", shared(t, "data/online-retail.parquet"), "--metric", "UnitPrice/Quantity", "--metric", "UnitPrice", "--role", "CustomerID=id", "--exclude", "InvoiceNo", "--order", "2"}, 50},
		{"many zeros", "run", []string{"--input", shared(t, "data/kdd99-10pct.parquet"), "--metric", "label=satan", "--features", "service,flag,protocol_type,src_bytes,hot", "--order", "2"}, 200},
		{"weights", "search", []string{"--input", shared(t, "data/bank-full.csv"), "--metric", "y=yes", "--weight", "age", "--exclude", "duration,balance", "--order", "2"}, 200},
		{"files in another order than their names", "search", []string{"--input", parts, "--input", more, "--metric", "y", "--exclude", "balance", "--order", "2"}, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && i > 2 {
				t.Skip("one of the longer ones")
			}
			out := filepath.Join(t.TempDir(), "out")
			mustRun(t, append([]string{c.command, "--out", out, "--quiet"}, c.flags...)...)
			var agree, all int
			rows := duckDB(t, filepath.Join(out, "evidence.sql"))
			if _, err := fmt.Sscanf(rows[0][0].(string), "%d of %d figures agree", &agree, &all); err != nil {
				t.Fatalf("%v: %v", rows[0], err)
			}
			if agree != all || len(rows) != 1 {
				t.Errorf("%d of %d figures agree, for example not %v", agree, all, rows[1:min(len(rows), 10)])
			}
			if all < c.least {
				t.Errorf("%d figures, fewer than %d", all, c.least)
			}
		})
	}
}

// withColumns adds an id of text, that several rows share, a date in two
// spellings, and a number that is missing now and then.
func withColumns(rows [][]string) [][]string {
	out := [][]string{append([]string{"who", "since", "visits"}, rows[0]...)}
	for i, r := range rows[1:] {
		since := fmt.Sprintf("20%02d-%02d-%02d", 10+i%9, 1+i*7%12, 1+i*11%28)
		if i%5 == 0 {
			since = strings.ReplaceAll(since, "-", "/") + " 23:15:00"
		}
		visits := fmt.Sprint(i * 31 % 97)
		if i%13 == 0 {
			visits = "NA"
		}
		out = append(out, append([]string{fmt.Sprintf("çustomer %d", i/2), since, visits}, r...))
	}
	return out
}

// TestDocumentsAgree looks for the first finding's figures in every document.
func TestDocumentsAgree(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	summary := mustRun(t, "run", "--input", shared(t, "data/bank-binned.csv"), "--metric", "y", "--exclude", "balance", "--order", "2", "--out", out)
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var found evidence.Result
	if err := json.Unmarshal(read("findings.json"), &found); err != nil {
		t.Fatal(err)
	}
	x := &found.Findings[0]
	for name, text := range map[string][]byte{"terminal": []byte(summary), "report.md": read("report.md"), "report.html": read("report.html")} {
		for _, figure := range []string{
			fmt.Sprintf("%.1f %%", 100*x.All.Share), fmt.Sprintf("%.1f %%", 100**x.Confirmation.Mean),
			fmt.Sprintf("%.1f %%", 100**x.Confirmation.Low), fmt.Sprintf("%.1f %%", 100**x.Confirmation.High),
			fmt.Sprintf("+%.0f", *x.All.Excess),
		} {
			if !bytes.Contains(text, []byte(figure)) {
				t.Errorf("%s does not say %q of %s", name, figure, x.Group)
			}
		}
	}
	table := strings.Split(string(read("findings.csv")), "\n")[1]
	for _, figure := range []string{fmt.Sprint(x.All.N), fmt.Sprint(*x.All.Mean), fmt.Sprint(*x.Confirmation.Low), fmt.Sprint(*x.All.Excess)} {
		if !strings.Contains(table, figure) {
			t.Errorf("findings.csv does not say %s: %s", figure, table)
		}
		if script := string(read("evidence.sql")); !strings.Contains(script, "'finding 1'") {
			t.Error("evidence.sql lacks the first finding")
		}
	}
}
