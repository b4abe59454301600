package export

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// fill writes files into a folder through Open and Create.
func fill(t *testing.T, path string, force bool, files map[string]string) *Folder {
	t.Helper()
	f, err := Open(path, force)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := f.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[name]); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func commit(t *testing.T, f *Folder) {
	t.Helper()
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
}

// contents reads a folder with everything below it, the index aside.
func contents(t *testing.T, path string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == indexFile {
			return err
		}
		data, err := os.ReadFile(p)
		name, _ := filepath.Rel(path, p)
		files[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func expect(t *testing.T, path string, want map[string]string) {
	t.Helper()
	if got := contents(t, path); !maps.Equal(got, want) {
		t.Fatalf("folder holds %v, want %v", got, want)
	}
}

var (
	first = map[string]string{
		"run.json": "run 1", "groups.parquet": "groups 1", "report.md": "report 1",
		"assignments/part-00000.parquet": "a1", "assignments/part-00001.parquet": "b1", "assignments/manifest.json": "m1",
	}
	second = map[string]string{
		"run.json": "run 2", "groups.parquet": "groups 2", "top.csv": "top 2",
		"assignments/part-00000.parquet": "a2", "assignments/manifest.json": "m2",
	}
)

func TestFolderCommits(t *testing.T) {
	out := filepath.Join(t.TempDir(), "deep", "out")
	f := fill(t, out, false, first)
	if got := contents(t, out); got["groups.parquet"] != "" {
		t.Fatal("an output appeared before the commit")
	}
	names := []string{}
	for _, o := range f.Outputs() {
		names = append(names, o.Name)
	}
	if !slices.Equal(names, slices.Sorted(maps.Keys(first))) {
		t.Fatalf("outputs %v", names)
	}
	commit(t, f)
	commit(t, f)
	if err := f.Abort(); err != nil {
		t.Fatal(err)
	}
	expect(t, out, first)
	if _, err := f.Create("top.csv"); err == nil {
		t.Fatal("a closed folder took another file")
	}
}

func TestFolderReplacesOnlyItsOwn(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	commit(t, fill(t, out, false, first))
	if _, err := Open(out, false); err == nil || !strings.Contains(err.Error(), "--force") {
		t.Fatalf("a full folder was taken: %v", err)
	}
	for name, text := range map[string]string{"notes.txt": "mine", "assignments/readme": "mine too"} {
		if err := os.WriteFile(filepath.Join(out, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	commit(t, fill(t, out, true, second))
	want := maps.Clone(second)
	want["notes.txt"], want["assignments/readme"] = "mine", "mine too"
	expect(t, out, want)

	// A file of a user's under one of our names is no earlier output.
	if err := os.WriteFile(filepath.Join(out, "report.md"), []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(out, true); err == nil || !strings.Contains(err.Error(), "report.md was not written by an earlier job") {
		t.Fatalf("a foreign report was taken for an output: %v", err)
	}
	want["report.md"] = "mine"
	expect(t, out, want)
}

func TestFolderAborts(t *testing.T) {
	parent := t.TempDir()
	f := fill(t, filepath.Join(parent, "a", "b"), false, first)
	for range 2 {
		if err := f.Abort(); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Commit(); err == nil {
		t.Fatal("committed after Abort")
	}
	if exists(filepath.Join(parent, "a")) {
		t.Fatal("folders made for nothing were left behind")
	}
	out := filepath.Join(parent, "out")
	commit(t, fill(t, out, false, first))
	if err := fill(t, out, true, second).Abort(); err != nil {
		t.Fatal(err)
	}
	expect(t, out, first)
}

func TestFolderRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(dir, "home")
	t.Setenv("HOME", home)
	linked := filepath.Join(dir, "linked") // assignments leads elsewhere
	if err := errors.Join(os.Mkdir(home, 0o777), os.Mkdir(linked, 0o777), os.Symlink(home, filepath.Join(linked, "assignments")),
		os.Symlink(home, filepath.Join(dir, "homelink"))); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"":                              "no out folder",
		"/":                             "root of the file system",
		home:                            "your home folder",
		filepath.Join(dir, "homelink"):  "your home folder",
		file:                            "is a file",
		filepath.Join(file, "below"):    "not a directory",
		linked:                          "must be a folder",
		filepath.Join(dir, "nul\x00in"): "invalid",
	} {
		if _, err := Open(path, true); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%q): %v, want an error with %q", path, err, want)
		}
	}
	f := fill(t, filepath.Join(dir, "out"), false, nil)
	defer f.Abort()
	for _, name := range []string{"../x", "x.txt", "assignments/../run.json", "assignments/x", ""} {
		if _, err := f.Create(name); err == nil {
			t.Errorf("created %q", name)
		}
	}
	if _, err := Open(filepath.Join(dir, "out"), true); err == nil || !strings.Contains(err.Error(), "another job") {
		t.Errorf("two jobs took one folder: %v", err)
	}
}

func TestFolderNotWritable(t *testing.T) {
	if os.Getuid() == 0 {
		// Root writes anywhere except where nobody can.
		if _, err := Open("/proc/headwater", false); err == nil {
			t.Fatal("took a folder in /proc")
		}
		return
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "out")} {
		if _, err := Open(path, false); err == nil || !strings.Contains(err.Error(), "not writable") {
			t.Fatalf("Open(%s): %v", path, err)
		}
	}
}

func TestCommitNeedsClosedOutputs(t *testing.T) {
	f := fill(t, filepath.Join(t.TempDir(), "out"), false, nil)
	defer f.Abort()
	if _, err := f.Create("top.csv"); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err == nil || !strings.Contains(err.Error(), "top.csv: is still being written") {
		t.Fatalf("committed an unfinished file: %v", err)
	}
}

// breakAfter lets the n-th rename and all after it fail until the test ends.
func breakAfter(t *testing.T, n int, broken error) {
	t.Cleanup(func() { rename = os.Rename })
	rename = func(from, to string) error {
		if n--; n < 0 {
			return broken
		}
		return os.Rename(from, to)
	}
}

// A commit that fails at any of its renames leaves the earlier outputs whole.
func TestCommitUndoes(t *testing.T) {
	for n := range 100 {
		out := filepath.Join(t.TempDir(), "out")
		commit(t, fill(t, out, false, first))
		f := fill(t, out, true, second)
		disk := errors.New("disk gone")
		failures := 1
		rename = func(from, to string) error {
			if n--; n < 0 && failures > 0 {
				failures--
				return disk
			}
			return os.Rename(from, to)
		}
		err := f.Commit()
		rename = os.Rename
		if err == nil {
			if n < 8 {
				return // every rename has failed once
			}
			t.Fatal("renames never failed")
		}
		if !errors.Is(err, disk) {
			t.Fatalf("unclear error: %v", err)
		}
		expect(t, out, first)
		f.Abort()
		expect(t, out, first)
	}
}

// A job killed at any rename of its commit, and once more at any rename of the
// undoing, leaves what the next job can put right.
func TestKilledCommitIsTidied(t *testing.T) {
	killed := errors.New("killed")
	for n := range 12 {
		for _, m := range []int{0, 2, 5, 9} {
			out := filepath.Join(t.TempDir(), "out")
			commit(t, fill(t, out, false, first))
			f := fill(t, out, true, second)
			breakAfter(t, n, killed)
			err := f.place() // without the undoing that Commit would do
			f.lock.Close()
			breakAfter(t, m, killed)
			tidy(out)
			rename = os.Rename
			if e := tidy(out); e != nil {
				t.Fatal(e)
			}
			if err == nil {
				expect(t, out, second)
				continue
			}
			expect(t, out, first)
			commit(t, fill(t, out, true, second))
			expect(t, out, second)
		}
	}
}

// What a job left that died before its commit is removed; what only looks like
// it stays.
func TestStaleStagingIsRemoved(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	dead := fill(t, out, false, first)
	dead.lock.Close() // as the system does when a process ends
	if err := os.Mkdir(filepath.Join(out, ".headwater-notes"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(out, ".headwater-notes", "x"), []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	f := fill(t, out, false, second)
	if exists(dead.staging) {
		t.Error("the dead job's staging folder is still there")
	}
	commit(t, f)
	want := maps.Clone(second)
	want[".headwater-notes/x"] = "mine"
	expect(t, out, want)
}

// On a really full disk (a small tmpfs; needs root) the error says so, and the
// earlier outputs stay.
func TestDiskFull(t *testing.T) {
	if os.Getuid() != 0 || runtime.GOOS != "linux" {
		t.Skip("mounting a small file system needs root on Linux")
	}
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("mounting a small file system: %v", err)
	}
	defer unix.Unmount(disk, unix.MNT_DETACH)
	out := filepath.Join(disk, "out")
	commit(t, fill(t, out, false, first))
	f := fill(t, out, true, nil)
	w, err := f.Create("groups.parquet")
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(make([]byte, 1<<20+1))
	err = errors.Join(err, w.Close())
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "groups.parquet") || !strings.Contains(err.Error(), "full") {
		t.Fatalf("unclear error: %v", err)
	}
	if err := f.Commit(); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("committed a file that was cut off: %v", err)
	}
	if err := f.Abort(); err != nil {
		t.Fatal(err)
	}
	expect(t, out, first)
}

// The same without root: /dev/full refuses every byte.
func TestWriteErrorIsKept(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here")
	}
	f := fill(t, filepath.Join(t.TempDir(), "out"), false, nil)
	w, err := f.Create("top.csv")
	if err != nil {
		t.Fatal(err)
	}
	o := w.(*output)
	o.file.Close()
	o.file = full
	o.buffer.Reset(full)
	if _, err := io.WriteString(w, "rank\n"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), filepath.Join(f.Path(), "top.csv")) {
		t.Fatalf("unclear error: %v", err)
	}
	if err := f.Commit(); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("committed: %v", err)
	}
	f.Abort()
}
