package synthetic

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// write makes a table in a folder of its own and returns its bytes.
func write(t *testing.T, name string, c Config) (data, truth []byte) {
	t.Helper()
	c.Out = filepath.Join(t.TempDir(), name)
	if _, err := Write(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return read(t, c.Out), read(t, TruthPath(c.Out))
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestBytesDoNotDependOnWorkers(t *testing.T) {
	for name, rows := range map[string]int64{
		"t.parquet": 2*rowGroupRows + 77, "t.csv": 2*blockRows + 1, "t.csv.gz": blockRows + 1, "t.csv.zst": 2 * blockRows, "t.arrow": 3*blockRows - 1,
	} {
		t.Run(name, func(t *testing.T) {
			c := Config{Rows: rows, Features: 9, Seed: 3, Workers: 1}
			data, truth := write(t, name, c)
			c.Workers = 3
			again, truthAgain := write(t, name, c)
			if !bytes.Equal(data, again) {
				t.Error("3 workers made another file than 1")
			}
			if !bytes.Equal(truth, truthAgain) {
				t.Errorf("3 workers found another truth than 1:\n%s\n%s", truth, truthAgain)
			}
			c.Rows, c.Seed = 1000, 4
			one, _ := write(t, name, c)
			c.Seed = 5
			other, _ := write(t, name, c)
			if bytes.Equal(one, other) {
				t.Error("two seeds made the same file")
			}
		})
	}
}

// The values of a seed are part of what users rely on when they compare runs
// of different versions or machines.
func TestTableOfSeedOneIsKnown(t *testing.T) {
	const want = "786e7421bbd003949533051d224fe01c3b49d16a39c1385ec8993dc7753581da"
	data, _ := write(t, "t.csv", Config{Rows: 5000, Features: 30, Seed: 1})
	sum := sha256.Sum256(data)
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("sha256 of the table = %s, want %s; first lines:\n%.600s", got, want, data)
	}
}

// However rows are cut into blocks, and however many columns there are, a row
// has the same traits.
func TestRowsDoNotDependOnTheirBlock(t *testing.T) {
	g, wide := newGenerator(Config{Seed: 9, Features: 24}), newGenerator(Config{Seed: 9, Features: 40})
	whole, part := g.newBlock(), wide.newBlock()
	g.fill(whole, 1000, 500)
	for first := int64(1000); first < 1500; first += 125 {
		wide.fill(part, first, 125)
		for j := range 24 {
			if at := first - 1000; !slices.Equal(whole.values[j][at:at+125], part.values[j][:125]) {
				t.Fatalf("column %s differs from row %d", g.columns[j].name, first)
			}
		}
		if g.named != wide.named || !slices.Equal(whole.values[24][first-1000:first-875], part.values[40][:125]) {
			t.Fatalf("responded differs from row %d", first)
		}
	}
}

func TestBatchesAreTheRowsInOrder(t *testing.T) {
	c := Config{Rows: 2*blockRows + 10, Features: 26, Seed: 2, Workers: 3}
	next, done := int64(firstID), []int64{}
	c.Progress = func(n int64) { done = append(done, n) }
	truth, err := Batches(t.Context(), c, func(r arrow.Record) error {
		if !r.Schema().Equal(Schema(c)) {
			t.Errorf("schema %v", r.Schema())
		}
		ids := r.Column(0).(*array.Int64)
		for i := range ids.Len() {
			if ids.Value(i) != next {
				t.Fatalf("id %d, want %d", ids.Value(i), next)
			}
			next++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if next-firstID != c.Rows || truth.Rows != c.Rows {
		t.Errorf("%d rows, truth says %d, want %d", next-firstID, truth.Rows, c.Rows)
	}
	if want := []int64{blockRows, 2 * blockRows, c.Rows}; !slices.Equal(done, want) {
		t.Errorf("progress %v, want %v", done, want)
	}
}

func TestTailFollowsTheLogNormal(t *testing.T) {
	const sigma, n = 0.8, 200_000
	dist := logNormal(sigma)
	var below, far int
	for i := range uint64(n) {
		v := float64(dist.times(1_000_000, mix(i))) / 1_000_000
		if v < 1 {
			below++
		}
		if v > math.Exp(2*sigma) {
			far++
		}
	}
	if share := float64(below) / n; math.Abs(share-0.5) > 0.005 {
		t.Errorf("share below the median %.4f", share)
	}
	if share := float64(far) / n; math.Abs(share-0.02275) > 0.0015 {
		t.Errorf("share beyond two standard deviations %.4f, want 0.0228", share)
	}
}

func TestPickKeepsTheShares(t *testing.T) {
	p := of(500, 300, 0, 195, 5)
	var slots [5]int
	for _, outcome := range p {
		slots[outcome]++
	}
	if slots != [5]int{512, 307, 0, 200, 5} {
		t.Errorf("slots %v", slots)
	}
}
