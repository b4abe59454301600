package export

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// someCells returns cells, and customers of one of them.
func someCells() (features []encoder.Feature, cells, unseen *partial.Cells) {
	features = []encoder.Feature{
		{Name: "age", Levels: []encoder.Level{{Name: "<30"}, {Name: "30+"}}},
		{Name: "job", Levels: []encoder.Level{{Name: "clerk"}}},
		{Name: "city", Levels: []encoder.Level{{Name: "a & b"}, {Name: "c"}}},
	}
	cells = &partial.Cells{Key: []uint64{1, 5, 8}, Counts: partial.MakeCounts(3, []bool{true, false})}
	for range 2 {
		cells.Squares = append(cells.Squares, partial.MakeSquares(3))
	}
	for i := range cells.Key {
		cells.Counts.N[i] = int64(10 * (i + 1))
		cells.Counts.Measures[1].Known[i] = int64(9*i + 1)
		for m := range 2 {
			cells.Counts.Measures[m].Sum.Hi[i], cells.Counts.Measures[m].Sum.Lo[i] = int64(-i), int64(i+m)
			cells.Squares[m].Hi[i], cells.Squares[m].Lo[i] = uint64(i), ^uint64(m)
		}
		for level := range 8 {
			cells.Levels = append(cells.Levels, int64(i*level))
		}
	}
	unseen = &partial.Cells{Key: []uint64{5}, Counts: partial.MakeCounts(1, []bool{true, false})}
	unseen.Counts.N[0], unseen.Counts.Measures[1].Known[0], unseen.Counts.Measures[0].Sum.Lo[0] = 7, 3, 2
	unseen.Squares = []partial.Squares{partial.MakeSquares(1), partial.MakeSquares(1)}
	unseen.Squares[1].Hi[0] = 1
	return features, cells, unseen
}

func TestCellsComeBack(t *testing.T) {
	features, cells, unseen := someCells()
	var b, again bytes.Buffer
	if err := WriteCells(&b, features, []int{2, 0}, cells, unseen); err != nil {
		t.Fatal(err)
	}
	// The same sums, split otherwise, are the same bytes.
	cells.Counts.Measures[0].Sum.Hi[1]--
	cells.Counts.Measures[0].Sum.Lo[1] += 1 << 32
	if err := WriteCells(&again, features, []int{2, 0}, cells, unseen); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("the bytes depend on how sums came about")
	}
	got, gotUnseen, err := ReadCells(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	_, want, wantUnseen := someCells()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("-written +read:\n%s", diff)
	}
	if diff := cmp.Diff(wantUnseen, gotUnseen, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("unseen customers (-written +read):\n%s", diff)
	}
	for cut := 0; cut < b.Len(); cut += 97 {
		if _, _, err := ReadCells(bytes.NewReader(b.Bytes()[:cut]), int64(cut)); err == nil {
			t.Fatalf("a file cut at byte %d is read", cut)
		}
	}
}

// Cells of before there were high numbers are read, and wide ones come back.
func TestCellsOfEitherWidth(t *testing.T) {
	features, want, unseen := someCells()
	type older struct {
		Key    uint64  `parquet:"key"`
		N      int64   `parquet:"n"`
		Levels []int64 `parquet:"levels,list"`
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, []older{{Key: 7, N: 3, Levels: []int64{3, 0}}}); err != nil {
		t.Fatal(err)
	}
	got, _, err := ReadCells(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil || got.High != nil || got.Key[0] != 7 || got.Counts.N[0] != 3 {
		t.Errorf("an older file is read as %+v, %v", got, err)
	}
	for range 21 {
		features = append(features, encoder.Feature{Name: fmt.Sprint("f", len(features)), Levels: make([]encoder.Level, 15)})
	}
	crossed := make([]int, 20) // 16 codes each: the low numbers hold 16 of them
	for j := range crossed {
		crossed[j] = 3 + j
	}
	want.High = []uint64{0, 0, 4}
	want.Key[2] = 2
	unseen.High, unseen.Key[0] = []uint64{4}, 2
	b.Reset()
	if err := WriteCells(&b, features, crossed, want, unseen); err != nil {
		t.Fatal(err)
	}
	got, held, err := ReadCells(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]*partial.Cells{want, unseen}, []*partial.Cells{got, held}, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("-written +read:\n%s", diff)
	}
}

func TestCellName(t *testing.T) {
	features, _, _ := someCells()
	if got, want := cellName(features, []int{2, 0}, []uint8{1, 2}), `age=30+ & city="a & b"`; got != want {
		t.Errorf("cell is %q, want %q", got, want)
	}
	if got, want := cellName(features, []int{1}, []uint8{0}), `job=(missing)`; got != want {
		t.Errorf("cell is %q, want %q", got, want)
	}
}
