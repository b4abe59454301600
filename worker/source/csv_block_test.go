package source

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// readSlowly reads a split record by record, or in blocks where they are to be
// had, and returns its rows, marks and error.
func readSlowly(t *testing.T, table *Table, s Split, columns []string, slowly bool) (rows [][]string, marks []Mark, failed string) {
	t.Helper()
	opened, err := Files{}.Open(t.Context(), table, s, columns)
	if err != nil {
		t.Fatal(err)
	}
	r := opened.(*csvReader)
	defer r.Close()
	if slowly {
		r.block.slowUpTo = math.MaxInt64
	}
	for {
		rec, err := r.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return rows, r.Marks(), ""
		}
		if err != nil {
			return rows, r.Marks(), err.Error()
		}
		for i := range int(rec.NumRows()) {
			row := make([]string, len(columns))
			for k := range row {
				row[k] = cell(rec.Column(k), i)
			}
			rows = append(rows, row)
		}
		rec.Release()
	}
}

// wildCSV makes CSV of so many rows, of the kinds of cells and lines that blocks
// and single records must agree on.
func wildCSV(random *rand.Rand, rows, columns int) string {
	var text strings.Builder
	for c := range columns {
		fmt.Fprintf(&text, "name%d,", c)
	}
	head := strings.TrimSuffix(text.String(), ",") + "\n"
	text.Reset()
	text.WriteString(head)
	end := []string{"\n", "\n", "\r\n"}[random.IntN(3)]
	odd := []int{0, 0, 3, 40, 500}[random.IntN(5)] // one cell in so many is odd
	for row := range rows {
		for c := range columns {
			if c > 0 {
				text.WriteByte(',')
			}
			if odd > 0 && random.IntN(odd*columns) == 0 {
				text.WriteString([]string{
					`"a, b"`, `"two` + "\n" + `lines"`, `"say ""x"""`, "", "NA", "é", "a word of more than sixteen bytes", "seven77", "eight888", "c\rr", "\x00", "a", "a\x00",
				}[random.IntN(13)])
				continue
			}
			switch c % 4 {
			case 0:
				fmt.Fprint(&text, random.IntN(12))
			case 1:
				text.WriteString([]string{"yes", "no", "NA", "NULL", "maybe"}[random.IntN(5)])
			case 2:
				fmt.Fprint(&text, row*7)
			case 3:
				fmt.Fprintf(&text, "word number %d", random.IntN(300))
			}
		}
		text.WriteString(end)
		if odd > 0 && random.IntN(odd*20) == 0 {
			text.WriteString(end) // a blank line
		}
	}
	if random.IntN(8) == 0 {
		text.WriteString([]string{"1,2\n", "\xff\n", "\"open", "no line end"}[random.IntN(4)])
	}
	return text.String()
}

// TestCSVBlocks holds reading by blocks against reading record by record.
func TestCSVBlocks(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	path := filepath.Join(t.TempDir(), "t.csv")
	for i := range 60 {
		rows, columns := []int{3, 200, 6000}[i%3], 1+random.IntN(6)
		if err := os.WriteFile(path, []byte(wildCSV(random, rows, columns)), 0o600); err != nil {
			t.Fatal(err)
		}
		spec := Spec{Inputs: []string{path}, Delimiter: ",", Header: "yes", Quote: `"`, SplitSize: int64(1 + random.IntN(200_000))}
		table, err := Find(t.Context(), spec)
		if err != nil {
			continue // a fault that Find meets
		}
		want := names(table)
		if random.IntN(2) == 0 {
			slices.Reverse(want)
			want = want[:1+random.IntN(len(want))]
		}
		for _, s := range []Split{table.Splits[0], table.Splits[len(table.Splits)-1], table.Slice(0, int64(random.IntN(50)), -1, nil), table.Slice(0, int64(random.IntN(50)), int64(random.IntN(3000)), nil)} {
			slow, slowMarks, slowErr := readSlowly(t, table, s, want, true)
			fast, fastMarks, fastErr := readSlowly(t, table, s, want, false)
			if slowErr != fastErr || !reflect.DeepEqual(slow, fast) || !slices.Equal(slowMarks, fastMarks) {
				t.Fatalf("table %d, split %+v: %d rows, marks %v, error %q; record by record %d rows, %v, %q", i, s, len(fast), fastMarks, fastErr, len(slow), slowMarks, slowErr)
			}
		}
	}
}

// TestCSVMarks checks that the marks of a large table are those of its records.
func TestCSVMarks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.csv")
	var text strings.Builder
	text.WriteString("a,b\n")
	for i := range 3*markRows + 5 {
		fmt.Fprintf(&text, "%d,%d\n", i%7, i)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	table := mustFind(t, Spec{Inputs: []string{path}})
	rows, marks, failed := readSlowly(t, table, table.Splits[0], names(table), false)
	if failed != "" || len(rows) != 3*markRows+5 || len(marks) != 3 {
		t.Fatalf("%d rows, marks %v, %q", len(rows), marks, failed)
	}
	for _, m := range marks {
		if want := fmt.Sprintf("%d,%d\n", m.Row%7, m.Row); !strings.HasPrefix(text.String()[m.Offset:], want) {
			t.Errorf("mark %+v is not at row %q", m, want)
		}
	}
}
