package source

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

var (
	// ErrNotFound is wrapped, with the path, when an input does not exist or a
	// glob or directory holds no file.
	ErrNotFound = errors.New("no such file")
	// ErrChanged is wrapped, with the file and what changed, when a file is
	// not as it was when its table was found. Finding it again is the remedy.
	ErrChanged = errors.New("changed while it was being read")
	// ErrNoRows is wrapped when the inputs hold no rows.
	ErrNoRows = errors.New("no rows")
)

// UnknownColumnError says that a table has no column of a name.
type UnknownColumnError struct {
	Column  string
	Nearest []string // up to three names that are spelled alike
}

func (e *UnknownColumnError) Error() string {
	if len(e.Nearest) == 0 {
		return fmt.Sprintf("unknown column %q", e.Column)
	}
	return fmt.Sprintf("unknown column %q; nearest: %s", e.Column, strings.Join(e.Nearest, ", "))
}

// Nearest returns up to three of among that are spelled most like name, by
// edit distance ignoring case, the nearest first and ties in the order given.
// Names that share too little with it are left out.
func Nearest(name string, among []string) []string {
	type scored struct {
		name     string
		distance int
	}
	var near []scored
	lower := strings.ToLower(name)
	for _, other := range among {
		candidate := strings.ToLower(other)
		d := levenshtein.ComputeDistance(lower, candidate)
		if strings.Contains(candidate, lower) || strings.Contains(lower, candidate) {
			d = min(d, 1)
		}
		if 2*d <= max(len([]rune(lower)), 2) {
			near = append(near, scored{other, d})
		}
	}
	slices.SortStableFunc(near, func(a, b scored) int { return a.distance - b.distance })
	names := make([]string, 0, 3)
	for _, n := range near[:min(3, len(near))] {
		names = append(names, n.name)
	}
	return names
}
