package encoder

import (
	"math"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/headwater-dev/headwater/worker/source"
)

func TestFolds(t *testing.T) {
	const n = 60000
	ids := make([]string, n)
	for i := range ids {
		ids[i] = strconv.Itoa(i)
	}
	fold := func(plan Plan, typ source.Type, first int64) []uint8 {
		e, err := New(&plan, []source.Column{{Name: "id", Type: typ}})
		if err != nil {
			t.Fatal(err)
		}
		var dst Rows
		if err := e.Encode(record([]string{"id"}, []arrow.Array{build(t, typ, ids)}), first, &dst); err != nil {
			t.Fatal(err)
		}
		return dst.Fold
	}
	byText, byInt := fold(Plan{Key: "id", Seed: 3}, source.Text, 0), fold(Plan{Key: "id", Seed: 3}, source.Int, 999)
	if !slices.Equal(byText, byInt) {
		t.Error("the same ids as text and as integers are split differently")
	}
	if slices.Equal(byText, fold(Plan{Key: "id", Seed: 4}, source.Text, 0)) {
		t.Error("another seed splits the same")
	}
	var set [Folds]float64
	var both float64
	for _, b := range byText {
		for i := range set {
			set[i] += float64(b >> i & 1)
		}
		both += float64(b & 1 & (b >> 4))
	}
	for i, s := range set {
		if math.Abs(s/n-0.3) > 0.01 {
			t.Errorf("fold %d holds %.3f of the rows", i, s/n)
		}
	}
	if math.Abs(both/n-0.09) > 0.01 {
		t.Errorf("folds 0 and 4 share %.3f of the rows, want 0.09", both/n)
	}
	e, err := New(&Plan{Seed: 5}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var dst Rows
	var counts [1 << Folds]float64
	if err := e.Encode(array.NewRecord(arrow.NewSchema(nil, nil), nil, n), 1e6, &dst); err != nil {
		t.Fatal(err)
	}
	for _, b := range dst.Fold {
		counts[b]++
	}
	for b, c := range counts {
		k := bits.OnesCount(uint(b))
		want := n * math.Pow(0.3, float64(k)) * math.Pow(0.7, float64(Folds-k))
		if math.Abs(c-want) > 5*math.Sqrt(want) {
			t.Errorf("by ordinal, %05b occurs in %v rows, want about %.0f", b, c, want)
		}
	}
	// A row's bits do not depend on the batch it comes in.
	e, err = New(&Plan{Seed: 1, Features: []Feature{{Name: "f", Column: "id", Kind: Category}}}, []source.Column{{Name: "id", Type: source.Text}})
	if err != nil {
		t.Fatal(err)
	}
	var whole, part Rows
	a := build(t, source.Text, ids[:100])
	if err := e.Encode(record([]string{"id"}, []arrow.Array{a}), 50, &whole); err != nil {
		t.Fatal(err)
	}
	if err := e.Encode(record([]string{"id"}, []arrow.Array{array.NewSlice(a, 30, 60)}), 80, &part); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(whole.Fold[30:60], part.Fold) {
		t.Error("a row's folds depend on its batch")
	}
}

func TestProduct(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for range 100000 {
		a, b := rng.Int64N(2*MaxFixed)-MaxFixed, (rng.Int64N(2*MaxFixed)-MaxFixed)>>rng.IntN(48)
		want := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		fits := want.IsInt64() && want.CmpAbs(big.NewInt(MaxFixed)) <= 0
		if got, ok := product(a, b); ok != fits || ok && got != want.Int64() {
			t.Fatalf("%d·%d = %d, %v; want %v", a, b, got, ok, want)
		}
	}
}

// TestFoldBits holds the five bits, which are made at once, against one at a time.
func TestFoldBits(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 9))
	for i := range 200_000 {
		hash := random.Uint64()
		if i%2 == 0 {
			for f := range Folds { // around the bound
				hash = hash&^(4095<<(12*f)) | uint64(foldShare-2+random.IntN(4))<<(12*f)
			}
		}
		var want uint8
		for f := range Folds {
			if hash>>(12*f)&4095 < foldShare {
				want |= 1 << f
			}
		}
		if got := FoldBits(hash); got != want {
			t.Fatalf("%x has bits %05b, want %05b", hash, got, want)
		}
	}
}
