package source

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
)

// sample has a column of every kind that parquet-go writes.
type sample struct {
	I8     int8     `parquet:"i8"`
	U16    uint16   `parquet:"u16"`
	I32    *int32   `parquet:"i32,optional"`
	I64    int64    `parquet:"i64,delta"`
	F      float32  `parquet:"f"`
	D      *float64 `parquet:"d,optional"`
	B      bool     `parquet:"b"`
	OB     *bool    `parquet:"ob,optional"`
	Day    int32    `parquet:"day,date"`
	Millis int64    `parquet:"ms,timestamp(millisecond)"`
	Nanos  int64    `parquet:"ns,timestamp(nanosecond)"`
	Money  int64    `parquet:"money,decimal(2:18)"`
	Name   *string  `parquet:"name,optional,dict"`
	Plain  string   `parquet:"plain"`
	Grows  string   `parquet:"grows,dict"`
	ID     [16]byte `parquet:"id,uuid"`
	DI     int32    `parquet:"di,dict"`
	DU     uint8    `parquet:"du,dict"`
	DG     *int64   `parquet:"dg,optional,dict"`
	DF     *float64 `parquet:"df,optional,dict"`
	DDay   int32    `parquet:"dday,date,dict"`
	DMoney int64    `parquet:"dmoney,decimal(2:18),dict"`
	DMs    int64    `parquet:"dms,timestamp(millisecond),dict"`
	None   *int32   `parquet:"none,optional,dict"`
	List   []int32  `parquet:"list,list"`
}

// samples returns rows, and the cells that they are read as.
func samples(n int) (rows []sample, cells [][]string) {
	random := rand.New(rand.NewPCG(1, 2))
	maybe := func(text string) (bool, string) {
		if random.IntN(4) == 0 {
			return false, null
		}
		return true, text
	}
	for i := range n {
		day := time.Date(1960, 1, 1+i, 0, 0, 0, 0, time.UTC)
		at := day.Add(time.Duration(i) * 1_000_001)
		s := sample{
			I8: int8(i), U16: uint16(40_000 + i), I64: int64(i) * 1e15, F: float32(i) / 3, B: i%3 == 0,
			Day: int32(day.Unix() / 86400), Millis: at.UnixMilli(), Nanos: at.UnixNano(), Money: int64(i-50) * 101,
			Plain: strings.Repeat("x", i%40), Grows: "g" + strconv.Itoa(i/2), List: []int32{1, 2},
			DI: int32(i%5 - 2), DU: uint8(i), DDay: int32(i % 11), DMoney: int64(i % 3), DMs: int64(i % 13),
		}
		s.ID[15] = byte(i)
		cells = append(cells, nil)
		row := &cells[i]
		add := func(text string) { *row = append(*row, text) }
		add(strconv.Itoa(int(s.I8)))
		add(strconv.Itoa(int(s.U16)))
		known, text := maybe(strconv.Itoa(-i))
		if add(text); known {
			x := int32(-i)
			s.I32 = &x
		}
		add(strconv.FormatInt(s.I64, 10))
		add(strconv.FormatFloat(float64(s.F), 'g', -1, 64))
		half := float64(i) / 2
		if known, text = maybe(strconv.FormatFloat(half, 'g', -1, 64)); known {
			s.D = &half
		}
		add(text)
		add(strconv.FormatBool(s.B))
		odd := i%2 == 1
		if known, text = maybe(strconv.FormatBool(odd)); known {
			s.OB = &odd
		}
		add(text)
		add(day.Format(time.DateOnly))
		const micros = "2006-01-02 15:04:05.000000"
		add(time.UnixMilli(s.Millis).UTC().Format(micros))
		add(at.Format(micros))
		add(fmt.Sprintf("%.2f", float64(s.Money)/100))
		name := "n" + strconv.Itoa(i%7)
		if known, text = maybe(name); known {
			s.Name = &name
		}
		add(text)
		add(s.Plain)
		add(s.Grows)
		add(fmt.Sprintf("00000000-0000-0000-0000-0000000000%02x", byte(i)))
		add(strconv.Itoa(i%5 - 2))
		add(strconv.Itoa(int(s.DU)))
		grows := int64(i / 3)
		if known, text = maybe(strconv.FormatInt(grows, 10)); known {
			s.DG = &grows
		}
		add(text)
		few := float64(i%4) / 4
		if known, text = maybe(strconv.FormatFloat(few, 'g', -1, 64)); known {
			s.DF = &few
		}
		add(text)
		add(time.Unix(int64(s.DDay)*86400, 0).UTC().Format(time.DateOnly))
		add(fmt.Sprintf("%.2f", float64(s.DMoney)/100))
		add(time.UnixMilli(s.DMs).UTC().Format(micros))
		add(null)
		rows = append(rows, s)
	}
	return rows, cells
}

func writeParquet(t testing.TB, path string, rows []sample, opts ...parquet.WriterOption) {
	t.Helper()
	var out bytes.Buffer
	w := parquet.NewGenericWriter[sample](&out, opts...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestParquet reads every type in every codec and page version, whole and in
// slices that begin and end anywhere.
func TestParquet(t *testing.T) {
	const n = 700
	rows, want := samples(n)
	for _, codec := range []compress.Codec{&parquet.Uncompressed, &parquet.Snappy, &parquet.Gzip, &parquet.Zstd, &parquet.Brotli, &parquet.Lz4Raw} {
		for version := 1; version <= 2; version++ {
			name := fmt.Sprintf("%v-v%d", codec, version)
			path := filepath.Join(t.TempDir(), "t.parquet")
			writeParquet(t, path, rows, parquet.Compression(codec), parquet.DataPageVersion(version),
				parquet.PageBufferSize(400), parquet.MaxRowsPerRowGroup(300), parquet.DictionaryMaxBytes(200))
			table := mustFind(t, Spec{Inputs: []string{path}})
			if len(table.Splits) != 3 || !slices.Equal(table.Skipped, []string{"list: a list"}) {
				t.Fatalf("%s: splits %v, skipped %q", name, table.Splits, table.Skipped)
			}
			columns := names(table)
			sameRows(t, name, want, readAll(t, table, columns))
			for _, from := range []int64{0, 1, 7, 8, 9, 63, 150, 299} {
				for _, n := range []int64{1, 8, 100, 300} {
					n = min(n, 300-from)
					got, _, err := readSplit(table, table.Slice(1, from, n, nil), columns)
					if err != nil {
						t.Fatal(err)
					}
					sameRows(t, fmt.Sprintf("%s: %d rows from %d", name, n, from), want[300+from:300+from+n], got)
				}
			}
			got, _, err := readSplit(table, table.Slice(2, 90, -1, nil), []string{"plain", "i8"})
			if err != nil {
				t.Fatal(err)
			}
			sameRows(t, name+" projected", [][]string{{want[690][13], want[690][0]}}, got[:1])
		}
	}
}

// TestOneDictionaryAChunk checks that batches of a chunk share their dictionary.
func TestOneDictionaryAChunk(t *testing.T) {
	rows := make([]sample, 2*MaxBatchRows+10)
	name := "only"
	for i := range rows {
		rows[i].Name = &name
	}
	path := filepath.Join(t.TempDir(), "t.parquet")
	writeParquet(t, path, rows)
	table := mustFind(t, Spec{Inputs: []string{path}})
	r, err := Files{}.Open(t.Context(), table, table.Splits[0], []string{"name"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var shared arrow.ArrayData
	for i := range 3 {
		rec, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		d := rec.Column(0).(*array.Dictionary).Data().Dictionary()
		if i > 0 && d != shared {
			t.Error("another dictionary")
		}
		shared = d
		rec.Release()
	}
}

// TestMixedPages checks that the slices of TestParquet meet both pages with a
// dictionary and the plain ones that follow when it grows too large.
func TestMixedPages(t *testing.T) {
	rows, want := samples(300)
	path := filepath.Join(t.TempDir(), "t.parquet")
	writeParquet(t, path, rows, parquet.PageBufferSize(400), parquet.DictionaryMaxBytes(200))
	table := mustFind(t, Spec{Inputs: []string{path}})
	kinds := map[arrow.Type]int{}
	for from := int64(0); from < 300; from += 25 {
		r, err := Files{}.Open(t.Context(), table, table.Slice(0, from, 25, nil), []string{"grows"})
		if err != nil {
			t.Fatal(err)
		}
		rec, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		kinds[rec.Column(0).DataType().ID()]++
		if got := cell(rec.Column(0), 24); got != want[from+24][14] {
			t.Errorf("row %d is %q", from+24, got)
		}
		rec.Release()
		r.Close()
	}
	if kinds[arrow.DICTIONARY] == 0 || kinds[arrow.STRING] == 0 {
		t.Errorf("batches of %v", kinds)
	}
}

func TestBigEndian(t *testing.T) {
	for text, want := range map[string]string{
		"": "0", "7f": "127", "80": "-128", "ff": "-1", "0100": "256", "ff7f": "-129",
		"0000000000000000000000000000000000000001": "1",
		"ffffffffffffffffffffffffffffffffffffffff": "-1",
		"7fffffffffffffffffffffffffffffff":         "170141183460469231731687303715884105727",
		"0080000000000000000000000000000000":       "beyond",
		"0100000000000000000000000000000000":       "beyond",
		"ff7fffffffffffffffffffffffffffffff":       "beyond",
		"ff80000000000000000000000000000000":       "-170141183460469231731687303715884105728",
	} {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := bigEndian(b)
		if read := got.BigInt().String(); (err == nil && read != want) || (err != nil) != (want == "beyond") {
			t.Errorf("%s is %s, %v; want %s", text, read, err, want)
		}
	}
}

func TestFloorDiv(t *testing.T) {
	for x, want := range map[int64]int64{0: 0, 1: 0, 999: 0, 1000: 1, -1: -1, -1000: -1, -1001: -2} {
		if got := floorDiv(x, 1000); got != want {
			t.Errorf("%d: %d, want %d", x, got, want)
		}
	}
}

func TestUint64BeyondInt64(t *testing.T) {
	type row struct {
		U uint64 `parquet:"u"`
	}
	path := filepath.Join(t.TempDir(), "t.parquet")
	if err := parquet.WriteFile(path, []row{{1}, {1<<63 + 5}}); err != nil {
		t.Fatal(err)
	}
	_, err := fuzzRead(t, Spec{Inputs: []string{path}})
	if err == nil || !strings.Contains(err.Error(), "9223372036854775813") || !strings.Contains(err.Error(), `column "u"`) {
		t.Error(err)
	}
}

// corruptions calls do with a file's bytes cut short and with bytes changed.
func corruptions(whole []byte, n int, do func(what string, bytes []byte)) {
	random := rand.New(rand.NewPCG(3, 4))
	for range n {
		cut := random.IntN(len(whole))
		do(fmt.Sprintf("cut at %d", cut), whole[:cut])
		broken := slices.Clone(whole)
		at := random.IntN(len(broken))
		broken[at] ^= byte(1 + random.IntN(255))
		do(fmt.Sprintf("byte %d is %d", at, broken[at]), broken)
		for range 20 {
			broken[random.IntN(len(broken))] = byte(random.IntN(256))
		}
		do("twenty bytes changed", broken)
	}
}

// TestCorruptParquet expects an error of every file cut short, and of changed
// bytes no panic and an error that names the file.
func TestCorruptParquet(t *testing.T) {
	rows, _ := samples(100)
	path := filepath.Join(t.TempDir(), "t.parquet")
	for _, codec := range []compress.Codec{&parquet.Snappy, &parquet.Lz4Raw} {
		writeParquet(t, path, rows, parquet.Compression(codec), parquet.PageBufferSize(300))
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		corruptions(whole, 150, func(what string, bytes []byte) { readCorrupt(t, path, what, bytes) })
	}
}

func readCorrupt(t *testing.T, path, what string, bytes []byte) {
	t.Helper()
	if err := os.WriteFile(path, bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := fuzzRead(t, Spec{Inputs: []string{path}})
	if err == nil && strings.HasPrefix(what, "cut") {
		t.Errorf("%s: no error", what)
	}
	if err != nil && !strings.Contains(err.Error(), path) {
		t.Errorf("%s: %q does not name the file", what, err)
	}
}

func FuzzParquet(f *testing.F) {
	rows, _ := samples(20)
	for _, codec := range []compress.Codec{&parquet.Uncompressed, &parquet.Zstd, &parquet.Lz4Raw} {
		path := filepath.Join(f.TempDir(), "t.parquet")
		writeParquet(f, path, rows, parquet.Compression(codec), parquet.PageBufferSize(100))
		whole, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(whole)
	}
	peers, err := filepath.Glob(filepath.Join("testdata", "peers", "*.parquet"))
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range peers {
		whole, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(whole)
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		readCorrupt(t, filepath.Join(t.TempDir(), "t.parquet"), "fuzzed", bytes)
	})
}
