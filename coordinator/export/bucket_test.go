package export

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/store/storetest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	storetest.Clean()
	os.Exit(code)
}

const july = "s3://" + storetest.Bucket + "/july/"

// begin opens july for a job of the given term and writes all its outputs.
func begin(t *testing.T, term string, force bool) *Bucket {
	t.Helper()
	out, err := OpenOut(t.Context(), july, force)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Abort() })
	if _, err := out.Parts(term); err != nil {
		t.Fatal(err)
	}
	a := NewAssignments(out, []string{"x", "z"}, 2, true, false)
	for unit := range 2 {
		if err := a.Add(part(t, unit, 1, int64(unit))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Close(3); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{DriftFile, RunFile} {
		w, err := out.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(term)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.(*Bucket)
}

// visible lists the objects of july.
func visible(t *testing.T, server *storetest.Server) (names []string) {
	t.Helper()
	folder := filepath.Join(server.Objects, "july")
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(folder, path)
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// waiting are the uploads that nobody has completed.
func waiting(t *testing.T, b *Bucket) []partial.Left {
	t.Helper()
	left, err := b.store.Uploads(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// TestBucketOneOfTwo: two jobs fill one place at the same time, one gets there.
func TestBucketOneOfTwo(t *testing.T) {
	server := storetest.Start(t)
	for _, force := range []bool{false, true} {
		wins, loses := fmt.Sprintf("wins.%v", force), fmt.Sprintf("loses.%v", force)
		first, second := begin(t, wins, force), begin(t, loses, force)
		before := visible(t, server)
		if force != (len(before) > 0) {
			t.Fatalf("force %v, there is %q", force, before)
		}
		// A reader of a part makes parts visible, but nothing that counts.
		file, err := second.Staged(AssignmentsDir + "/part-00000-" + loses + ".parquet")
		if err != nil {
			t.Fatal(err)
		}
		file.Close()
		if _, err := first.upload("part-00000-zombie.parquet", []byte("PAR1")); err != nil {
			t.Fatal(err)
		}
		if err := first.Commit(); err != nil {
			t.Fatal(err)
		}
		if err := second.Commit(); err == nil || !strings.Contains(err.Error(), "another job has filled it meanwhile") {
			t.Errorf("the second: %v", err)
		}
		want := []string{".headwater.json", "assignments/manifest.json", "assignments/part-00000-" + wins + ".parquet", "assignments/part-00001-" + wins + ".parquet", "drift.json", "run.json"}
		if got := visible(t, server); !slices.Equal(got, want) {
			t.Errorf("there is %q", got)
		}
		for _, name := range []string{DriftFile, RunFile} {
			if data, err := os.ReadFile(filepath.Join(server.Objects, "july", name)); err != nil || string(data) != wins {
				t.Errorf("%s is that of %q: %v", name, data, err)
			}
		}
		if left := waiting(t, first); len(left) > 0 {
			t.Errorf("uploads nobody completes: %+v", left)
		}
	}
}

// TestBucketBreaksOff: a commit that fails at the last but one output takes back
// all that it has put there.
func TestBucketBreaksOff(t *testing.T) {
	server := storetest.Start(t)
	b := begin(t, "term", false)
	if err := os.Remove(b.local(DriftFile)); err != nil {
		t.Fatal(err)
	}
	if err := b.Commit(); err == nil || !strings.Contains(err.Error(), DriftFile) {
		t.Errorf("the commit: %v", err)
	}
	if got, left := visible(t, server), waiting(t, b); len(got)+len(left) > 0 {
		t.Errorf("there is %q, and %+v wait", got, left)
	}
	if _, err := os.Stat(b.temp); err == nil {
		t.Error("the folder of temporary files was left behind")
	}
}

func TestTakeRefuses(t *testing.T) {
	f := fill(t, filepath.Join(t.TempDir(), "out"), false, nil)
	defer f.Abort()
	place, err := f.Parts("")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(place.Folder, "part-00000-term.parquet"), []byte("PAR1"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, left := range map[string]partial.Left{
		"not among those that were left": {Name: "../lock"},
		"no such file":                   {Name: "part-00001-term.parquet", Bytes: 4},
		"of which 4 are here":            {Name: "part-00000-term.parquet", Bytes: 5},
	} {
		if _, err := f.Take(&partial.Part{Left: &left}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", left, err)
		}
	}
	b := &Bucket{}
	for _, left := range []partial.Left{{Name: "part-00000-term.parquet"}, {Name: "../run.json", Upload: "x"}, {Name: "manifest.json", Upload: "x"}} {
		if _, err := b.Take(&partial.Part{Left: &left}); err == nil || !strings.Contains(err.Error(), "no upload that waits") {
			t.Errorf("%+v: %v", left, err)
		}
	}
}

// TestTakeOneOfTwo: of two files of a split one is taken, the other goes with
// the staging folder.
func TestTakeOneOfTwo(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	f := fill(t, out, false, nil)
	place, err := f.Parts("")
	if err != nil {
		t.Fatal(err)
	}
	whole := part(t, 0, 2, 1)
	for _, name := range []string{"part-00000-term-1.parquet", "part-00000-term-2.parquet"} {
		if err := os.WriteFile(filepath.Join(place.Folder, name), whole.Bytes, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	whole.Left = &partial.Left{Name: "part-00000-term-2.parquet", Bytes: int64(len(whole.Bytes)), SHA256: "of it"}
	a := NewAssignments(f, []string{"x", "z"}, 1, true, false)
	if err := a.Add(whole); err != nil {
		t.Fatal(err)
	}
	m, err := a.Close(3)
	if err != nil || m.Parts[0].Name != "part-00000.parquet" || m.Parts[0].SHA256 != "of it" {
		t.Fatalf("%+v: %v", m, err)
	}
	commit(t, f)
	if got := contents(t, out); len(got) != 2 || got["assignments/part-00000.parquet"] != string(whole.Bytes) {
		t.Errorf("the folder holds %d files", len(got))
	}
	if left, err := filepath.Glob(filepath.Join(out, ".headwater-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}
