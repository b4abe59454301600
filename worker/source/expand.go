package source

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Expand turns the inputs into paths of files, in the order given, the files of
// a glob or directory sorted by name. Hidden names and those beginning with _
// (_SUCCESS, _temporary) are passed over there. Directories are not descended
// into: what a folder like month=1 says would be lost. "-" stands for itself.
func Expand(inputs []string) ([]string, error) {
	if len(inputs) == 0 {
		return nil, fmt.Errorf("no input: give files, globs, directories or -")
	}
	var paths []string
	for _, input := range inputs {
		found, err := expandOne(input)
		if err != nil {
			return nil, err
		}
		paths = append(paths, found...)
	}
	seen := make(map[string]bool, len(paths))
	for _, p := range paths {
		if key := filepath.Clean(p); seen[key] {
			return nil, fmt.Errorf("%s: named twice among the inputs; its rows would count twice", p)
		} else {
			seen[key] = true
		}
	}
	return paths, nil
}

func expandOne(input string) ([]string, error) {
	if input == "-" {
		return []string{input}, nil
	}
	info, err := os.Stat(input)
	switch {
	case err == nil && !info.IsDir():
		return []string{input}, nil
	case err == nil:
		return directory(input)
	case !strings.ContainsAny(input, "*?["):
		return nil, notFound(input, err)
	}
	matches, err := filepath.Glob(input)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", input, err)
	}
	slices.Sort(matches)
	var paths []string
	for _, m := range matches {
		if info, err := os.Stat(m); err == nil && !info.IsDir() && !passedOver(m) {
			paths = append(paths, m)
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s: %w matches", input, ErrNotFound)
	}
	return paths, nil
}

func directory(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	var paths []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if passedOver(path) {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, notFound(path, err)
		}
		if !info.IsDir() {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s: %w to read in this folder (names with . or _ in front are passed over, folders within are not searched)", dir, ErrNotFound)
	}
	return paths, nil
}

func passedOver(path string) bool {
	name := filepath.Base(path)
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}
