package source

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/array"
)

// TestWordsEqualText reads columns whose values stay few, become many and are
// all different, of every length around those that are packed into a key,
// with missing cells in between, and compares them with what was written.
func TestWordsEqualText(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	alphabet := []byte("ab\x01é世x")
	word := func() string {
		b := make([]byte, 0, 40)
		for range r.IntN(10) * r.IntN(4) {
			b = append(b, alphabet[r.IntN(2)])
		}
		return string(b)
	}
	few := []string{"", "NA", "a", "aa", "NULL", "aaaaaaaa", "aaaaaaab", "aaaaaaaaa", "baaaaaaaa", "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaa", strings.Repeat("世", 20), "é"}
	const rows = 3*markRows + 100
	var text strings.Builder
	text.WriteString("few,words,late,id,none\n")
	var want [][]string
	for i := range rows {
		late := "x"
		if i > markRows+50 {
			late = fmt.Sprint("value number ", i%(maxWords+20))
		}
		row := []string{few[r.IntN(len(few))], word(), late, fmt.Sprint(i), "NA"}
		text.WriteString(strings.Join(row, ",") + "\n")
		for c, cell := range row {
			if cell == "" || cell == "NA" || cell == "NULL" {
				row[c] = null
			}
		}
		want = append(want, row)
	}
	path := filepath.Join(t.TempDir(), "words.csv")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	table := mustFind(t, Spec{Inputs: []string{path}})
	at := 0
	for _, s := range table.Splits {
		got, _, err := readSplit(table, s, names(table))
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range got {
			if fmt.Sprint(row) != fmt.Sprint(want[at]) {
				t.Fatalf("row %d: %q, want %q", at, row, want[at])
			}
			at++
		}
	}
	if at != rows {
		t.Fatalf("%d rows, want %d", at, rows)
	}
}

// TestColumnEndsItsDictionary checks where text takes the dictionary's place,
// and that a batch handed out keeps its values.
func TestColumnEndsItsDictionary(t *testing.T) {
	c := newCSVColumn([]string{""}, newNullSet([]string{""}))
	batch := func(from, to int) any {
		c.reset(to - from)
		for i := from; i < to; i++ {
			c.add([]byte(fmt.Sprint(i)))
		}
		return c.array()
	}
	first, ok := batch(0, 100).(*array.Dictionary)
	again, _ := batch(0, 100).(*array.Dictionary)
	if !ok || first.Data().Dictionary() != again.Data().Dictionary() {
		t.Fatal("batches of the same values have different dictionaries")
	}
	if second, ok := batch(100, maxWords).(*array.Dictionary); !ok || second.Dictionary().Len() != maxWords {
		t.Fatalf("a dictionary of %d values expected", maxWords)
	}
	if text, ok := batch(maxWords-1, maxWords+2).(*array.String); !ok || text.Value(0) != fmt.Sprint(maxWords-1) || text.Value(2) != fmt.Sprint(maxWords+1) {
		t.Fatal("text expected beyond the dictionary")
	}
	for i := range first.Len() {
		if got := first.Dictionary().(*array.String).Value(first.GetValueIndex(i)); got != fmt.Sprint(i) {
			t.Fatalf("value %d of the first batch became %q", i, got)
		}
	}
}
