package main

import (
	"bytes"
	"encoding/json"
	"os"
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
	above(t, list, "rows", "g_cell_rows_per_s", "gb_per_s", "fraction_of_limit", "fraction_of_path_limit")
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

func TestUsage(t *testing.T) {
	for _, test := range []struct {
		want string
		args []string
	}{
		{"supports", []string{"kernels", "--path", "mmx"}},
		{"no kernel", []string{"kernels", "--tiny", "--each=1us", "--match", "nothing"}},
		{"must be positive", []string{"kernels", "--repetitions", "0"}},
		{"give one of them", []string{"kernels", "--json", "--benchstat"}},
		{"as flags", []string{"kernels", "AndCounts"}},
		{"unknown flag", []string{"kernels", "--nothing"}},
	} {
		var stdout, stderr bytes.Buffer
		if code := execute(test.args, &stdout, &stderr); code != 2 || !strings.Contains(stderr.String(), test.want) {
			t.Errorf("bench %v: exit code %d, %q; want 2 and %q", test.args, code, &stderr, test.want)
		}
	}
}
