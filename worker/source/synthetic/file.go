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

// replaceFiles writes two files that belong together. Both are written under
// temporary names in their folder, the second after the first, and then
// renamed, the second first: where the first is found, its companion is
// there. After an error no temporary file remains.
func replaceFiles(path, companion string, write, writeCompanion func(io.Writer) error) error {
	data, err := draft(path, write)
	if err != nil {
		return err
	}
	defer os.Remove(data)
	notes, err := draft(companion, writeCompanion)
	if err != nil {
		return err
	}
	defer os.Remove(notes)
	if err := os.Rename(notes, companion); err != nil {
		return fmt.Errorf("%s: giving the finished file its name: %w", companion, err)
	}
	if err := os.Rename(data, path); err != nil {
		return errors.Join(fmt.Errorf("%s: giving the finished file its name: %w", path, err), os.Remove(companion))
	}
	return nil
}

// draft writes a complete file beside path and returns its temporary name, or
// removes it and says why it could not be written.
func draft(path string, write func(io.Writer) error) (name string, err error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return "", fmt.Errorf("%s: is a folder; name a file in it", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return "", explain(path, err)
	}
	defer func() {
		if err != nil {
			err = explain(path, err)
			f.Close()
			os.Remove(f.Name())
		}
	}()
	// CreateTemp keeps others out; the finished table is for everyone.
	if err := f.Chmod(0o644); err != nil {
		return "", err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := write(w); err != nil {
		return "", err
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	// Some file systems report a full disk only here.
	if err := f.Sync(); err != nil {
		return "", err
	}
	return f.Name(), f.Close()
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
