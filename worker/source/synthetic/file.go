package synthetic

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// draft is a file to be written.
type draft struct {
	path  string
	write func(io.Writer) error // nil: no such file is to be left
}

// replaceFiles writes files that belong together. All are written under
// temporary names in their folder, in their order, and then renamed, the first
// one last: where it is found, its companions are there. After an error no
// temporary file remains.
func replaceFiles(files ...draft) error {
	names := make([]string, len(files))
	for i, f := range files {
		if f.write == nil {
			continue
		}
		var err error
		if names[i], err = f.finish(); err != nil {
			return err
		}
		defer os.Remove(names[i])
	}
	for i := len(files) - 1; i >= 0; i-- {
		err := files[i].place(names[i])
		for j := i + 1; err != nil && j < len(files); j++ {
			err = errors.Join(err, draft{path: files[j].path}.place(""))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// place gives the finished file its name, or sees that there is none.
func (f draft) place(finished string) error {
	if f.write == nil {
		if err := os.Remove(f.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%s: of an earlier table, to be removed: %w", f.path, err)
		}
		return nil
	}
	if err := os.Rename(finished, f.path); err != nil {
		return fmt.Errorf("%s: giving the finished file its name: %w", f.path, err)
	}
	return nil
}

// finish writes the complete file beside its path and returns its temporary
// name, or removes it and says why it could not be written.
func (f draft) finish() (name string, err error) {
	path := f.path
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return "", fmt.Errorf("%s: is a folder; name a file in it", path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return "", explain(path, err)
	}
	defer func() {
		if err != nil {
			err = explain(path, err)
			file.Close()
			os.Remove(file.Name())
		}
	}()
	// CreateTemp keeps others out; the finished table is for everyone.
	if err := file.Chmod(0o644); err != nil {
		return "", err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	if err := f.write(w); err != nil {
		return "", err
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	// Some file systems report a full disk only here.
	if err := file.Sync(); err != nil {
		return "", err
	}
	return file.Name(), file.Close()
}

// explain adds to an error of the file system what can be done about it.
func explain(path string, err error) error {
	dir := filepath.Dir(path)
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%s: the disk that holds %s is full; make room, ask for fewer rows, or choose another folder: %w", path, dir, err)
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%s: folder %s is not writable; choose another: %w", path, dir, err)
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s: folder %s does not exist; make it first: %w", path, dir, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}
