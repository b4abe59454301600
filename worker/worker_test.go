package worker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

func TestMemoryLimit(t *testing.T) {
	if n := memoryLimit(); n < 64<<20 || n > 1<<50 {
		t.Errorf("%d bytes", n)
	}
}

func TestErrorsSorted(t *testing.T) {
	tests := []struct {
		err                   error
		outOfReach, transient bool
	}{
		{&fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}, true, false},
		{fmt.Errorf("x: %w", source.ErrNotFound), true, false},
		{fmt.Errorf("x: %w", source.ErrChanged), true, false},
		{fmt.Errorf("x: %w", syscall.EIO), false, true},
		{fmt.Errorf("x: %w", context.Canceled), false, true},
		{wire.ErrDisconnected, false, true},
		{&wire.ReadError{Message: "bad page"}, false, false},
		{&wire.ReadError{Message: "slow", Again: true}, false, true},
		{errors.New("row 7: 3 fields where 4 were expected"), false, false},
	}
	for _, tt := range tests {
		if got := outOfReach(tt.err); got != tt.outOfReach {
			t.Errorf("%v: out of reach %v", tt.err, got)
		}
		if got := transient(tt.err); got != tt.transient {
			t.Errorf("%v: transient %v", tt.err, got)
		}
	}
}

type openFunc func() (source.Reader, error)

func (f openFunc) Open(context.Context, *source.Table, source.Split, []string) (source.Reader, error) {
	return f()
}

func TestOpenerFallsBack(t *testing.T) {
	bad, there := errors.New("corrupt"), errors.New("asked the coordinator")
	for here, want := range map[error]error{bad: bad, source.ErrChanged: there} {
		o := &opener{
			here:  openFunc(func() (source.Reader, error) { return nil, here }),
			there: openFunc(func() (source.Reader, error) { return nil, there }),
			log:   slog.New(slog.DiscardHandler),
		}
		if _, err := o.Open(t.Context(), nil, source.Split{}, nil); !errors.Is(err, want) {
			t.Errorf("%v: %v", here, err)
		}
	}
}

// TestLoadShard: a shard of two pieces of a CSV file, and a file that has
// fewer rows than were found before.
func TestLoadShard(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.csv")
	text := "name,n\n" + strings.Repeat("a,1\nb,2\n", 500)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	table, err := source.Find(t.Context(), source.Spec{Inputs: []string{path}})
	if err != nil {
		t.Fatal(err)
	}
	plan := &encoder.Plan{
		Features: []encoder.Feature{{Name: "name", Column: "name", Kind: encoder.Category, Levels: []encoder.Level{{Name: "a", Value: "a"}, {Name: "b", Value: "b"}}}},
		Measures: []encoder.Measure{{Name: "n", Column: "n"}},
	}
	first, second := table.Splits[0], table.Splits[0]
	first.Rows, second.Skip, second.Rows = 300, 300, 600
	var read int64
	count := func(rows int64) { read += rows }
	s, err := LoadShard(t.Context(), table, source.Files{}, plan, wire.Shard{ID: 5, Pieces: []source.Split{first, second}}, count)
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, n := range s.Values(0, nil) {
		sum += n
	}
	if s.ID() != 5 || s.Rows() != 900 || read != 900 || sum != 1350 {
		t.Errorf("shard %d of %d rows, %d read, sum %d", s.ID(), s.Rows(), read, sum)
	}
	second.Rows = 800
	if _, err := LoadShard(t.Context(), table, source.Files{}, plan, wire.Shard{Pieces: []source.Split{second}}, count); err == nil {
		t.Error("100 rows are missing, and nobody noticed")
	}
}

// TestQueue: assignments are taken once, in order, and only of this term.
func TestQueue(t *testing.T) {
	s := &session{term: "t", wake: make(chan struct{}, 1), answers: map[wire.Key]wire.Blob{}}
	ask := func(n int, term string) {
		s.handle(wire.ToWorker{Term: term, Assign: &wire.Assign{Key: wire.Key{Round: 1, Attempt: 1, Assignment: n}}})
	}
	ask(1, "t")
	ask(1, "t")
	ask(2, "t")
	ask(3, "t")
	if r := s.handle(wire.ToWorker{Term: "other", Assign: &wire.Assign{}}); r.Refused != wire.RefusedTerm {
		t.Errorf("%+v", r)
	}
	s.handle(wire.ToWorker{Term: "t", Forget: &wire.Key{Round: 1, Attempt: 1, Assignment: 2}})
	for _, want := range []int{1, 3} {
		if a := s.next(); a == nil || a.Key.Assignment != want {
			t.Errorf("got %+v, want %d", a, want)
		}
	}
	if a := s.next(); a != nil {
		t.Errorf("got %+v", a)
	}
}
