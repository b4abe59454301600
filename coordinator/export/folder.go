// Package export writes what a job leaves behind: the out folder, as one
// transaction, and the files in it. docs/formats.md describes them for readers.
package export

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/headwater-dev/headwater/worker/store"
)

// The outputs. RunFile comes last: a folder without it holds no finished job.
const (
	GroupsFile     = "groups.parquet"
	TopFile        = "top.csv"
	FindingsFile   = "findings.json"
	ProfileFile    = "profile.json"
	DiffFile       = "diff.json"
	DiffTableFile  = "diff.csv"
	SegmentsFile   = "segments.json"
	ClustersFile   = "clusters.json"
	CellsFile      = "cells.parquet"
	ModelFile      = "model.json"
	ReportFile     = "report.md"
	ReportHTMLFile = "report.html"
	RunFile        = "run.json"

	FindingsTableFile = "findings.csv"
	RecheckFile       = "recheck.json"
	RecheckTableFile  = "recheck.csv"
	DriftFile         = "drift.json"
	EvidenceFile      = "evidence.sql"

	AssignmentsDir = "assignments" // part files and ManifestFile
	ManifestFile   = AssignmentsDir + "/manifest.json"
	AudiencesDir   = "audiences" // one file per segment
)

// dirs are the folders of outputs within the out folder.
var dirs = []string{AssignmentsDir, AudiencesDir}

var topLevel = []string{
	GroupsFile, TopFile, FindingsFile, FindingsTableFile, ProfileFile, SegmentsFile, ClustersFile, CellsFile, ModelFile, ReportFile, ReportHTMLFile, RunFile,
	EvidenceFile, RecheckFile, RecheckTableFile, DriftFile, DiffFile, DiffTableFile,
}

// isOutput tells whether name (slash-separated, within the folder) is one of ours.
func isOutput(name string) bool {
	switch dir, file := path.Split(name); dir {
	case AssignmentsDir + "/":
		return file == "manifest.json" || strings.HasPrefix(file, "part-") && strings.HasSuffix(file, ".parquet")
	case AudiencesDir + "/":
		return isAudience(file)
	}
	return slices.Contains(topLevel, name)
}

// Output is one finished file.
type Output struct {
	Name   string `json:"name"` // slash-separated, within the folder
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Folder is an out folder being filled. Files are written to a staging folder
// inside it (so on the same file system, even where the folder is a mount) and
// appear under their names only by Commit, all or none. Its methods are for
// one goroutine at a time.
type Folder struct {
	path    string
	staging string
	lock    *os.File
	made    []string // folders that Open made, outermost first
	earlier []string // outputs of the earlier job that this one replaces
	outputs []Output // closed
	open    map[string]bool
	failed  error // the first write that went wrong
	ended   bool
}

// Open takes the folder at path for one job, making it where it does not exist.
// A folder that holds anything is refused unless force is set; even then only
// what an earlier job wrote is replaced, and any other file under one of our
// names is an error. Whatever would keep the job from writing is found here,
// before the work. What runs that died here left behind is tidied first.
func Open(path string, force bool) (*Folder, error) {
	if path == "" {
		return nil, errors.New("no out folder is named: give one with --out")
	}
	if strings.HasPrefix(path, store.Scheme) {
		return nil, fmt.Errorf("%s: %w", path, errLocalOnly)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("out folder %s: %w", path, err)
	}
	if err := refuseSpecial(abs); err != nil {
		return nil, err
	}
	f := &Folder{path: abs, open: map[string]bool{}}
	if f.made, err = makeFolders(abs); err != nil {
		return nil, f.explain("out folder", "", err)
	}
	if err := f.prepare(force); err != nil {
		return nil, errors.Join(err, f.release())
	}
	return f, nil
}

func (f *Folder) prepare(force bool) error {
	if err := tidy(f.path); err != nil {
		return err
	}
	if err := f.inspect(force); err != nil {
		return err
	}
	var err error
	if f.staging, err = os.MkdirTemp(f.path, stagingPrefix); err != nil {
		return f.explain("out folder", "", err)
	}
	if f.lock, err = os.OpenFile(filepath.Join(f.staging, lockFile), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return f.explain("out folder", "", err)
	}
	if _, err := tryLock(f.lock); err != nil {
		return fmt.Errorf("out folder %s: lock: %w", f.path, err)
	}
	for _, dir := range []string{newDir, oldDir} {
		if err := os.Mkdir(filepath.Join(f.staging, dir), 0o777); err != nil {
			return f.explain("out folder", "", err)
		}
	}
	return nil
}

// inspect decides whether the folder may be used, and what is replaced.
func (f *Folder) inspect(force bool) error {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return f.explain("out folder", "", err)
	}
	foreign := slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), stagingPrefix) })
	if len(foreign) == 0 {
		return nil
	}
	if !force {
		return fmt.Errorf("out folder %s is not empty (it holds %s): choose another, or replace an earlier job's outputs with --force", f.path, foreign[0].Name())
	}
	if f.earlier, err = readIndex(f.path); err != nil {
		return err
	}
	present, err := presentOutputs(f.path)
	if err != nil {
		return err
	}
	for _, name := range present {
		if !slices.Contains(f.earlier, name) {
			return fmt.Errorf("%s was not written by an earlier job into this folder, so it is not replaced: move it away, or choose another --out", filepath.Join(f.path, name))
		}
	}
	return nil
}

// presentOutputs lists what stands under one of our names.
func presentOutputs(folder string) ([]string, error) {
	var present []string
	for _, name := range dirs {
		dir := filepath.Join(folder, name)
		info, err := os.Lstat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, fmt.Errorf("out folder: %w", err)
		case !info.IsDir():
			return nil, fmt.Errorf("%s must be a folder, but is not one: move it away, or choose another --out", dir)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, fmt.Errorf("out folder: %w", err)
		}
		for _, e := range entries {
			if name := name + "/" + e.Name(); isOutput(name) {
				present = append(present, name)
			}
		}
	}
	for _, name := range topLevel {
		if exists(filepath.Join(folder, name)) {
			present = append(present, name)
		}
	}
	return present, nil
}

// Replaces says whether Commit would replace or remove the file at path.
func (f *Folder) Replaces(path string) bool {
	file, err := os.Stat(path)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(f.earlier, func(name string) bool {
		info, err := os.Stat(filepath.Join(f.path, filepath.FromSlash(name)))
		return err == nil && os.SameFile(file, info)
	})
}

// Path returns the folder's absolute path.
func (f *Folder) Path() string { return f.path }

// Outputs lists the files closed so far, by name.
func (f *Folder) Outputs() []Output {
	outputs := slices.Clone(f.outputs)
	slices.SortFunc(outputs, func(a, b Output) int { return strings.Compare(a.Name, b.Name) })
	return outputs
}

// Create starts the output of the given name, one of those above or a file in
// one of the folders. Writes are buffered; Close makes the file durable and must be
// called before Commit. An error names the file, and the folder where it is full.
func (f *Folder) Create(name string) (io.WriteCloser, error) {
	switch {
	case f.ended:
		return nil, fmt.Errorf("out folder %s is closed: %s cannot be written any more", f.path, name)
	case !isOutput(name):
		return nil, fmt.Errorf("%q is not the name of an output", name)
	}
	staged := filepath.Join(f.staging, newDir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(staged), 0o777); err != nil {
		return nil, f.fail(name, err)
	}
	file, err := os.OpenFile(staged, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, f.fail(name, err)
	}
	f.open[name] = true
	out := &output{folder: f, name: name, file: file, hash: sha256.New()}
	out.buffer = bufio.NewWriterSize(io.MultiWriter(file, out.hash), 1<<20)
	return out, nil
}

// Staged opens an output that was closed, to be read before Commit.
func (f *Folder) Staged(name string) (*os.File, error) {
	file, err := os.Open(filepath.Join(f.staging, newDir, filepath.FromSlash(name)))
	if err != nil {
		return nil, f.explain("read back", name, err)
	}
	return file, nil
}

// fail explains err and remembers it, so that Commit refuses.
func (f *Folder) fail(name string, err error) error {
	err = f.explain("write", name, err)
	if f.failed == nil {
		f.failed = err
	}
	return err
}

// explain wraps an error of the file system with the file's final place and,
// where there is one, the remedy.
func (f *Folder) explain(what, name string, err error) error {
	// The path inside the error is that of the staged file: say the final one instead.
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		err = e.Err
	}
	place := filepath.Join(f.path, filepath.FromSlash(name))
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%s %s: the disk that holds %s is full; earlier outputs are untouched: free space, or choose another --out: %w", what, place, f.path, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%s %s is not writable: change its permissions, or choose another --out: %w", what, place, err)
	}
	return fmt.Errorf("%s %s: %w", what, place, err)
}

// output is one file being written.
type output struct {
	folder *Folder
	name   string
	file   *os.File
	hash   hash.Hash
	buffer *bufio.Writer
	bytes  int64
	closed bool
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.buffer.Write(p)
	o.bytes += int64(n)
	if err != nil {
		err = o.folder.fail(o.name, err)
	}
	return n, err
}

// Close makes the file durable. Closing again does nothing.
func (o *output) Close() error {
	if o.closed {
		return nil
	}
	o.closed = true
	err := o.buffer.Flush()
	if err == nil {
		err = o.file.Sync()
	}
	if e := o.file.Close(); err == nil {
		err = e
	}
	if err != nil {
		return o.folder.fail(o.name, err)
	}
	delete(o.folder.open, o.name)
	o.folder.outputs = append(o.folder.outputs, Output{o.name, o.bytes, hex.EncodeToString(o.hash.Sum(nil))})
	return nil
}
