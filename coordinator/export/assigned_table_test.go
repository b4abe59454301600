package export

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// segmentTable writes rows as Parquet, two to a row group.
func segmentTable[T any](t *testing.T, rows ...T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "segments.parquet")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := parquet.NewGenericWriter[T](file, parquet.MaxRowsPerRowGroup(2))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTableOfSegments(t *testing.T) {
	type named struct {
		Customer int32  `parquet:"customer"`
		Segment  int64  `parquet:"segment"`
		Name     string `parquet:"segment_name"`
	}
	type texts struct {
		ID      string `parquet:"id"`
		Segment string `parquet:"segment"`
		Other   int64  `parquet:"other"`
	}
	for _, c := range []struct {
		path     string
		segments []ManifestSegment
		keys     []Key
		in       []int32
	}{
		{
			segmentTable(t, named{7, 20, "high"}, named{8, -3, "low"}, named{9, 20, "later names do not count"}),
			[]ManifestSegment{{1, "low", 1}, {2, "high", 2}},
			[]Key{{Number: 7}, {Number: 8}, {Number: 9}},
			[]int32{1, 0, 1},
		},
		{
			segmentTable(t, texts{"x", "b", 1}, texts{"y", "a", 2}, texts{"z", "b", 3}),
			[]ManifestSegment{{1, "a", 1}, {2, "b", 2}},
			[]Key{{Text: "x"}, {Text: "y"}, {Text: "z"}},
			[]int32{1, 0, 1},
		},
	} {
		a, err := OpenAssigned(c.path)
		if err != nil {
			t.Fatal(err)
		}
		if !a.ByID() || a.Manifest.Rows != 3 || len(a.Manifest.Parts) != 2 || !slices.Equal(a.Manifest.Segments, c.segments) {
			t.Errorf("manifest %+v", a.Manifest)
		}
		var keys []Key
		var in []int32
		for i := range a.Manifest.Parts {
			k, s, err := a.Part(i)
			if err != nil {
				t.Fatal(err)
			}
			keys, in = append(keys, k...), append(in, s...)
		}
		if !slices.Equal(keys, c.keys) || !slices.Equal(in, c.in) {
			t.Errorf("keys %v in segments %v", keys, in)
		}
	}
}

func TestTablesThatAreNone(t *testing.T) {
	type missing struct {
		ID      int64  `parquet:"id"`
		Segment *int32 `parquet:"segment"`
	}
	type fraction struct {
		ID      int64   `parquet:"id"`
		Segment float64 `parquet:"segment"`
	}
	type none struct {
		ID int64 `parquet:"id"`
	}
	type unclear struct {
		Customer, Contract int64
		Segment            int32 `parquet:"segment"`
	}
	type many struct {
		ID      int64 `parquet:"id"`
		Segment int64 `parquet:"segment"`
	}
	type dated struct {
		ID      float64 `parquet:"id"`
		Segment int64   `parquet:"segment"`
	}
	one := int32(1)
	crowd := make([]many, maxTableSegments+1)
	for i := range crowd {
		crowd[i].Segment = int64(i)
	}
	text := filepath.Join(t.TempDir(), "segments.csv")
	if err := os.WriteFile(text, []byte("id,segment\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, path := range map[string]string{
		"row 2 has no segment":               segmentTable(t, missing{1, &one}, missing{2, nil}),
		"neither whole numbers nor text":     segmentTable(t, fraction{1, 0.5}),
		`there is no column "segment"`:       segmentTable(t, none{1}),
		`["Customer" "Contract"] is the id`:  segmentTable(t, unclear{1, 2, 3}),
		"there are more than 10000 segments": segmentTable(t, crowd...),
		"segments.csv: is no Parquet file":   text,
		`id column "id" holds neither`:       segmentTable(t, dated{1.5, 2}),
	} {
		a, err := OpenAssigned(path)
		if err == nil {
			_, _, err = a.Part(0)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
