package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	sniffBytes = 64 << 10
	sniffRows  = 1000
)

// csvDialect completes what the user said about a CSV text by what its first
// 64 KiB show.
//
// Delimiter: of `,` `;` tab and `|`, the one that gives the same number of
// fields, two or more, on most of the records; ties go to the one that also
// fits the first record, then to more fields, then to that order. Where none
// does, a comma.
//
// Quote: `"`, or `'` where no `"` occurs and some field is enclosed in `'`.
//
// Header: see looksLikeHeader.
func csvDialect(spec *Spec, src io.ReaderAt, size, start int64) (*Dialect, error) {
	d := &Dialect{Delimiter: spec.Delimiter, Quote: spec.Quote, Nulls: spec.Nulls}
	if d.Nulls == nil {
		d.Nulls = DefaultNulls
	}
	switch d.Delimiter {
	case `\t`, "tab":
		d.Delimiter = "\t"
	}
	if d.Delimiter != "" && !oneByte(d.Delimiter) {
		return nil, fmt.Errorf("delimiter %q: give one ASCII character, or tab", d.Delimiter)
	}
	sample, err := csvSample(src, size, start)
	if err != nil {
		return nil, err
	}
	switch {
	case d.Quote == "none":
		d.Quote = ""
	case d.Quote == "":
		d.Quote = `"`
		if bytes.IndexByte(sample, '"') < 0 && singleQuoted(sample, d.Delimiter) {
			d.Quote = "'"
		}
	case !oneByte(d.Quote):
		return nil, fmt.Errorf(`quote %q: give one ASCII character, or "none"`, d.Quote)
	}
	if d.Delimiter == "" {
		d.Delimiter = sniffDelimiter(sample, d.Quote)
	}
	if d.Delimiter == d.Quote {
		return nil, fmt.Errorf("delimiter and quote are both %q", d.Quote)
	}
	switch spec.Header {
	case "yes", "no":
		d.Header = spec.Header == "yes"
	case "":
		d.Header = looksLikeHeader(sample, d)
	default:
		return nil, fmt.Errorf(`header %q: give "yes" or "no"`, spec.Header)
	}
	return d, nil
}

func oneByte(s string) bool {
	return len(s) == 1 && s[0] < 0x80 && s != "\n" && s != "\r"
}

// csvSample returns the beginning of the text, cut after its last whole line
// when there is more.
func csvSample(src io.ReaderAt, size, start int64) ([]byte, error) {
	sample := make([]byte, min(sniffBytes, size-start))
	if n, err := src.ReadAt(sample, start); n < len(sample) {
		return nil, err
	}
	if start+int64(len(sample)) < size {
		if i := bytes.LastIndexByte(sample, '\n'); i >= 0 {
			sample = sample[:i+1]
		}
	}
	return sample, nil
}

// delimiterFit tells how well a delimiter cuts a sample into records.
type delimiterFit struct {
	share  float64 // of the records that have the usual number of fields
	first  bool    // the first record has it too
	fields int     // the usual number
}

func (a delimiterFit) better(b delimiterFit) bool {
	if a.share != b.share {
		return a.share > b.share
	}
	if a.first != b.first {
		return a.first
	}
	return a.fields > b.fields
}

func sniffDelimiter(sample []byte, quote string) string {
	// Quotes that break the rules with every delimiter are read as text, so
	// that the delimiter is still found and the fault shown in its place.
	for _, q := range []string{quote, ""} {
		best, found := delimiterFit{}, ""
		for _, delim := range []string{",", ";", "\t", "|"} {
			if delim == q {
				continue
			}
			fit, ok := fitDelimiter(sample, delim, q)
			if ok && fit.fields >= 2 && (found == "" || fit.better(best)) {
				best, found = fit, delim
			}
		}
		if found != "" {
			return found
		}
	}
	return ","
}

// fitDelimiter is not ok when the sample is not CSV with this delimiter.
func fitDelimiter(sample []byte, delim, quote string) (fit delimiterFit, ok bool) {
	counts := map[int]int{}
	records, first := 0, 0
	ok = eachRecord(sample, &Dialect{Delimiter: delim, Quote: quote}, func(s *scanner) {
		n := len(s.fields)
		if records == 0 {
			first = n
		}
		records++
		counts[n]++
	})
	if !ok {
		return fit, false
	}
	for n, c := range counts {
		if c > counts[fit.fields] || (c == counts[fit.fields] && n > fit.fields) {
			fit.fields = n
		}
	}
	fit.share = float64(counts[fit.fields]) / float64(records)
	fit.first = first == fit.fields
	return fit, true
}

// eachRecord calls do for the first records of a sample and reports whether
// they are CSV. A last field whose closing quote the sample lacks is allowed:
// its end may cut one.
func eachRecord(sample []byte, d *Dialect, do func(*scanner)) bool {
	s := newScanner(bytes.NewReader(sample), int64(len(sample)), 0, d)
	for n := 0; n < sniffRows; n++ {
		err := s.next()
		if err == io.EOF {
			return n > 0
		}
		if err != nil {
			var f *fault
			return errors.As(err, &f) && f.unclosed && n > 0
		}
		do(s)
	}
	return true
}

// singleQuoted reports whether the sample is CSV with fields enclosed in '.
func singleQuoted(sample []byte, delim string) bool {
	if delim == "" {
		delim = sniffDelimiter(sample, "'")
	}
	quoted := false
	ok := eachRecord(sample, &Dialect{Delimiter: delim, Quote: "'"}, func(s *scanner) {
		for _, f := range s.fields {
			quoted = quoted || (f.start > 0 && s.window[s.pos+f.start-1] == '\'')
		}
	})
	return ok && quoted
}

// looksLikeHeader decides whether the first record names the columns. It does
// not when one of its cells is a number. Otherwise it does when its cells are
// distinct and none is empty or missing; and also when they are not, if some
// column holds only numbers below it: then the names are at fault and reading
// says so. (An empty first cell above numbers is how pandas and R write an
// index.)
func looksLikeHeader(sample []byte, d *Dialect) bool {
	var first []string
	var numbers, texts []int // of each column, below the first record
	nulls := newNullSet(d.Nulls)
	eachRecord(sample, d, func(s *scanner) {
		if first == nil {
			for i := range s.fields {
				first = append(first, s.text(i))
			}
			numbers, texts = make([]int, len(first)), make([]int, len(first))
			return
		}
		for i := range min(len(s.fields), len(first)) {
			switch cell := s.text(i); {
			case nulls.has([]byte(cell)):
			case isNumber(cell):
				numbers[i]++
			default:
				texts[i]++
			}
		}
	})
	clean := true
	seen := map[string]bool{}
	for _, cell := range first {
		if isNumber(cell) {
			return false
		}
		clean = clean && cell != "" && !nulls.has([]byte(cell)) && !seen[cell]
		seen[cell] = true
	}
	if clean {
		return true
	}
	for i := range first {
		if numbers[i] > 0 && texts[i] == 0 && (first[i] != "" || i == 0) {
			return true
		}
	}
	return false
}

// isNumber reports whether a cell is a number, with a decimal point or comma.
func isNumber(cell string) bool {
	cell = strings.Replace(strings.TrimSpace(cell), ",", ".", 1)
	if cell == "" || !strings.ContainsAny(cell[:1], "+-.0123456789") {
		return false
	}
	_, err := strconv.ParseFloat(cell, 64)
	return err == nil
}
