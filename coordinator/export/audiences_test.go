package export

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/headwater-dev/headwater/worker/partial"
)

func TestAudienceFile(t *testing.T) {
	for want, c := range map[string]struct {
		segment, of int
		name        string
	}{
		"audiences/03-students-under-30.csv": {3, 9, "Students (under 30)"},
		"audiences/10-a.csv":                 {10, 10, "  a / "},
		"audiences/001-größe-xl.csv":         {1, 120, "Größe: XL"},
		"audiences/02-高端客户.csv":              {2, 2, "高端客户"},
		"audiences/01.csv":                   {1, 2, "../.."},
	} {
		got := AudienceFile(c.segment, c.of, c.name, AudienceCSV)
		if got != want || !isOutput(got) {
			t.Errorf("%q is called %q, want %q", c.name, got, want)
		}
	}
	if long := AudienceFile(1, 2, strings.Repeat("长", 1000), AudienceParquet); len(long) > 120 {
		t.Errorf("a name of %d bytes", len(long))
	}
	for _, name := range []string{"audiences/notes.csv", "audiences/1-a.csv", "audiences/01-a.txt", "audiences/01", "audience/01-a.csv"} {
		if isOutput(name) {
			t.Errorf("%s is taken for ours", name)
		}
	}
}

// Parts of several row groups and types come to the audiences whole and in order.
func TestWriteAudiences(t *testing.T) {
	type row struct {
		ID      *int64 `parquet:"id,optional"`
		Rule    int32  `parquet:"rule"`
		Segment int32  `parquet:"segment"`
		Name    string `parquet:"segment_name"`
	}
	type member struct {
		ID *int64 `parquet:"id,optional"`
	}
	want := make([][]member, 3) // the last segment has nobody
	var parts []partial.Part
	var anonymous int64
	for unit := range 3 {
		var b bytes.Buffer
		w := parquet.NewGenericWriter[row](&b)
		p := partial.Part{Unit: unit, Segments: make([]int64, 3)}
		for i := range 10_000 {
			id, s := int64(unit*10_000+i), i*i%7%2
			r := row{Rule: 1, Segment: int32(s + 1), Name: "x"}
			if i%100 == 3 {
				anonymous++
			} else {
				r.ID = &id
				want[s] = append(want[s], member{&id})
			}
			if _, err := w.Write([]row{r}); err != nil {
				t.Fatal(err)
			}
			if i%3000 == 0 {
				if err := w.Flush(); err != nil {
					t.Fatal(err)
				}
			}
			p.Rows++
			p.Segments[s]++
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		p.Bytes = b.Bytes()
		parts = append(parts, p)
	}
	for _, form := range []string{AudienceCSV, AudienceParquet} {
		out := filepath.Join(t.TempDir(), "out")
		f := fill(t, out, false, nil)
		a := NewAssignments(f, []string{"One", "Two", "Three"}, 3, true, false)
		for _, i := range []int{2, 0, 1} {
			if err := a.Add(parts[i]); err != nil {
				t.Fatal(err)
			}
		}
		m, err := a.Close(30_000)
		if err != nil {
			t.Fatal(err)
		}
		files, left, err := WriteAudiences(f, m, form)
		if err != nil || left != anonymous || len(files) != 3 {
			t.Fatalf("%v, %d left out, %v", files, left, err)
		}
		commit(t, f)
		for s, name := range files {
			path := filepath.Join(out, AudiencesDir, name)
			if form == AudienceParquet {
				got, err := parquet.ReadFile[member](path)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(len(want[s]), len(got)); diff != "" || len(got) > 0 && cmp.Diff(want[s], got) != "" {
					t.Errorf("%s: %s", name, diff)
				}
				continue
			}
			text := "id\n"
			for _, x := range want[s] {
				text += fmt.Sprintln(*x.ID)
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != text {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
