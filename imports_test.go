// Package headwater_test checks what no single package can: which package may
// import which.
package headwater_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/headwater-dev/headwater"

// layer says what the packages of a tree may import of this module. An entry
// "worker/wire" allows exactly that package, "kernels/..." a whole tree. A
// package's own tree is always allowed.
type layer struct {
	tree string
	may  []string
}

// layers go from the bottom to the top; the longest tree that holds a package
// rules it. worker/source/synthetic (generated tables) is part of the worker:
// the coordinator sees a source only as descriptors and batches.
var layers = []layer{
	{"kernels", nil},
	{"worker/partial", workerParts},
	{"worker/wire", workerParts},
	{"worker/encoder", workerParts},
	{"worker/source", workerParts},
	{"worker/shard", workerParts},
	{"worker/store", workerParts},
	{"worker/ops", append([]string{"worker/source/synthetic"}, workerParts...)},
	{"worker", nil},
	{"coordinator", []string{"worker/wire", "worker/partial", "worker/source", "worker/encoder", "worker/store", "kernels/..."}},
	{"cmd", []string{
		"coordinator/...", "worker", "worker/wire", "worker/partial", "worker/encoder", "worker/source/...",
	}},
	{"bench", []string{"coordinator/...", "worker/...", "kernels/..."}},
}

var workerParts = []string{
	"worker/partial", "worker/wire", "worker/encoder", "worker/source", "worker/shard", "worker/store", "kernels/...",
}

// fences name the only packages that import a library: so a library can be
// replaced, or its semantics relied on, in one place.
var fences = []struct {
	library string
	may     []string
}{
	{"github.com/nats-io", []string{"worker/wire"}},
	{"github.com/minio", []string{"worker/store"}},
	// Record batches are read, profiled, encoded, shipped and assigned; shards
	// hold codes, and the coordinator sees aggregates only.
	{"github.com/apache/arrow", []string{
		"worker/source/...", "worker/encoder", "worker/partial", "worker/ops", "worker/wire",
	}},
}

// kernelLibraries are the only modules that kernels import.
var kernelLibraries = []string{"golang.org/x/sys"}

// violation says what is wrong with a package (its path below the module's
// root) importing another (full import path), or "".
func violation(importer, imported string) string {
	if local, ok := strings.CutPrefix(imported, module+"/"); ok {
		return layerViolation(importer, local)
	}
	if imported == module {
		return fmt.Sprintf("%s imports the module's root, which holds no code", importer)
	}
	if within(importer, "kernels") && !standardLibrary(imported) && !withinAny(imported, kernelLibraries) {
		return fmt.Sprintf("%s imports %s: kernels are pure functions over the standard library and %s",
			importer, imported, strings.Join(kernelLibraries, ", "))
	}
	for _, f := range fences {
		if within(imported, f.library) && !within(importer, "bench") && !allowed(importer, f.may) {
			return fmt.Sprintf("%s imports %s: only %s may", importer, imported, strings.Join(f.may, ", "))
		}
	}
	return ""
}

func layerViolation(importer, local string) string {
	var own *layer
	for i, l := range layers {
		if within(importer, l.tree) && (own == nil || len(l.tree) > len(own.tree)) {
			own = &layers[i]
		}
	}
	switch {
	case own == nil:
		return fmt.Sprintf("%s imports %s, but no layer in imports_test.go holds %s: give it one", importer, local, importer)
	case within(local, "cmd") || within(local, "bench"):
		if !within(importer, "cmd") && !within(importer, "bench") {
			return fmt.Sprintf("%s imports %s: commands are at the top, nothing imports them", importer, local)
		}
		return ""
	case own.tree == "worker" && within(local, "kernels"):
		return "" // worker stands on the whole of its tree and what that stands on
	case within(local, own.tree) || allowed(local, own.may):
		return ""
	}
	may := append([]string{own.tree + "/..."}, own.may...)
	return fmt.Sprintf("%s imports %s: packages of %s may import only %s of this module",
		importer, local, own.tree, strings.Join(may, ", "))
}

// allowed tells whether a package is one of the patterns, or below one that
// ends in "/...".
func allowed(pkg string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		tree, whole := strings.CutSuffix(pattern, "/...")
		return pkg == tree || whole && within(pkg, tree)
	})
}

func withinAny(pkg string, trees []string) bool {
	return slices.ContainsFunc(trees, func(tree string) bool { return within(pkg, tree) })
}

func within(pkg, tree string) bool { return pkg == tree || strings.HasPrefix(pkg, tree+"/") }

// standardLibrary: the first element of a module's path has a dot.
func standardLibrary(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return !strings.Contains(first, ".")
}

// TestImportRules reads the imports of every non-test file, whatever its build
// tags (`go list` would see one platform only).
func TestImportRules(t *testing.T) {
	packages := map[string]bool{}
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipFolder(file, entry.Name())
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		importer := path.Dir(filepath.ToSlash(file))
		packages[importer] = true
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return fmt.Errorf("%s: import %s: %w", file, spec.Path.Value, err)
			}
			if v := violation(importer, imported); v != "" {
				t.Errorf("%s: %s", file, v)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range []string{"coordinator/search", "worker/ops", "worker/wire"} {
		if !packages[pkg] {
			t.Errorf("package %s was not seen: the walk does not cover the module", pkg)
		}
	}
}

// skipFolder leaves out what the go command leaves out, and nested modules.
func skipFolder(dir, name string) error {
	if dir == "." {
		return nil
	}
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "vendor" {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
		return filepath.SkipDir
	}
	return nil
}

func TestImportViolations(t *testing.T) {
	const (
		nats  = "github.com/nats-io/nats.go"
		arrow = "github.com/apache/arrow/go/v15/arrow"
		here  = module + "/"
	)
	tests := []struct {
		importer, imported string
		want               string // part of the message; "" when allowed
	}{
		{"kernels/bitset", "math/bits", ""},
		{"kernels/bitset", "golang.org/x/sys/cpu", ""},
		{"kernels/lattice", here + "kernels/bitset", ""},
		{"kernels/bitset", here + "worker/partial", "packages of kernels may import only kernels/..."},
		{"kernels/bitset", "gonum.org/v1/gonum/mat", "kernels are pure functions"},
		{"kernels/bitset", "golang.org/x/system", "kernels are pure functions"},

		{"coordinator", here + "coordinator/engine", ""},
		{"coordinator/engine", here + "worker/wire", ""},
		{"coordinator/search", here + "kernels/lattice", ""},
		{"coordinator/feature", here + "worker/encoder", ""},
		{"coordinator", here + "worker", "packages of coordinator may import only"},
		{"coordinator/search", here + "worker/ops", "packages of coordinator may import only"},
		{"coordinator/search", here + "worker/shard", "packages of coordinator may import only"},
		{"coordinator/export", here + "worker/source/synthetic", "packages of coordinator may import only"},
		{"coordinator/export", here + "worker/wireless", "packages of coordinator may import only"},

		{"worker", here + "worker/ops", ""},
		{"worker", here + "kernels/bitset", ""},
		{"worker/ops", here + "worker/shard", ""},
		{"worker/ops", here + "kernels/hist", ""},
		{"worker/shard", here + "worker/encoder", ""},
		{"worker/source/synthetic", here + "worker/source", ""},
		{"worker/ops", here + "worker", "packages of worker/ops may import only"},
		{"worker/shard", here + "worker/ops", "packages of worker/shard may import only"},
		{"worker/wire", here + "coordinator/engine", "packages of worker/wire may import only"},
		{"worker", here + "coordinator", "packages of worker may import only"},
		{"worker", here + "cmd/headwater", "nothing imports them"},

		{"cmd/headwater", here + "coordinator", ""},
		{"cmd/headwater", here + "worker", ""},
		{"cmd/headwater", here + "worker/source/synthetic", ""},
		{"cmd/headwater", here + "worker/ops", "packages of cmd may import only"},
		{"cmd/headwater", here + "worker/shard", "packages of cmd may import only"},
		{"bench", here + "worker/ops", ""},
		{"coordinator", here + "bench", "nothing imports them"},
		{"tools/gen", here + "worker", "no layer"},
		{"worker", module, "the module's root"},

		{"worker/wire", nats, ""},
		{"worker/wire", nats + "/jetstream", ""},
		{"worker/wire", "github.com/nats-io/nats-server/v2/server", ""},
		{"worker", nats, "only worker/wire may"},
		{"coordinator/engine", nats + "/jetstream", "only worker/wire may"},
		{"cmd/headwater", "github.com/nats-io/nats-server/v2/server", "only worker/wire may"},

		{"worker/source", arrow, ""},
		{"worker/source/synthetic", arrow + "/array", ""},
		{"worker/wire", arrow + "/ipc", ""},
		{"worker/ops", arrow + "/array", ""},
		{"worker/shard", arrow, "only worker/source/..., "},
		{"coordinator/export", arrow, "only worker/source/..., "},
	}
	for _, test := range tests {
		got := violation(test.importer, test.imported)
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("violation(%s, %s) = %q, want %q in it", test.importer, test.imported, got, test.want)
		}
	}
}
