package export

import (
	"bytes"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/headwater-dev/headwater/worker/partial"
)

// part makes a real part file of n rows.
func part(t *testing.T, unit int, segments ...int64) partial.Part {
	t.Helper()
	type row struct {
		ID int64 `parquet:"id"`
	}
	p := partial.Part{Unit: unit, Segments: segments}
	for _, n := range segments {
		p.Rows += n
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, make([]row, p.Rows)); err != nil {
		t.Fatal(err)
	}
	p.Bytes = b.Bytes()
	return p
}

func TestAssignments(t *testing.T) {
	var first map[string]string
	for _, order := range [][]int{{0, 1, 2}, {2, 0, 1}} {
		parts := []partial.Part{part(t, 0, 3, 0), part(t, 1, 0, 0), part(t, 2, 1, 4)}
		out := filepath.Join(t.TempDir(), "out")
		f := fill(t, out, false, nil)
		a := NewAssignments(f, []string{"x & <y>", "z"}, 3, true, false)
		for _, i := range order {
			if err := a.Add(parts[i]); err != nil {
				t.Fatal(err)
			}
		}
		m, err := a.Close(8)
		if err != nil {
			t.Fatal(err)
		}
		if m.Segments[0].Rows != 4 || m.Segments[1].Rows != 4 || m.Parts[2].Name != "part-00002.parquet" || m.Parts[2].Bytes != int64(len(parts[2].Bytes)) {
			t.Fatalf("manifest %+v", m)
		}
		commit(t, f)
		got := contents(t, out)
		if len(got) != 4 || got["assignments/part-00002.parquet"] != string(parts[2].Bytes) || !strings.Contains(got[ManifestFile], "x & <y>") {
			t.Fatalf("folder holds %v", got)
		}
		if first == nil {
			first = got
		} else if !maps.Equal(first, got) {
			t.Error("the order in which parts came shows in the outputs")
		}
	}
}

func TestAssignmentsRefuses(t *testing.T) {
	open := func() (*Assignments, *Folder) {
		f := fill(t, filepath.Join(t.TempDir(), "out"), false, nil)
		t.Cleanup(func() { f.Abort() })
		return NewAssignments(f, []string{"a", "b"}, 2, false, false), f
	}
	for want, spoil := range map[string]func(p *partial.Part){
		"split 2 of 2":        func(p *partial.Part) { p.Unit = 2 },
		"split -1 of 2":       func(p *partial.Part) { p.Unit = -1 },
		"counts 1 segment":    func(p *partial.Part) { p.Segments = p.Segments[:1] },
		"has 4 rows":          func(p *partial.Part) { p.Rows++ },
		"hold [-1 4]":         func(p *partial.Part) { p.Segments = []int64{-1, 4} },
		"levels of feature 1": func(p *partial.Part) { p.Levels = [][]int64{{1, 1}} },
		"no whole Parquet":    func(p *partial.Part) { p.Bytes = p.Bytes[:len(p.Bytes)-1] },
	} {
		a, _ := open()
		p := part(t, 0, 1, 2)
		spoil(&p)
		if err := a.Add(p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	a, f := open()
	if err := a.Add(part(t, 1, 1, 2)); err != nil {
		t.Fatal(err)
	}
	if err := a.Add(part(t, 1, 1, 2)); err == nil || !strings.Contains(err.Error(), "came twice") {
		t.Error(err)
	}
	if _, err := a.Close(3); err == nil || !strings.Contains(err.Error(), "1 of 2 parts are missing") {
		t.Error(err)
	}
	if err := a.Add(part(t, 0, 1, 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Close(7); err == nil || !strings.Contains(err.Error(), "hold 6 rows, but the table has 7") {
		t.Error(err)
	}
	for _, o := range f.Outputs() {
		if o.Name == ManifestFile {
			t.Error("a manifest was written all the same")
		}
	}
}
