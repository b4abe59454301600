package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Files opens the splits of a table from the files themselves. The zero value
// is ready for use, by many goroutines at once.
type Files struct {
	Mem memory.Allocator // for what Arrow IPC decodes; nil = memory.DefaultAllocator
}

var _ Opener = Files{}

// Open starts reading the named columns of a split. A file that is not as it
// was when the table was found is refused with ErrChanged, and it is looked at
// again when the split has been read.
func (f Files) Open(ctx context.Context, t *Table, s Split, names []string) (Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	columns, err := t.positions(names)
	if err != nil {
		return nil, err
	}
	if s.File < 0 || s.File >= len(t.Files) {
		return nil, fmt.Errorf("split of file %d of %d", s.File, len(t.Files))
	}
	w := &watch{file: &t.Files[s.File]}
	file, err := os.Open(w.file.Path)
	if err != nil {
		return nil, notFound(w.file.Name, err)
	}
	r, err := f.open(t, s, names, columns, file, w)
	if err == nil {
		return r, nil
	}
	file.Close()
	if changed := w.unchanged(); changed != nil {
		return nil, changed
	}
	return nil, err
}

func (f Files) open(t *Table, s Split, names []string, columns []int, file *os.File, w *watch) (Reader, error) {
	if err := w.unchanged(); err != nil {
		return nil, err
	}
	switch t.Format {
	case CSV:
		return openCSV(t, s, names, columns, file, w)
	case Parquet:
		return openParquet(t, s, columns, file, w)
	case Arrow:
		mem := f.Mem
		if mem == nil {
			mem = memory.DefaultAllocator
		}
		return openArrow(t, s, columns, file, w, mem)
	}
	return nil, fmt.Errorf("%s: unknown format %q", w.file.Name, t.Format)
}

// watch notices that a file is no longer what the table describes.
type watch struct{ file *File }

func (w *watch) unchanged() error {
	now, err := os.Stat(w.file.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w: it is gone", w.file.Name, ErrChanged)
	case err != nil:
		return fmt.Errorf("%s: %w", w.file.Name, err)
	case now.Size() != w.file.Size:
		return fmt.Errorf("%s: %w: %d bytes then, %d now", w.file.Name, ErrChanged, w.file.Size, now.Size())
	case !now.ModTime().Equal(w.file.ModTime):
		return fmt.Errorf("%s: %w: modified %s then, %s now", w.file.Name, ErrChanged,
			w.file.ModTime.Format(timeLayout), now.ModTime().Format(timeLayout))
	}
	return nil
}

const timeLayout = "2006-01-02 15:04:05.000000000"

// notFound wraps ErrNotFound where err says that a file does not exist.
func notFound(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", name, ErrNotFound)
	}
	return fmt.Errorf("%s: %w", name, err)
}
