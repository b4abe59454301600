package store

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/wire"
)

// local is a file in a folder that several machines may share.
type local struct {
	place  *wire.PartPlace
	path   string
	name   string
	file   *os.File
	buffer *bufio.Writer
	tally
}

func createLocal(place *wire.PartPlace, name string) (File, error) {
	token, err := os.ReadFile(filepath.Join(place.Folder, wire.TokenFile))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrOutOfReach, err)
	case string(token) != place.Token:
		return nil, fmt.Errorf("%w: %s is another folder here", ErrOutOfReach, place.Folder)
	}
	l := &local{place: place, path: filepath.Join(place.Folder, name), name: name, tally: tally{hash: sha256.New()}}
	l.file, err = os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return nil, fmt.Errorf("%w: %w", ErrOutOfReach, err)
	}
	if err != nil {
		return nil, l.explain(err)
	}
	l.buffer = bufio.NewWriterSize(l.file, 1<<20)
	return l, nil
}

func (l *local) Write(p []byte) (int, error) {
	l.add(p)
	n, err := l.buffer.Write(p)
	return n, l.explain(err)
}

func (l *local) Close() (*partial.Left, error) {
	err := l.buffer.Flush()
	if err == nil {
		err = l.file.Sync()
	}
	if e := l.file.Close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, errors.Join(l.explain(err), l.Abort())
	}
	return &partial.Left{Name: l.name, Bytes: l.bytes, SHA256: hex.EncodeToString(l.hash.Sum(nil))}, nil
}

// Abort removes the file; where the folder has gone, the file has as well.
func (l *local) Abort() error {
	_ = l.file.Close() // it is not wanted
	if err := os.Remove(l.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return l.explain(err)
	}
	return nil
}

// explain says what happened where. A full disk is full for everyone, so it is
// not passed on as an error that another worker might not meet.
func (l *local) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("write %s: the disk that holds %s is full; earlier outputs are untouched: free space, or choose another --out", l.name, l.place.Out)
	}
	return fmt.Errorf("%w: %s: %w", ErrTrouble, l.place.Out, err)
}
