// Package store writes part files where workers leave them: into a folder that
// they share with the coordinator, or into a bucket that speaks S3. A file left
// is whole and durable, but not part of any output: the coordinator takes it,
// or throws it away.
package store

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// ErrOutOfReach says that a place is not to be had from this machine: a folder
// that it does not share, or a bucket to which it has no key.
var ErrOutOfReach = errors.New("the place for part files is out of reach from here")

// ErrTrouble says that a place that was reached did not take what was written:
// the same work can succeed elsewhere or later.
var ErrTrouble = errors.New("the place for part files is in trouble")

// File is one part file being written. Either Close or Abort ends it.
type File interface {
	io.Writer
	// Close makes the file durable and says how the coordinator finds it.
	Close() (*partial.Left, error)
	// Abort leaves nothing behind. After Close it throws the file away.
	Abort() error
}

// PartName names the part of a split. The key tells the assignment that writes
// it from all others of any coordinator: two workers on the same split never
// write the same file.
func PartName(unit int, key string) string {
	return fmt.Sprintf("part-%05d-%s.parquet", unit, key)
}

// Writers begins files at places. It is for any number of goroutines; the zero
// value is ready.
type Writers struct {
	mu      sync.Mutex
	buckets map[wire.Bucket]*Bucket
}

// Create begins a file. Its context is also that of the writes. Errors:
// ErrOutOfReach, or the context's.
func (w *Writers) Create(ctx context.Context, place *wire.PartPlace, name string) (File, error) {
	if place.Bucket == nil {
		return createLocal(place, name)
	}
	b, err := w.bucket(place.Bucket)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOutOfReach, err)
	}
	file, err := b.Create(ctx, name)
	if err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("%w: %w", ErrOutOfReach, err)
	}
	return file, err
}

func (w *Writers) bucket(at *wire.Bucket) (*Bucket, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if b := w.buckets[*at]; b != nil {
		return b, nil
	}
	b, err := Dial(at)
	if err != nil {
		return nil, err
	}
	if w.buckets == nil {
		w.buckets = map[wire.Bucket]*Bucket{}
	}
	w.buckets[*at] = b
	return b, nil
}

// Close closes the connections that nothing is written through any more.
func (w *Writers) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.buckets {
		b.Close()
	}
}

// tally counts and hashes what passes.
type tally struct {
	bytes int64
	hash  hash.Hash
}

func (t *tally) add(p []byte) {
	t.bytes += int64(len(p))
	t.hash.Write(p) // never fails, see hash.Hash
}
