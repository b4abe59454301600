package source

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"
)

// spooler makes files that can be read from any place, and twice, out of inputs
// that cannot: stdin, compressed files, and text in other encodings than UTF-8.
type spooler struct {
	spec *Spec
	dir  string // "" until something is spooled
	n    int
}

// input is a file to read: as it is, or as it was spooled.
type input struct {
	File
	format Format
}

// prepare opens what the user named and spools it where it must be.
func (s *spooler) prepare(ctx context.Context, path string) (in input, err error) {
	in.Path, in.Name = path, path
	if path == "-" {
		in.Name = "stdin"
		stdin := s.spec.Stdin
		if stdin == nil {
			stdin = os.Stdin
		}
		reading, stop := context.WithCancel(ctx)
		defer stop()
		if in.Path, err = s.spool(ctx, in.Name, interruptible(reading, stdin)); err != nil {
			return in, err
		}
	}
	before, head, err := inspect(in.Path, in.Name)
	if err != nil {
		return in, err
	}
	if before.Size == 0 {
		return in, fmt.Errorf("%s: the file is empty: %w", in.Name, ErrNoRows)
	}
	kind, plainName := compression(in.Name, head)
	if kind != "" {
		if in.Path, err = s.decompress(ctx, in, kind); err != nil {
			return in, err
		}
		if _, head, err = inspect(in.Path, in.Name); err != nil {
			return in, err
		}
		if len(head) == 0 {
			return in, fmt.Errorf("%s: the file is empty: %w", in.Name, ErrNoRows)
		}
	}
	in.format = s.spec.Format
	if in.format == "" {
		if in.format, err = detectFormat(plainName, head); err != nil {
			return in, err
		}
	}
	if in.format == CSV {
		encoding := utf16Name(head)
		if encoding == "" {
			encoding = s.spec.Encoding
		}
		if in.Path, err = s.transcode(ctx, in, encoding); err != nil {
			return in, err
		}
	}
	if path != "-" {
		before.Path = path
		if err := (&watch{file: &before}).unchanged(); err != nil {
			return in, err
		}
	}
	name := in.Name
	in.File, _, err = inspect(in.Path, name)
	return in, err
}

// inspect returns a file as it is now, and its first bytes.
func inspect(path, name string) (File, []byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return File{}, nil, notFound(name, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return File{}, nil, fmt.Errorf("%s: %w", name, err)
	}
	if !info.Mode().IsRegular() {
		return File{}, nil, fmt.Errorf("%s: not a regular file; pipe it in with - instead", name)
	}
	head := make([]byte, headBytes)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return File{}, nil, fmt.Errorf("%s: %w", name, err)
	}
	return File{Path: path, Name: name, Size: info.Size(), ModTime: info.ModTime()}, head[:n], nil
}

// spool writes what it reads to a new file of the spool directory.
func (s *spooler) spool(ctx context.Context, name string, r io.Reader) (path string, err error) {
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp(s.spec.TempDir, "headwater-spool-"); err != nil {
			return "", fmt.Errorf("%s: a place for a copy of it (--temp-dir): %w", name, err)
		}
	}
	s.n++
	path = filepath.Join(s.dir, strconv.Itoa(s.n))
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("%s: spooling: %w", name, err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	_, err = io.Copy(w, contextReader{ctx, r})
	if err == nil {
		err = w.Flush()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "", fmt.Errorf("%s: the compressed file is cut short; write it again: %w", name, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "", fmt.Errorf("%s: a copy of it does not fit into the folder of temporary files; name another with --temp-dir: %w", name, err)
	case err != nil:
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return path, nil
}

func (s *spooler) decompress(ctx context.Context, in input, kind string) (string, error) {
	f, err := os.Open(in.Path)
	if err != nil {
		return "", notFound(in.Name, err)
	}
	defer f.Close()
	var r io.Reader
	switch kind {
	case "gzip":
		r, err = gzip.NewReader(bufio.NewReaderSize(f, 1<<20))
	case "zstd":
		var d *zstd.Decoder
		if d, err = zstd.NewReader(f); err == nil {
			defer d.Close()
			r = d
		}
	}
	if err != nil {
		return "", fmt.Errorf("%s: %s: %w", in.Name, kind, err)
	}
	return s.spool(ctx, in.Name, r)
}

// transcode spools CSV text as UTF-8. Text that is UTF-8 already stays where it
// is.
func (s *spooler) transcode(ctx context.Context, in input, name string) (string, error) {
	if name == "" {
		return in.Path, nil
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		return "", fmt.Errorf("%s: unknown encoding %q; give a name like gb18030, gbk, big5, shift_jis, windows-1252 or utf-16", in.Name, name)
	}
	if canonical, _ := htmlindex.Name(enc); canonical == "utf-8" {
		return in.Path, nil
	}
	f, err := os.Open(in.Path)
	if err != nil {
		return "", notFound(in.Name, err)
	}
	defer f.Close()
	decoded := &replacementFinder{r: transform.NewReader(f, enc.NewDecoder()), name: in.Name, encoding: name}
	return s.spool(ctx, in.Name, decoded)
}

// replacementFinder refuses text in which a decoder put U+FFFD for what it
// could not read.
type replacementFinder struct {
	r              io.Reader
	name, encoding string
	lines          int64
	tail           []byte // the last two bytes, for a character across two reads
}

func (f *replacementFinder) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	text := append(f.tail, p[:n]...)
	if i := bytes.Index(text, []byte("\ufffd")); i >= 0 {
		line := f.lines + int64(bytes.Count(text[len(f.tail):max(i, len(f.tail))], []byte{'\n'})) + 1
		return 0, fmt.Errorf("line %d is not valid %s; give the right --encoding", line, f.encoding)
	}
	f.lines += int64(bytes.Count(p[:n], []byte{'\n'}))
	f.tail = append([]byte(nil), text[max(0, len(text)-2):]...)
	return n, err
}
