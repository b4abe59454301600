package source

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/rle"
)

// TestUnpackRuns decodes what parquet-go's encoder writes: runs and groups,
// taken turn by turn, of every width.
func TestUnpackRuns(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for width := 1; width <= 32; width++ {
		for _, n := range []int{0, 1, 7, 8, 9, 100, 1000} {
			want := make([]int32, n)
			for i := range want {
				if i > 0 && random.IntN(3) > 0 && i/50%2 == 0 {
					want[i] = want[i-1]
				} else {
					want[i] = int32(random.Uint32() & uint32(1<<width-1))
				}
			}
			src, err := (&rle.Encoding{BitWidth: width}).EncodeInt32(nil, want)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]int32, n)
			if err := unpackRuns(got, src, width); err != nil || !slices.Equal(got, want) {
				t.Fatalf("%d values of %d bits: %v", n, width, err)
			}
			if n > 0 {
				if err := unpackRuns(make([]int32, n+16), src, width); err == nil {
					t.Fatalf("%d values of %d bits: 16 more are no error", n, width)
				}
			}
			if width > 8 {
				continue
			}
			narrow := make([]uint8, n)
			if err := unpackRuns(narrow, src, width); err != nil {
				t.Fatal(err)
			}
			for i, v := range narrow {
				if int32(v) != want[i] {
					t.Fatalf("%d bytes of %d bits: value %d is %d, want %d", n, width, i, v, want[i])
				}
			}
		}
	}
	if err := unpackRuns(make([]uint8, 3), []byte{6, 9}, 3); err == nil {
		t.Error("a run of 9 in 3 bits is no error")
	}
}

// FuzzUnpackRuns compares what is decoded with what parquet-go decodes.
func FuzzUnpackRuns(f *testing.F) {
	f.Add([]byte{20, 3, 7, 0xFF, 0x11, 0x22, 0x33, 0, 0, 0, 0, 0, 0}, uint8(3), uint16(40))
	f.Fuzz(func(t *testing.T, src []byte, bits uint8, count uint16) {
		width, n := 1+int(bits%8), int(count)
		narrow, ints := make([]uint8, n), make([]int32, n)
		err1, err2 := unpackRuns(narrow, src, width), unpackRuns(ints, src, width)
		if (err1 == nil) != (err2 == nil) {
			t.Fatalf("bytes: %v, ints: %v", err1, err2)
		}
		if err1 != nil {
			return
		}
		for i := range narrow {
			if int32(narrow[i]) != ints[i] {
				t.Fatalf("value %d is %d and %d", i, narrow[i], ints[i])
			}
		}
		// Long runs are decoded whole by parquet-go, and empty ones as if they held a value.
		if len(src) > 100 || bytes.ContainsFunc(src, func(r rune) bool { return r < 2 || r >= 0x80 }) {
			return
		}
		if theirs, err := (&rle.Encoding{BitWidth: width}).DecodeLevels(nil, src); err == nil && len(theirs) >= n && !bytes.Equal(theirs[:n], narrow) {
			t.Fatalf("%v, parquet-go %v", narrow, theirs[:n])
		}
	})
}

// TestCompact checks the kinds of batches that Compact asks for: indexes of one
// byte up to 256 entries, else of four, and no dictionary where there is none.
func TestCompact(t *testing.T) {
	type row struct {
		Few   int32   `parquet:"few,dict"`
		Most  int64   `parquet:"most,dict"`
		Many  float64 `parquet:"many,dict"`
		Text  string  `parquet:"text,dict"`
		None  *int64  `parquet:"none,optional,dict"`
		Plain int64   `parquet:"plain"`
	}
	rows := make([]row, MaxBatchRows+100)
	for i := range rows {
		rows[i] = row{int32(i % 3), int64(i % 256), float64(i % 257), fmt.Sprint(i % 2), nil, int64(i)}
	}
	path := filepath.Join(t.TempDir(), "t.parquet")
	if err := parquet.WriteFile(path, rows); err != nil {
		t.Fatal(err)
	}
	table := mustFind(t, Spec{Inputs: []string{path}})
	for _, compact := range []bool{false, true} {
		r, err := Files{}.Open(t.Context(), table, table.Splits[0], names(table))
		if err != nil {
			t.Fatal(err)
		}
		if compact {
			Compact(r)
		}
		rec, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range [][2]string{
			{"int64", "dictionary<values=int64, indices=uint8, ordered=false>"},
			{"int64", "dictionary<values=int64, indices=uint8, ordered=false>"},
			{"float64", "dictionary<values=float64, indices=int32, ordered=false>"},
			{"dictionary<values=utf8, indices=int32, ordered=false>", "dictionary<values=utf8, indices=uint8, ordered=false>"},
			{"int64", "dictionary<values=int64, indices=uint8, ordered=false>"},
			{"int64", "int64"},
		} {
			which := want[0]
			if compact {
				which = want[1]
			}
			if got := rec.Column(i).DataType(); got.String() != which {
				t.Errorf("compact %t: column %s is %v, want %s", compact, rec.ColumnName(i), got, which)
			}
		}
		if n := rec.Column(4).NullN(); n != MaxBatchRows {
			t.Errorf("%d nulls", n)
		}
		if d, ok := rec.Column(0).(*array.Dictionary); ok && d.Dictionary().DataType().ID() != arrow.INT64 {
			t.Error(d.Dictionary().DataType())
		}
		rec.Release()
		r.Close()
	}
	if rows, _, err := readSplit(table, table.Slice(0, 65_000, 600, nil), names(table)); err != nil || len(rows) != 600 || rows[599][1] != "63" {
		t.Error(err)
	}
}
