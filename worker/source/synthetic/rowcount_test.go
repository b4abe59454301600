package synthetic

import (
	"strings"
	"testing"
)

func TestParseRows(t *testing.T) {
	for s, want := range map[string]int64{
		"1": 1, "250000": 250_000, "1_000_000": 1_000_000, "100k": 100_000, "10m": 10_000_000, "10M": 10_000_000,
		"2.5m": 2_500_000, "1b": 1_000_000_000, "2G": 2_000_000_000, " 7 ": 7, "0.001k": 1,
		"9223372036854775807": 9223372036854775807,
	} {
		if got, err := ParseRows(s); err != nil || got != want {
			t.Errorf("ParseRows(%q) = %d, %v; want %d", s, got, err, want)
		}
	}
	for s, want := range map[string]string{
		"": "not a number", "m": "not a number", "ten": "not a number", "-5": "not a number", "1e6": "not a number",
		"1/3": "not a number", "0x10": "not a number", "1.2.3": "not a number", ".": "not a number", "10mm": "not a number",
		"0": "less than one", "0.5": "not a whole", "1.0005k": "not a whole", "9223372036854775808": "64 bits",
		"99999999999b": "64 bits", strings.Repeat("9", 1000): "not a number",
	} {
		if got, err := ParseRows(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseRows(%.20q) = %d, %v; want an error with %q", s, got, err, want)
		}
	}
}

func TestValidateReportsEveryProblem(t *testing.T) {
	err := Config{Rows: 0, Features: MaxFeatures + 1, Out: "customers.xlsx", Workers: -1}.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"rows: 0", "features: 501", "workers: -1", "customers.xlsx", ".csv.zst"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	for _, out := range []string{"", ".parquet", "dir/.csv", "table.gz", "table"} {
		if (Config{Rows: 1, Features: 1, Out: out}).Validate() == nil {
			t.Errorf("out %q was accepted", out)
		}
	}
	if err := (Config{Rows: MaxRows, Features: MaxFeatures, Out: "A.CSV.GZ"}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestTruthPath(t *testing.T) {
	for out, want := range map[string]string{
		"d/customers.parquet": "d/customers.truth.json", "c.v2.csv.gz": "c.v2.truth.json",
		"c.csv.zst": "c.truth.json", "c.arrow": "c.truth.json", "C.CSV": "C.truth.json",
	} {
		if got := TruthPath(out); got != want {
			t.Errorf("TruthPath(%q) = %q, want %q", out, got, want)
		}
	}
}
