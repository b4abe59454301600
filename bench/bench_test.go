package main

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/headwater-dev/headwater/kernels/cpu"
)

// TestMain lets the test binary be the children that commands start.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && slices.Contains(children, os.Args[1]) {
		main()
	}
	os.Exit(m.Run())
}

// run executes a command line and returns what it printed.
func run(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := execute(args, &stdout, &stderr); code != 0 {
		t.Fatalf("bench %s: exit code %d: %s", strings.Join(args, " "), code, &stderr)
	}
	return stdout.String()
}

// decode runs a command with --json and decodes the array it prints.
func decode(t *testing.T, args ...string) []map[string]any {
	t.Helper()
	var list []map[string]any
	if err := json.Unmarshal([]byte(run(t, append(args, "--json")...)), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		t.Fatal("no figures")
	}
	return list
}

// above checks that every object has these fields, as numbers above zero.
func above(t *testing.T, list []map[string]any, fields ...string) {
	t.Helper()
	for _, x := range list {
		for _, f := range fields {
			if n, ok := x[f].(float64); !ok || n <= 0 {
				t.Errorf("%s is %v in %v", f, x[f], x)
			}
		}
	}
}

func TestKernels(t *testing.T) {
	tiny := []string{"kernels", "--tiny", "--repetitions=2", "--each=50us"}
	list := decode(t, tiny...)
	above(t, list, "rows", "g_cell_rows_per_s", "gb_per_s", "fraction_of_limit")
	paths := map[any]int{}
	for _, x := range list {
		paths[x["path"]]++
		if kernel, ok := x["kernel"].(string); !ok || !strings.Contains(kernel, ".") {
			t.Errorf("kernel %v", x["kernel"])
		}
	}
	for _, p := range cpu.Supported() {
		if paths[p.String()] != len(kernelCases(true)) {
			t.Errorf("path %s: %d figures of %d cases", p, paths[p.String()], len(kernelCases(true)))
		}
	}
	for line := range strings.Lines(run(t, append(tiny, "--benchstat", "--path=purego", "--match=AndCounts")...)) {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, "Benchmark") && (len(fields) != 8 || fields[3] != "ns/op" || !strings.Contains(fields[0], "/path=purego")) {
			t.Errorf("benchstat would not read %q", line)
		}
	}
	if table := run(t, append(tiny, "--path=purego", "--match=hist")...); !strings.Contains(table, "hist.Split") || strings.Contains(table, "bitset.And") {
		t.Errorf("--match hist printed %s", table)
	}
}

// TestEveryKernel looks for exported functions of the kernels that no case
// measures.
func TestEveryKernel(t *testing.T) {
	measured := map[string]bool{
		"bitset.Words": true, "bitset.WordCost": true, "hist.RowCost": true, "hist.CellCost": true, // arithmetic
		"bitset.Fill": true, // what the standard library does
	}
	for _, make := range kernelCases(true) {
		measured[make().Kernel] = true
	}
	for _, pkg := range []string{"bitset", "distance", "encode", "hist"} {
		files, err := filepath.Glob(filepath.Join("..", "kernels", pkg, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("kernels/%s: %d files, %v", pkg, len(files), err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				f, ok := d.(*ast.FuncDecl)
				if ok && f.Recv == nil && f.Name.IsExported() && !measured[pkg+"."+f.Name.Name] {
					t.Errorf("%s.%s is measured by no case of kernelCases", pkg, f.Name.Name)
				}
			}
		}
	}
}

func TestUsage(t *testing.T) {
	for _, test := range []struct {
		want string
		args []string
	}{
		{"supports", []string{"kernels", "--path", "mmx"}},
		{"no kernel", []string{"kernels", "--tiny", "--each=1us", "--match", "nothing"}},
		{"must be positive", []string{"kernels", "--repetitions", "0"}},
		{"3 workers cannot be spread evenly", []string{"search", "--workers=3", "--processes=2"}},
		{"give one of them", []string{"kernels", "--json", "--benchstat"}},
		{"as flags", []string{"kernels", "AndCounts"}},
		{"unknown flag", []string{"kernels", "--nothing"}},
		{"rows", []string{"search", "--rows", "many"}},
		{"--levels", []string{"search", "--levels", "3..4"}},
		{"fewest first", []string{"search", "--levels", "9-4"}},
		{"y or amount", []string{"search", "--metric", "z"}},
		{"--repeat", []string{"search", "--repeat", "0"}},
		{"y or amount", []string{"peers", "--metric", "z"}},
		{"from 1 to 6", []string{"peers", "--order", "7"}},
		{"from 0 to 1", []string{"peers", "--min-share", "1.5"}},
		{"from 1 to 99", []string{"peers", "--features", "100"}},
		{"at least 1", []string{"peers", "--threads", "0"}},
		{"rows,features,k", []string{"peers", "kmeans", "--case", "1m"}},
		{"from 1 to 4096", []string{"peers", "kmeans", "--case", "1k,0,4"}},
		{"and to the rows", []string{"peers", "kmeans", "--case", "10,4,11"}},
		{"at least 1", []string{"peers", "kmeans", "--iterations", "0"}},
		{"16 readers", []string{"ship", "--readers", "17"}},
	} {
		var stdout, stderr bytes.Buffer
		if code := execute(test.args, &stdout, &stderr); code != 2 || !strings.Contains(stderr.String(), test.want) {
			t.Errorf("bench %v: exit code %d, %q; want 2 and %q", test.args, code, &stderr, test.want)
		}
	}
}
