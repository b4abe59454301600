package export

import (
	"encoding/csv"
	"io"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// bom tells spreadsheets that a file is UTF-8.
const bom = "\uFEFF"

// csvWriter writes comma-separated rows that are safe to open in a spreadsheet.
type csvWriter struct{ *csv.Writer }

func newCSVWriter(w io.Writer, withBOM bool) (csvWriter, error) {
	if withBOM {
		if _, err := io.WriteString(w, bom); err != nil {
			return csvWriter{}, err
		}
	}
	return csvWriter{csv.NewWriter(w)}, nil
}

// row writes one row, with cells that a spreadsheet would run escaped.
func (w csvWriter) row(cells []string) error {
	for i, c := range cells {
		cells[i] = escapeFormula(c)
	}
	return w.Write(cells)
}

// close flushes.
func (w csvWriter) close() error {
	w.Flush()
	return w.Error()
}

var plainNumber = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// escapeFormula puts an apostrophe before text that a spreadsheet would take
// for a formula: text that begins with = + - @, their full-width forms, a tab
// or a line break, unless it is a plain number.
func escapeFormula(cell string) string {
	first, size := utf8.DecodeRuneInString(cell)
	if size == 0 || !strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) || plainNumber.MatchString(cell) {
		return cell
	}
	return "'" + cell
}

// number writes x as short as it can be read back exactly, in the notation of
// JSON, and NaN or an infinity as nothing.
func number(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return ""
	}
	format := byte('f')
	if a := math.Abs(x); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.FormatFloat(x, format, -1, 64)
}

// decimal writes x / 10^digits exactly.
func decimal(x *big.Int, digits int) string {
	text := new(big.Int).Abs(x).String()
	if digits > 0 {
		text = strings.Repeat("0", max(0, digits+1-len(text))) + text
		point := len(text) - digits
		text = strings.TrimRight(text[:point]+"."+text[point:], "0")
		text = strings.TrimSuffix(text, ".")
	}
	if x.Sign() < 0 {
		text = "-" + text
	}
	return text
}
