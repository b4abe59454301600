package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBadInput holds every kind of bad input against the error a user should
// see: it names the place and the remedy, the exit code is not zero, and no
// result is left behind.
func TestBadInput(t *testing.T) {
	const good = "id,age,plan,y\n1,20,a,1\n2,30,b,0\n3,40,a,1\n4,50,b,0\n5,60,a,0\n6,70,b,1\n"
	for _, c := range []struct {
		name  string
		files map[string]string
		args  []string
		want  []string // parts of the error
		code  int
	}{
		{name: "no input", args: []string{"--metric", "y"}, want: []string{"--input"}, code: exitUsage},
		{name: "unknown flag", args: []string{"--metrik", "y"}, want: []string{"metrik"}, code: exitUsage},
		{name: "missing file", args: []string{"--input", "nowhere.csv", "--metric", "y"}, want: []string{"nowhere.csv"}},
		{name: "empty file", files: map[string]string{"t.csv": ""}, want: []string{"t.csv", "empty"}},
		{name: "header only", files: map[string]string{"t.csv": "a,b,y\n"}, want: []string{"t.csv", "no rows"}},
		{name: "unknown metric", files: map[string]string{"t.csv": good}, args: []string{"--metric", "yy"}, want: []string{`"yy"`, "nearest", "y"}},
		{name: "unknown level", files: map[string]string{"t.csv": good}, args: []string{"--metric", "plan=c"}, want: []string{"plan", `"c"`, "a"}},
		{name: "unknown feature", files: map[string]string{"t.csv": good}, args: []string{"--features", "plam"}, want: []string{"plam", "plan"}},
		{name: "unknown excluded column", files: map[string]string{"t.csv": good}, args: []string{"--exclude", "agee"}, want: []string{"agee", "age"}},
		{name: "ragged line", files: map[string]string{"t.csv": good + "7,80,a\n"}, want: []string{"t.csv", "line 8", "4", "3"}},
		{name: "invalid UTF-8", files: map[string]string{"t.csv": strings.Replace(good, "3,40,a", "3,40,\xff", 1)}, want: []string{"t.csv", "line 4", "UTF-8", "--encoding"}},
		{name: "unterminated quote", files: map[string]string{"t.csv": good + "7,80,\"a,1\n8,90,b,0\n"}, want: []string{"t.csv", "quote"}},
		{name: "duplicate columns", files: map[string]string{"t.csv": "a,a,y\n1,2,0\n3,4,1\n"}, want: []string{"t.csv", `"a"`}},
		{name: "truncated parquet", files: map[string]string{"t.parquet": "PAR1 and then nothing"}, args: []string{"--input", "t.parquet"}, want: []string{"t.parquet"}},
		{name: "corrupt arrow", files: map[string]string{"t.arrow": "ARROW1\x00\x00rubbish"}, args: []string{"--input", "t.arrow"}, want: []string{"t.arrow"}},
		{name: "metric of one value", files: map[string]string{"t.csv": strings.ReplaceAll(good, ",0\n", ",1\n")}, want: []string{`"y"`, "one value"}},
		{name: "metric without values", files: map[string]string{"t.csv": "a,y\nx,\nz,\n"}, want: []string{`y`}},
		{name: "text metric", files: map[string]string{"t.csv": strings.ReplaceAll(good, "plan,y", "y2,y")}, args: []string{"--metric", "y2"}, want: []string{"y2", "y2=a"}},
		{name: "all-null columns only", files: map[string]string{"t.csv": "a,b,y\n,,1\n,,0\n"}, want: []string{"feature"}},
		{name: "infinite metric", files: map[string]string{"t.csv": "a,y\nx,1\nz,Inf\nz,2\n"}, want: []string{"y", "nf"}},
		{name: "unlike schemas", files: map[string]string{"t.csv": good, "u.csv": "id,age,plan,z\n1,2,a,1\n"}, args: []string{"--input", "u.csv"}, want: []string{"t.csv", "u.csv", `"z"`}},
		{name: "no group reaches the minimum", files: map[string]string{"t.csv": good}, args: []string{"--min-count", "1000", "--features", "plan"}, want: []string{"minimum", "--min"}},
		{name: "bad order", files: map[string]string{"t.csv": good}, args: []string{"--order", "9"}, want: []string{"--order"}, code: exitUsage},
		{name: "server not reachable", files: map[string]string{"t.csv": good}, args: []string{"--nats", "nats://127.0.0.1:1"}, want: []string{"nats://127.0.0.1:1"}},
		{name: "unknown columns", files: map[string]string{"t.csv": good}, args: []string{"--metric", "yy", "--keep", "agee", "--role", "plam=id", "--bins", "agee:width=1", "--weight", "w"}, want: []string{`metric "yy": unknown`, `--keep: unknown column "agee"; nearest: age`, `--role: unknown column "plam"; nearest: plan`, `--bins: unknown`, `--weight: unknown`}},
		{name: "bad bins", files: map[string]string{"t.csv": good}, args: []string{"--bins", "age:width=x"}, want: []string{"--bins age", "width=x", "number"}},
		{name: "bins of text", files: map[string]string{"t.csv": good}, args: []string{"--bins", "plan:levels=5"}, want: []string{`"plan"`, "numbers"}},
		{name: "text as weight", files: map[string]string{"t.csv": good}, args: []string{"--weight", "plan"}, want: []string{"weight", `"plan"`, "no numbers"}},
		{name: "cut gzip", files: map[string]string{"t.csv.gz": "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b"}, args: []string{"--input", "t.csv.gz"}, want: []string{"t.csv.gz", "cut short"}},
		{name: "unknown encoding", files: map[string]string{"t.csv": good}, args: []string{"--encoding", "klingon"}, want: []string{"klingon"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			for name, content := range c.files {
				if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			args := []string{"search", "--out", "out"}
			if _, ok := c.files["t.csv"]; ok {
				args = append(args, "--input", "t.csv")
			}
			if !strings.Contains(strings.Join(c.args, " "), "--metri") {
				args = append(args, "--metric", "y")
			}
			if !strings.Contains(strings.Join(c.args, " "), "--min") {
				args = append(args, "--min-count", "1")
			}
			var stdout, stderr bytes.Buffer
			code := execute(append(args, c.args...), &stdout, &stderr)
			if c.code == 0 {
				c.code = exitFailed
			}
			if code != c.code {
				t.Errorf("exit code %d, not %d", code, c.code)
			}
			for _, part := range c.want {
				if !strings.Contains(stderr.String(), part) {
					t.Errorf("the error does not say %q:\n%s", part, stderr.String())
				}
			}
			if left, _ := filepath.Glob("out/*"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			if left, _ := filepath.Glob(".*headwater*"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestUnknownCommand is a mistake of usage.
func TestUnknownCommand(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := execute([]string{"serch", "--input", "t.csv"}, &stdout, &stderr); code != exitUsage || !strings.Contains(stderr.String(), `"serch"; nearest: search`) {
		t.Errorf("exit code %d\n%s", code, stderr.String())
	}
}

// TestUnknownCross is found before the search.
func TestUnknownCross(t *testing.T) {
	table := roundTable(t)
	for name, want := range map[string]string{"agee": "nearest: age", "y": `column "y" is no feature (metric`} {
		var stdout, stderr bytes.Buffer
		code := execute([]string{"segment", "--input", table, "--metric", "y", "--cross", name, "--out", filepath.Join(t.TempDir(), "out")}, &stdout, &stderr)
		if code != exitFailed || !strings.Contains(stderr.String(), "--cross: ") || !strings.Contains(stderr.String(), want) {
			t.Errorf("--cross %s: exit code %d\n%s", name, code, stderr.String())
		}
	}
}

// TestOutFolder refuses a folder that holds anything, unless forced.
func TestOutFolder(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	table := "age,plan,y\n"
	for range 20 {
		table += "20,a,1\n30,b,0\n40,a,0\n50,b,1\n20,b,1\n"
	}
	if err := os.WriteFile("t.csv", []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"search", "--input", "t.csv", "--metric", "y", "--out", "out", "--quiet"}
	mustRun(t, args...)
	var stdout, stderr bytes.Buffer
	if code := execute(args, &stdout, &stderr); code != exitFailed || !strings.Contains(stderr.String(), "--force") {
		t.Errorf("a second job into the same folder: exit code %d\n%s", code, stderr.String())
	}
	if err := os.WriteFile("out/mine.txt", []byte("keep me"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, append(args, "--force")...)
	if _, err := os.ReadFile("out/mine.txt"); err != nil {
		t.Error("--force removed a file that is not ours")
	}
}
