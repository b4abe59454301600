package source

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

var plainDialect = &Dialect{Delimiter: ",", Quote: `"`, Nulls: []string{}}

// scanAll reads all records with the scanner.
func scanAll(text []byte, d *Dialect) (records [][]string, err error) {
	s := newScanner(bytes.NewReader(text), int64(len(text)), 0, d)
	for {
		if err := s.next(); err == io.EOF {
			return records, nil
		} else if err != nil {
			return records, err
		}
		record := make([]string, len(s.fields))
		for i := range record {
			record[i] = s.text(i)
		}
		records = append(records, record)
	}
}

// oracle reads all records with encoding/csv.
func oracle(text []byte) (records [][]string, err error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	for {
		record, err := r.Read()
		if err == io.EOF {
			return records, nil
		} else if err != nil {
			return records, err
		}
		records = append(records, record)
	}
}

// sameAsOracle compares the scanner with encoding/csv: the same records up to
// the first fault, and the same opinion on whether there is one.
func sameAsOracle(text []byte) error {
	want, wantErr := oracle(text)
	got, gotErr := scanAll(text, plainDialect)
	if (wantErr == nil) != (gotErr == nil) {
		return fmt.Errorf("%q: error %s, want %s", text, fmt.Sprint(gotErr), fmt.Sprint(wantErr))
	}
	if !slices.EqualFunc(want, got, slices.Equal[[]string]) {
		return fmt.Errorf("%q: %q, want %q", text, got, want)
	}
	return nil
}

var csvSeeds = []string{
	"", "\n", "a,b\n1,2\n", "a,b\r\n1,2\r\n", "a,b\n1,2", "a,b\n\n\n1,2\n\n", "\"a\",\"b\"\n", "\"a\"\"b\",c\n",
	"\"a\nb\",c\n", "\"a\r\nb\",c\r\n", "a,\"b\n", "a\"b,c\n", "\"a\"b,c\n", "a,b\r", "\r\n\r\na", "\"\"\n", "\"\",\n", ",\n", ",,",
	"a,\"\"\"\"\n", "\"\r\r\n\"\n", "x\r\r\n", "12345678,12345678\n", "1234567,12345678,", "\"a\n", "\"\n\"\"\n\"\n",
}

func FuzzCSVScanner(f *testing.F) {
	for _, s := range csvSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !utf8.Valid(text) {
			return // encoding/csv replaces what is invalid; here it is a fault of its own
		}
		if err := sameAsOracle(text); err != nil {
			t.Fatal(err)
		}
	})
}

func TestScannerEqualsEncodingCSV(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{
			"a", "bc", "12345678", ",", ",", "\n", "\n", "\r\n", "\r", `"`, `""`, `"x,y"`, "\"p\nq\"", "\"p\r\nq\"", `,"",`, "é",
		})).Draw(t, "parts")
		if err := sameAsOracle([]byte(strings.Join(parts, ""))); err != nil {
			t.Fatal(err)
		}
	})
}

// TestSplitsHoldEveryRecordOnce writes tables with quoted line ends and quotes
// and reads them in splits of every size, and in slices of those.
func TestSplitsHoldEveryRecordOnce(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom([]string{
			"x", "", "NA", "a,b", "one\ntwo", `"`, `say "hi"`, "\n", "long long long text", "1", "é",
		}), 3, 3), 1, 40).Draw(t, "rows")
		crlf := rapid.Bool().Draw(t, "crlf")
		var text bytes.Buffer
		w := csv.NewWriter(&text)
		w.UseCRLF = crlf
		w.Write([]string{"p", "q", "r"})
		w.WriteAll(rows)
		path := filepath.Join(dir, "t.csv")
		if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		spec := Spec{
			Inputs: []string{path}, Header: "yes", Delimiter: ",",
			SplitSize: rapid.Int64Range(1, int64(text.Len())).Draw(t, "split size"),
		}
		table, err := Find(context.Background(), spec)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for i, v := range row {
				if slices.Contains(DefaultNulls, v) {
					row[i] = null
				}
			}
		}
		var got [][]string
		for i, s := range table.Splits {
			part, marks, err := readSplit(table, s, names(table))
			if err != nil {
				t.Fatal(err)
			}
			from := rapid.Int64Range(0, int64(len(part))).Draw(t, "from")
			n := rapid.Int64Range(0, int64(len(part))-from).Draw(t, "n")
			slice, _, err := readSplit(table, table.Slice(i, from, n, marks), names(table))
			if err != nil {
				t.Fatal(err)
			}
			equalRows(t, part[from:from+n], slice)
			got = append(got, part...)
		}
		equalRows(t, rows, got)
	})
}

func equalRows(t *rapid.T, want, got [][]string) {
	if !slices.EqualFunc(want, got, slices.Equal[[]string]) {
		t.Fatalf("%q, want %q", got, want)
	}
}

// FuzzCSVFile reads whatever bytes: an error or a table, the same rows whole
// and in small splits, and never a panic.
func FuzzCSVFile(f *testing.F) {
	for _, s := range csvSeeds {
		f.Add([]byte(s), int64(3))
	}
	f.Add([]byte("\xef\xbb\xbfa;b\n1;2\n\xff;3\n"), int64(5))
	f.Fuzz(func(t *testing.T, text []byte, size int64) {
		path := filepath.Join(t.TempDir(), "f.csv")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		whole, wholeErr := fuzzRead(t, Spec{Inputs: []string{path}})
		parts, partsErr := fuzzRead(t, Spec{Inputs: []string{path}, SplitSize: 1 + (size&0xff+0xff)%0xff})
		if (wholeErr == nil) != (partsErr == nil) {
			t.Fatalf("error %v whole, %v in parts", wholeErr, partsErr)
		}
		if wholeErr != nil && wholeErr.Error() != partsErr.Error() {
			t.Fatalf("error %q whole, %q in parts", wholeErr, partsErr)
		}
		if wholeErr == nil {
			sameRows(t, "in parts", whole, parts)
		}
	})
}

func fuzzRead(t *testing.T, spec Spec) (rows [][]string, err error) {
	spec.TempDir = t.TempDir()
	table, err := Find(context.Background(), spec)
	if err != nil {
		return nil, err
	}
	defer table.Close()
	for _, s := range table.Splits {
		part, _, err := readSplit(table, s, names(table))
		if errors.Is(err, ErrChanged) {
			t.Fatal(err)
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, part...)
	}
	return rows, nil
}
