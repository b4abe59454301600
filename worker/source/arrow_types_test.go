package source

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// kinds are fields of many types with three values each, as JSON and as read;
// the second is missing everywhere.
var kinds = []struct {
	t           arrow.DataType
	json        string
	first, last string
}{
	{arrow.PrimitiveTypes.Int8, `[-7, null, 3]`, "-7", "3"},
	{arrow.PrimitiveTypes.Int16, `[-700, null, 3]`, "-700", "3"},
	{arrow.PrimitiveTypes.Int32, `[-70000, null, 3]`, "-70000", "3"},
	{arrow.PrimitiveTypes.Int64, `[-7, null, 9007199254740991]`, "-7", "9007199254740991"},
	{arrow.PrimitiveTypes.Uint8, `[200, null, 3]`, "200", "3"},
	{arrow.PrimitiveTypes.Uint16, `[60000, null, 3]`, "60000", "3"},
	{arrow.PrimitiveTypes.Uint32, `[4000000000, null, 3]`, "4000000000", "3"},
	{arrow.PrimitiveTypes.Uint64, `[7, null, 3]`, "7", "3"},
	{arrow.FixedWidthTypes.Float16, `[0.5, null, -2]`, "0.5", "-2"},
	{arrow.PrimitiveTypes.Float32, `[0.25, null, 1]`, "0.25", "1"},
	{arrow.PrimitiveTypes.Float64, `[0.1, null, 1]`, "0.1", "1"},
	{arrow.FixedWidthTypes.Boolean, `[true, null, false]`, "true", "false"},
	{arrow.FixedWidthTypes.Date32, `["1969-12-30", null, "2024-02-29"]`, "1969-12-30", "2024-02-29"},
	{arrow.FixedWidthTypes.Date64, `["1969-12-30", null, "2024-02-29"]`, "1969-12-30", "2024-02-29"},
	{arrow.FixedWidthTypes.Timestamp_s, `["1969-12-30 23:59:58", null, "2024-02-29"]`, "1969-12-30 23:59:58.000000", "2024-02-29 00:00:00.000000"},
	{arrow.FixedWidthTypes.Timestamp_ms, `["1969-12-30 23:59:58.001", null, "2024-02-29"]`, "1969-12-30 23:59:58.001000", "2024-02-29 00:00:00.000000"},
	{arrow.FixedWidthTypes.Timestamp_us, `["1969-12-30 23:59:58.000001", null, "2024-02-29"]`, "1969-12-30 23:59:58.000001", "2024-02-29 00:00:00.000000"},
	{arrow.FixedWidthTypes.Timestamp_ns, `["1969-12-30 23:59:58.000001999", null, "2024-02-29"]`, "1969-12-30 23:59:58.000001", "2024-02-29 00:00:00.000000"},
	{arrow.FixedWidthTypes.Time32s, `["10:00:00", null, "00:00:01"]`, "36000", "1"},
	{&arrow.Decimal128Type{Precision: 10, Scale: 3}, `["-1.5", null, "2"]`, "-1.500", "2.000"},
	{arrow.BinaryTypes.String, `["é", null, ""]`, "é", ""},
	{arrow.BinaryTypes.LargeString, `["é", null, ""]`, "é", ""},
	{arrow.BinaryTypes.StringView, `["a text longer than twelve bytes", null, ""]`, "a text longer than twelve bytes", ""},
	{arrow.Null, `[null, null, null]`, null, null},
}

func kindsBatch(t testing.TB) arrow.Record {
	t.Helper()
	var fields []arrow.Field
	var columns []arrow.Array
	for i, k := range kinds {
		a, _, err := array.FromJSON(memory.DefaultAllocator, k.t, strings.NewReader(k.json))
		if err != nil {
			t.Fatalf("%s: %v", k.t, err)
		}
		columns = append(columns, a)
		fields = append(fields, arrow.Field{Name: fmt.Sprintf("%d %s", i, k.t), Type: k.t, Nullable: true})
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), columns, 3)
}

func TestArrowTypes(t *testing.T) {
	batch := kindsBatch(t)
	for _, name := range []string{"t.arrow", "t.arrows"} {
		path := filepath.Join(t.TempDir(), name)
		writeArrow(t, path, batch.Schema(), []arrow.Record{batch, batch})
		table := mustFind(t, Spec{Inputs: []string{path}})
		if len(table.Columns) != len(kinds) {
			t.Fatalf("skipped %q", table.Skipped)
		}
		rows := readAll(t, table, names(table))
		for i, k := range kinds {
			got := []string{rows[0][i], rows[1][i], rows[5][i]}
			if want := []string{k.first, null, k.last}; !slices.Equal(got, want) {
				t.Errorf("%s: %s: %q, want %q", name, k.t, got, want)
			}
		}
		for i, c := range table.Columns {
			r, err := Files{}.Open(t.Context(), table, table.Splits[0], []string{c.Name})
			if err != nil {
				t.Fatal(err)
			}
			rec, err := r.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := rec.Column(0).DataType(); !arrow.TypeEqual(got, c.ArrowType()) {
				t.Errorf("%s comes as %s", kinds[i].t, got)
			}
			rec.Release()
			r.Close()
		}
	}
}

// dictionaryBatch has text and numbers in dictionaries of small indexes.
func dictionaryBatch(t testing.TB, words []string) arrow.Record {
	t.Helper()
	text := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: arrow.BinaryTypes.String}
	money := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: &arrow.Decimal128Type{Precision: 9, Scale: 1}}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		{Name: "text", Type: text, Nullable: true}, {Name: "money", Type: money, Nullable: true},
	}, nil))
	defer b.Release()
	for i, w := range words {
		if w == null {
			b.Field(0).AppendNull()
			b.Field(1).AppendNull()
			continue
		}
		if err := b.Field(0).(*array.BinaryDictionaryBuilder).AppendString(w); err != nil {
			t.Fatal(err)
		}
		if err := b.Field(1).(*array.Decimal128DictionaryBuilder).Append(decimal128.FromI64(int64(i / 2))); err != nil {
			t.Fatal(err)
		}
	}
	return b.NewRecord()
}

func TestArrowDictionaries(t *testing.T) {
	first := dictionaryBatch(t, []string{"a", null, "b", "a"})
	second := dictionaryBatch(t, []string{"b", "c"})
	want := [][]string{{"a", "0.0"}, {null, null}, {"b", "0.1"}, {"a", "0.1"}}
	file := filepath.Join(t.TempDir(), "t.arrow")
	writeArrow(t, file, first.Schema(), []arrow.Record{first, first})
	table := mustFind(t, Spec{Inputs: []string{file}, SplitSize: 1})
	sameRows(t, "file", append(slices.Clone(want), want...), readAll(t, table, names(table)))

	// A stream may replace its dictionaries: every split must know the right one.
	stream := filepath.Join(t.TempDir(), "t.arrows")
	writeArrow(t, stream, first.Schema(), []arrow.Record{first, second, first})
	table = mustFind(t, Spec{Inputs: []string{stream}, SplitSize: 1})
	if len(table.Splits) != 3 {
		t.Fatalf("splits %v", table.Splits)
	}
	all := slices.Concat(want, [][]string{{"b", "0.0"}, {"c", "0.0"}}, want)
	sameRows(t, "stream", all, readAll(t, table, names(table)))
	whole := mustFind(t, Spec{Inputs: []string{stream}})
	for from := range all {
		for n := range len(all) - from {
			got, _, err := readSplit(whole, whole.Slice(0, int64(from), int64(n), nil), names(whole))
			if err != nil {
				t.Fatal(err)
			}
			sameRows(t, "slice", all[from:from+n], got)
		}
	}
}

func TestArrowUint64BeyondInt64(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "u", Type: arrow.PrimitiveTypes.Uint64}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	b.Field(0).(*array.Uint64Builder).Append(1<<63 + 5)
	path := filepath.Join(t.TempDir(), "t.arrow")
	writeArrow(t, path, schema, []arrow.Record{b.NewRecord()})
	_, err := fuzzRead(t, Spec{Inputs: []string{path}})
	if err == nil || !strings.Contains(err.Error(), "9223372036854775813") || !strings.Contains(err.Error(), `column "u"`) {
		t.Error(err)
	}
}

// arrowSeeds are small files and streams.
func arrowSeeds(t testing.TB) (seeds [][]byte, suffixes []string) {
	t.Helper()
	kinds, words := kindsBatch(t), dictionaryBatch(t, []string{"a", null, "b", "a"})
	for _, suffix := range []string{".arrow", ".arrows"} {
		for _, opts := range [][]ipc.Option{nil, {ipc.WithLZ4()}, {ipc.WithZstd()}} {
			for _, batch := range []arrow.Record{kinds, words} {
				path := filepath.Join(t.TempDir(), "t"+suffix)
				writeArrow(t, path, batch.Schema(), []arrow.Record{batch, batch}, opts...)
				seed, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				seeds, suffixes = append(seeds, seed), append(suffixes, suffix)
			}
		}
	}
	return seeds, suffixes
}

// TestCorruptArrow expects an error of every file cut short. A stream may end
// between messages; otherwise a cut is an error there too.
func TestCorruptArrow(t *testing.T) {
	seeds, suffixes := arrowSeeds(t)
	for i, seed := range seeds {
		path := filepath.Join(t.TempDir(), "t"+suffixes[i])
		corruptions(seed, 40, func(what string, bytes []byte) {
			if suffixes[i] == ".arrows" {
				what = "stream " + what
			}
			readCorrupt(t, path, what, bytes)
		})
	}
}

func FuzzArrow(f *testing.F) {
	seeds, _ := arrowSeeds(f)
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		readCorrupt(t, filepath.Join(t.TempDir(), "t.arrow"), "fuzzed", bytes)
	})
}
