package source

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/htmlindex"
)

// folder writes files into a new folder and returns it.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBadInput(t *testing.T) {
	long := strings.Repeat("1,2\n", 50_000)
	for name, test := range map[string]struct {
		text string
		spec Spec
		want []string // parts of the error
		is   error
	}{
		"empty":            {"", Spec{}, []string{"empty"}, ErrNoRows},
		"blank":            {"\n\r\n\n", Spec{}, []string{"empty"}, ErrNoRows},
		"header only":      {"a,b\n\n", Spec{}, []string{"header", "no rows"}, ErrNoRows},
		"ragged":           {"a,b\n1,2\n\n1,2,3\n", Spec{}, []string{"line 4", "2 fields expected, 3 found", "--delimiter"}, nil},
		"ragged late":      {"a,b\n" + long + "1\n", Spec{SplitSize: 4096}, []string{"line 50002", "2 fields expected, 1 found"}, nil},
		"bad UTF-8":        {"a,b\n1,2\n1,\xff\n", Spec{}, []string{"line 3", "column 2", "UTF-8", "--encoding"}, nil},
		"bad UTF-8 header": {"a\xff,b\n1,2\n", Spec{Delimiter: ","}, []string{"line 1", "column 1", "UTF-8"}, nil},
		"unclosed quote":   {"a,b\n1,2\n1,\"x\n3,4\n", Spec{}, []string{"line 3", "never closed", "--quote none"}, nil},
		"unclosed early":   {"a,b\n1,\"x\n" + long, Spec{SplitSize: 4096}, []string{"line 2", "never closed"}, nil},
		"bare quote":       {"a,b\n1,2\n5\" pipe,1\n" + long, Spec{SplitSize: 4096}, []string{"line 3", "a quote inside", "--quote none"}, nil},
		"text after quote": {"a,b\n\"x\"y,2\n", Spec{}, []string{"line 2", "closing quote"}, nil},
		"duplicate names":  {"a,b,a\n1,2,3\n", Spec{}, []string{"columns 1 and 3", `"a"`}, nil},
		"delimiter":        {"a,b\n1,2\n", Spec{Delimiter: "::"}, []string{"delimiter"}, nil},
		"quote":            {"a,b\n1,2\n", Spec{Quote: "''"}, []string{"quote"}, nil},
		"same":             {"a,b\n1,2\n", Spec{Quote: ","}, []string{"both"}, nil},
		"header":           {"a,b\n1,2\n", Spec{Header: "maybe"}, []string{"header"}, nil},
		"encoding":         {"a,b\n1,2\n", Spec{Encoding: "klingon"}, []string{"klingon", "gb18030"}, nil},
		"wrong encoding":   {"a,b\n1,2\n\xff\xff,1\n", Spec{Encoding: "gb18030"}, []string{"line 3", "gb18030"}, nil},
		"format":           {"a,b\n1,2\n", Spec{Format: "xlsx"}, []string{"xlsx"}, nil},
		"not Parquet":      {"a,b\n1,2\n and more", Spec{Format: Parquet}, []string{"not Parquet"}, nil},
		"not Arrow":        {"a,b\n1,2\n and more", Spec{Format: Arrow}, []string{"t.csv"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			test.spec.Inputs = []string{filepath.Join(folder(t, map[string]string{"t.csv": test.text}), "t.csv")}
			_, err := fuzzRead(t, test.spec)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range append(test.want, "") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("%q is not %q", err, test.is)
			}
			t.Log(err)
		})
	}
}

func TestInputs(t *testing.T) {
	dir := folder(t, map[string]string{
		"b.csv": "a,b\n3,4\n", "a.csv": "a,b\n1,2\n", ".hidden.csv": "x\n", "_SUCCESS": "", "sub/c.csv": "y\n",
		"differs/a.csv": "a,b\n1,2\n", "differs/b.csv": "a,c\n1,2\n", "fewer/a.csv": "a,b\n1,2\n", "fewer/b.csv": "a\n1\n",
		"mixed/a.csv": "a\n1\n", "mixed/b.parquet": "PAR1", "none/_x": "", "part/a.csv": "a\n1\n", "part/b.csv": "a\n",
	})
	in := func(names ...string) (paths []string) {
		for _, n := range names {
			paths = append(paths, filepath.Join(dir, n))
		}
		return paths
	}
	for name, inputs := range map[string][]string{"directory": {dir}, "glob": in("*.csv"), "files": in("a.csv", "b.csv")} {
		sameRows(t, name, [][]string{{"1", "2"}, {"3", "4"}}, readAll(t, mustFind(t, Spec{Inputs: inputs}), []string{"a", "b"}))
	}
	sameRows(t, "a part without rows", [][]string{{"1"}}, readAll(t, mustFind(t, Spec{Inputs: in("part")}), []string{"a"}))
	for name, test := range map[string]struct {
		inputs []string
		want   []string
		is     error
	}{
		"missing":      {in("no.csv"), []string{"no.csv"}, ErrNotFound},
		"missing glob": {in("no*.csv"), []string{"no*.csv"}, ErrNotFound},
		"no files":     {in("none"), []string{"none"}, ErrNotFound},
		"nothing":      {nil, []string{"no input"}, nil},
		"twice":        {in("a.csv", "*.csv"), []string{"a.csv", "twice"}, nil},
		"differs":      {in("differs"), []string{"differs/a.csv", "differs/b.csv", `"b"`, `"c"`}, nil},
		"fewer":        {in("fewer"), []string{"fewer/a.csv", "fewer/b.csv", `"b"`}, nil},
		"mixed":        {in("mixed"), []string{"a.csv is csv", "b.parquet is parquet"}, nil},
	} {
		_, err := Find(t.Context(), Spec{Inputs: test.inputs})
		if err == nil {
			t.Fatalf("%s: no error", name)
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", name, err, want)
			}
		}
		if test.is != nil && !errors.Is(err, test.is) {
			t.Errorf("%s: %q is not %q", name, err, test.is)
		}
	}
}

// TestSpooled reads the same table plain, compressed, in other encodings and
// from stdin.
func TestSpooled(t *testing.T) {
	text := "名,b\n\"é\n\"\"中\",2\n文,NA\n" + strings.Repeat("多,9\n", 2000)
	encode := func(name string) string {
		enc, err := htmlindex.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		out, err := enc.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	var gz, zst bytes.Buffer
	g := gzip.NewWriter(&gz)
	g.Write([]byte(text))
	g.Close()
	z, err := zstd.NewWriter(&zst)
	if err != nil {
		t.Fatal(err)
	}
	z.Write([]byte(text))
	z.Close()
	dir := folder(t, map[string]string{
		"plain.csv": text, "bom.csv": "\ufeff" + text, "t.csv.gz": gz.String(), "t.csv.zst": zst.String(), "named-plain.csv": gz.String(),
		"gb.csv": encode("gb18030"), "le.csv": "\xff\xfe" + encode("utf-16le"), "be.csv": "\xfe\xff" + encode("utf-16be"),
	})
	want := readAll(t, mustFind(t, Spec{Inputs: []string{filepath.Join(dir, "plain.csv")}}), []string{"名", "b"})
	if len(want) != 2002 || want[0][0] != "é\n\"中" || want[1][1] != null {
		t.Fatalf("%q", want[:2])
	}
	for name, spec := range map[string]Spec{
		"bom.csv": {}, "t.csv.gz": {}, "t.csv.zst": {}, "named-plain.csv": {}, "gb.csv": {Encoding: "gb18030"},
		"le.csv": {}, "be.csv": {Encoding: "utf-16"}, "plain.csv": {Encoding: "UTF-8"},
		"-": {Stdin: strings.NewReader(text)},
	} {
		spec.TempDir = t.TempDir()
		spec.SplitSize = 1000
		spec.Inputs = []string{name}
		if name != "-" {
			spec.Inputs[0] = filepath.Join(dir, name)
		}
		table := mustFind(t, spec)
		sameRows(t, name, want, readAll(t, table, []string{"名", "b"}))
		if base := filepath.Base(table.Files[0].Name); base != name && base != "stdin" {
			t.Errorf("%s is named %s", name, base)
		}
		table.Close()
		if left, _ := os.ReadDir(spec.TempDir); len(left) != 0 {
			t.Errorf("%s: spool files left: %v", name, left)
		}
	}
	_, err = Find(t.Context(), Spec{Inputs: []string{filepath.Join(folder(t, map[string]string{"cut.csv.gz": gz.String()[:gz.Len()-20]}), "cut.csv.gz")}, TempDir: dir})
	if err == nil || !strings.Contains(err.Error(), "cut.csv.gz") {
		t.Errorf("a gzip file cut short: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "headwater-*")); len(left) != 0 {
		t.Errorf("spool files left after an error: %v", left)
	}
}

func TestDialect(t *testing.T) {
	for name, test := range map[string]struct {
		text  string
		spec  Spec
		delim string
		quote string
		names string
		rows  int
	}{
		"comma":               {"a,b\n1,2\n", Spec{}, ",", `"`, "a b", 1},
		"semicolon":           {"a;b\n1,5;2,5\n", Spec{}, ";", `"`, "a b", 1},
		"tab":                 {"a\tb,c\n1\t2\n", Spec{}, "\t", `"`, "a b,c", 1},
		"pipe":                {"a|b\nx,y|z\n", Spec{}, "|", `"`, "a b", 1},
		"delimiter in quotes": {"a;b\n\"x,y,z\";1\n\"p,q,r\";2\n", Spec{}, ";", `"`, "a b", 2},
		"single quotes":       {"'a','b'\n'x,y','z'\n", Spec{}, ",", "'", "a b", 1},
		"apostrophe":          {"a,b\n't Hooft,1\nO'Hara,2\n", Spec{}, ",", `"`, "a b", 2},
		"one column":          {"a\nx\ny\n", Spec{}, ",", `"`, "a", 2},
		"numbers only":        {"1,2\n3,4\n", Spec{}, ",", `"`, "c1 c2", 2},
		"index column":        {",b\n0,x\n1,y\n", Spec{}, ",", `"`, "c1 b", 2},
		"no header":           {"a,b\nx,y\n", Spec{Header: "no"}, ",", `"`, "c1 c2", 2},
		"header of numbers":   {"1,2\n3,4\n", Spec{Header: "yes"}, ",", `"`, "1 2", 1},
		"repeated text":       {"x,x\ny,z\n", Spec{}, ",", `"`, "c1 c2", 2},
		"quote none":          {"a,b\n5\",x\"\n", Spec{Quote: "none"}, ",", "", "a b", 1},
		"given":               {"a,b;c\n1,2;3\n", Spec{Delimiter: ";"}, ";", `"`, "a,b c", 1},
	} {
		test.spec.Inputs = []string{filepath.Join(folder(t, map[string]string{"t.csv": test.text}), "t.csv")}
		table := mustFind(t, test.spec)
		d := table.Dialect
		if d.Delimiter != test.delim || d.Quote != test.quote || strings.Join(names(table), " ") != test.names {
			t.Errorf("%s: delimiter %q, quote %q, columns %q", name, d.Delimiter, d.Quote, names(table))
		}
		if rows := readAll(t, table, names(table)); len(rows) != test.rows {
			t.Errorf("%s: %d rows", name, len(rows))
		}
	}
}

// TestChanged changes a file before, and while, its split is read.
func TestChanged(t *testing.T) {
	path := filepath.Join(folder(t, map[string]string{"t.csv": "a\n" + strings.Repeat("1\n", 3*markRows)}), "t.csv")
	table := mustFind(t, Spec{Inputs: []string{path}})
	r, err := Files{}.Open(t.Context(), table, table.Splits[0], []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	now := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, now, now); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		rec, e := r.Next(t.Context())
		if err = e; err == nil {
			rec.Release()
		}
	}
	if !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), "t.csv") {
		t.Errorf("while it is read: %v", err)
	}
	if _, err := (Files{}).Open(t.Context(), table, table.Splits[0], []string{"a"}); !errors.Is(err, ErrChanged) {
		t.Errorf("before: %v", err)
	}
	os.Remove(path)
	if _, err := (Files{}).Open(t.Context(), table, table.Splits[0], []string{"a"}); err == nil {
		t.Error("a file that is gone")
	}
}

func TestCancelled(t *testing.T) {
	path := filepath.Join(folder(t, map[string]string{"t.csv": "a\n1\n"}), "t.csv")
	table := mustFind(t, Spec{Inputs: []string{path}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Find(ctx, Spec{Inputs: []string{path}}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := (Files{}).Open(ctx, table, table.Splits[0], []string{"a"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestStdinInterrupted ends the context while stdin waits for input.
func TestStdinInterrupted(t *testing.T) {
	r, w := io.Pipe()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	temp := t.TempDir()
	_, err := Find(ctx, Spec{Inputs: []string{"-"}, Stdin: r, TempDir: temp})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if left, _ := os.ReadDir(temp); len(left) != 0 {
		t.Errorf("spool files left: %v", left)
	}
	w.Close() // lets the reading goroutine go
}

// TestTableTravels sends a table through JSON, as to a worker.
func TestTableTravels(t *testing.T) {
	path := filepath.Join(folder(t, map[string]string{"t.csv": "a,b\n1,2\n3,4\n"}), "t.csv")
	table := mustFind(t, Spec{Inputs: []string{path}, SplitSize: 4})
	sent, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	var got Table
	if err := json.Unmarshal(sent, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(readAll(t, table, []string{"b"}), readAll(t, &got, []string{"b"})); diff != "" {
		t.Fatal(diff)
	}
	_, err = Files{}.Open(t.Context(), &got, got.Splits[0], []string{"a", "bb"})
	var unknown *UnknownColumnError
	if !errors.As(err, &unknown) || unknown.Column != "bb" || !cmp.Equal(unknown.Nearest, []string{"b"}) {
		t.Errorf("%v", err)
	}
}

func TestNearest(t *testing.T) {
	columns := []string{"age", "balance", "default", "marital", "duration", "pdays", "Day"}
	for name, want := range map[string][]string{
		"balence": {"balance"}, "AGE": {"age"}, "day": {"Day", "pdays"}, "zzz": {}, "durations": {"duration"},
	} {
		if diff := cmp.Diff(want, Nearest(name, columns)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
