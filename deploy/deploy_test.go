// Package deploy_test checks the manifests against what they deploy: the flags
// of the command, the NATS configuration and version, the files that are named.
package deploy_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"go.yaml.in/yaml/v3"
)

// node is a decoded YAML value: map[string]any, []any or a scalar.
type node = any

// documents decodes every document of a YAML file.
func documents(t *testing.T, file string) []node {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var docs []node
	for decoder := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var doc node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		docs = append(docs, doc)
	}
}

// deployed decodes every file that something is deployed from, by name.
func deployed(t *testing.T) map[string][]node {
	t.Helper()
	files, err := filepath.Glob("kubernetes/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no manifests in kubernetes/ (%v)", err)
	}
	all := map[string][]node{}
	for _, file := range append(files, "compose/compose.yaml") {
		all[file] = documents(t, file)
	}
	return all
}

// walk calls visit for every map in a decoded document.
func walk(n node, visit func(map[string]any)) {
	switch n := n.(type) {
	case map[string]any:
		visit(n)
		for _, child := range n {
			walk(child, visit)
		}
	case []any:
		for _, child := range n {
			walk(child, visit)
		}
	}
}

// words returns a list of strings, nil where it is none.
func words(n node) []string {
	var list []string
	items, _ := n.([]any)
	for _, item := range items {
		word, ok := item.(string)
		if !ok {
			return nil
		}
		list = append(list, word)
	}
	return list
}

// TestCommandLines: every command line in the manifests names a command and
// flags that the binary has.
func TestCommandLines(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "headwater")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/headwater").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	commands := map[string]bool{}
	for file, docs := range deployed(t) {
		walk(docs, func(container map[string]any) {
			image, _ := container["image"].(string)
			if !strings.HasPrefix(image, "headwater:") {
				return
			}
			line := words(container["args"]) // Kubernetes
			if line == nil {
				line = words(container["command"]) // Compose
			}
			if len(line) == 0 {
				return // the part of a Compose file that others extend
			}
			commands[line[0]] = true
			help, err := exec.Command(binary, line[0], "--help").CombinedOutput()
			if err != nil {
				t.Errorf("%s: headwater %s --help: %v\n%s", file, line[0], err, help)
			}
			for _, arg := range line[1:] {
				flag, _, _ := strings.Cut(arg, "=")
				if !regexp.MustCompile(regexp.QuoteMeta(flag) + `\s`).Match(help) {
					t.Errorf("%s: headwater %s has no %s", file, line[0], flag)
				}
			}
		})
	}
	for _, command := range []string{"run", "worker", "gen"} {
		if !commands[command] {
			t.Errorf("no manifest runs headwater %s", command)
		}
	}
}

// TestNATS: both configurations are ones that the server takes, keep their
// state on the volume, and run the version that the tests run.
func TestNATS(t *testing.T) {
	t.Setenv("POD_NAME", "nats-0")
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", "github.com/nats-io/nats-server/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	image := "nats:" + strings.TrimPrefix(strings.TrimSpace(string(module)), "v")
	var configs, images int
	for file, docs := range deployed(t) {
		walk(docs, func(m map[string]any) {
			if name, _ := m["image"].(string); strings.HasPrefix(name, "nats:") {
				images++
				if name != image {
					t.Errorf("%s: image %s, but the tests run %s (go.mod)", file, name, image)
				}
			}
			config, ok := m["nats.conf"].(string) // ConfigMap
			if !ok {
				if inner, _ := m["nats.conf"].(map[string]any); inner != nil { // Compose
					config, ok = inner["content"].(string)
				}
			}
			if !ok {
				return
			}
			configs++
			path := filepath.Join(t.TempDir(), "nats.conf")
			if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			options, err := server.ProcessConfigFile(path)
			if err != nil {
				t.Errorf("%s: nats.conf: %v", file, err)
				return
			}
			if !options.JetStream || options.StoreDir != "/data" {
				t.Errorf("%s: JetStream %v in %q, want it in /data, the volume", file, options.JetStream, options.StoreDir)
			}
			if options.Port != 4222 || options.MaxPayload < 4<<20 {
				t.Errorf("%s: port %d, max_payload %d", file, options.Port, options.MaxPayload)
			}
		})
	}
	if configs != 2 || images != 2 {
		t.Errorf("%d NATS configurations and %d NATS images seen, want 2 and 2", configs, images)
	}
}

// TestKustomization: it names files that exist, and leaves out only what is
// started by hand.
func TestKustomization(t *testing.T) {
	kustomization := documents(t, "kubernetes/kustomization.yaml")[0].(map[string]any)
	got := append(words(kustomization["resources"]), "files.yaml", "job.yaml", "kustomization.yaml")
	slices.Sort(got)
	want, err := filepath.Glob("kubernetes/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		want[i] = filepath.Base(want[i])
	}
	if !slices.Equal(got, want) {
		t.Errorf("resources and the files started by hand: %q\nfiles: %q", got, want)
	}
}
