package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// roundTable writes a small table from which groups and segments can be made.
func roundTable(t *testing.T) string {
	t.Helper()
	table := "age,plan,y\n"
	for range 40 {
		table += "20,a,1\n30,b,0\n40,a,0\n50,b,1\n20,b,1\n"
	}
	path := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(path, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestFullDisk: the error says so once, and nothing half-written stays; an
// earlier job's results do.
func TestFullDisk(t *testing.T) {
	disk := smallDisk(t, "2m")
	out := filepath.Join(disk, "out")
	args := []string{"search", "--input", roundTable(t), "--metric", "y", "--out", out, "--quiet"}
	mustRun(t, args...)
	before := contents(t, out)
	filler, err := os.Create(filepath.Join(disk, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil { // but for 64 KiB
		_, err = filler.Write(make([]byte, 1<<16))
	}
	end, err := filler.Seek(0, io.SeekCurrent)
	if err := errors.Join(err, filler.Truncate(end-1<<16), filler.Close()); err != nil {
		t.Fatal(err)
	}

	args = []string{
		"run", "--input", shared(t, "data/bank-full.csv"), "--metric", "y=yes", "--out", out, "--force", "--quiet", "--order", "1",
	}
	var stdout, stderr bytes.Buffer
	if code := execute(args, &stdout, &stderr); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if n := strings.Count(stderr.String(), "is full"); n != 1 || !strings.Contains(stderr.String(), "--out") {
		t.Errorf("the error says %d times that the disk is full:\n%s", n, stderr.String())
	}
	after := contents(t, out)
	for name := range before {
		if before[name] != after[name] {
			t.Errorf("%s of the earlier job is not as it was", name)
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d files, not %d", len(after), len(before))
	}
}

// TestOutNotWritable is found before the work.
func TestOutNotWritable(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Create(filepath.Join(dir, "probe")); err == nil {
		f.Close()
		dir = "/proc/self" // root may write everywhere but there
	}
	var stdout, stderr bytes.Buffer
	code := execute([]string{"search", "--input", roundTable(t), "--metric", "y", "--out", filepath.Join(dir, "out")}, &stdout, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), "out folder "+dir) {
		t.Errorf("exit code %d\n%s", code, stderr.String())
	}
}

// TestOwnInput: --force does not replace what the job itself reads.
func TestOwnInput(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	mustRun(t, "search", "--input", roundTable(t), "--metric", "y", "--out", out, "--quiet")
	before := contents(t, out)
	var stdout, stderr bytes.Buffer
	code := execute([]string{"search", "--input", filepath.Join(out, "top.csv"), "--metric", "n", "--out", out, "--force"}, &stdout, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), "would be replaced") {
		t.Errorf("exit code %d\n%s", code, stderr.String())
	}
	if after := contents(t, out); after["/top.csv"] != before["/top.csv"] {
		t.Error("the input was replaced")
	}
}
