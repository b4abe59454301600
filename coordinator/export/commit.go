package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// A staging folder's contents. While new names are being put into place, the
// journal lists them, so that a commit that was cut short can be undone by the
// next job as well (see undo).
const (
	stagingPrefix = ".headwater-"
	newDir        = "new"     // outputs of this job
	oldDir        = "old"     // outputs of the earlier job, moved aside
	journalFile   = "journal" // names to be put into place, in this order
	lockFile      = "lock"    // locked while the job lives
)

// indexFile lists the outputs of the finished job in the folder. Only what it
// lists is ever replaced.
const indexFile = ".headwater.json"

type index struct {
	Format  string   `json:"format"`
	Version int      `json:"version"`
	Outputs []string `json:"outputs"`
}

const indexFormat = "headwater-outputs"

// rename is replaced by tests that let a commit break off.
var rename = os.Rename

// Commit puts the outputs into place, RunFile last, and ends the transaction.
// If that breaks off, everything is put back as it was. Outputs of the earlier
// job that this one did not write again are removed. Committing again does
// nothing.
func (f *Folder) Commit() error {
	if err := f.ready(); err != nil || f.ended {
		return err
	}
	if err := f.place(); err != nil {
		err = f.fail("", err)
		if e := undo(f.path, f.staging); e != nil {
			err = errors.Join(err, e)
		}
		return errors.Join(err, f.release())
	}
	f.made = nil
	_ = f.release() // what is left of the staging folder is removed by the next job
	return nil
}

// ready says what keeps the outputs from being put into place.
func (f *Folder) ready() error {
	if f.failed != nil {
		return f.failed
	}
	for name := range f.open {
		return f.fail(name, errors.New("is still being written"))
	}
	return nil
}

// Abort gives the job up: nothing that was in the folder changes. After Commit
// or another Abort it does nothing.
func (f *Folder) Abort() error {
	if f.ended {
		return nil
	}
	f.failed = fmt.Errorf("out folder %s: the job was given up", f.path)
	return f.release()
}

// release removes the staging folder and the folders Open made, if empty.
func (f *Folder) release() error {
	f.ended = true
	var err error
	if f.staging != "" {
		err = os.RemoveAll(f.staging)
	}
	if f.lock != nil {
		f.lock.Close()
	}
	for _, dir := range slices.Backward(f.made) {
		os.Remove(dir) // keeps a folder that is not empty
	}
	if err != nil {
		return fmt.Errorf("out folder %s: %w", f.path, err)
	}
	return nil
}

func (f *Folder) place() error {
	names := make([]string, 0, len(f.outputs)+2)
	run := false
	for _, o := range f.Outputs() {
		if o.Name == RunFile {
			run = true
		} else {
			names = append(names, o.Name)
		}
	}
	listed := slices.Clone(names)
	names = append(names, indexFile)
	if run {
		listed, names = append(listed, RunFile), append(names, RunFile)
	}
	var content bytes.Buffer
	if err := WriteJSON(&content, index{indexFormat, 1, listed}); err != nil {
		return err
	}
	if err := writeDurably(filepath.Join(f.staging, newDir, indexFile), content.Bytes()); err != nil {
		return err
	}
	if err := writeDurably(filepath.Join(f.staging, journalFile), []byte(strings.Join(names, "\n"))); err != nil {
		return err
	}
	if err := syncFolders(f.staging, filepath.Join(f.staging, newDir)); err != nil {
		return err
	}
	// RunFile goes first and comes last: without it nothing counts.
	aside := append([]string{RunFile, indexFile}, f.earlier...)
	for _, name := range aside {
		if err := move(f.path, filepath.Join(f.staging, oldDir), name); err != nil {
			return err
		}
	}
	for _, name := range names {
		if name == RunFile { // what it vouches for must not be lost where it is not
			if err := syncFolders(append(paths(f.path), f.path)...); err != nil {
				return err
			}
		}
		if err := move(filepath.Join(f.staging, newDir), f.path, name); err != nil {
			return err
		}
	}
	removeEmpty(f.path)
	if err := syncFolders(f.path); err != nil {
		return fmt.Errorf("the outputs are in place, but may not survive a power cut: %w", err)
	}
	return nil
}

// paths are the places of the folders of outputs.
func paths(folder string) []string {
	var out []string
	for _, dir := range dirs {
		out = append(out, filepath.Join(folder, dir))
	}
	return out
}

// removeEmpty removes folders of outputs in which nothing is left.
func removeEmpty(folder string) {
	for _, path := range paths(folder) {
		os.Remove(path)
	}
}

// undo puts back what a commit that broke off has moved. It goes by what is on
// disk, so it can be repeated, and serves the next job as well as this one.
func undo(folder, staging string) error {
	journal, err := os.ReadFile(filepath.Join(staging, journalFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was moved
	}
	if err != nil {
		return fmt.Errorf("undo a commit that broke off: %w", err)
	}
	names := strings.Split(string(journal), "\n")
	if last := names[len(names)-1]; !exists(filepath.Join(staging, newDir, filepath.FromSlash(last))) && exists(filepath.Join(folder, last)) {
		return nil // it had finished
	}
	// Back to new, not away: once all are there, a repetition leaves alone
	// what has been restored under the same name.
	for _, name := range slices.Backward(names) {
		if exists(filepath.Join(staging, newDir, filepath.FromSlash(name))) {
			continue
		}
		if err := move(folder, filepath.Join(staging, newDir), name); err != nil {
			return fmt.Errorf("undo a commit that broke off: %w", err)
		}
	}
	old := filepath.Join(staging, oldDir)
	var restore []string
	err = filepath.WalkDir(old, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(old, path) // path lies below old
			restore = append(restore, filepath.ToSlash(name))
		}
		return err
	})
	for _, name := range restore {
		if name != RunFile && err == nil {
			err = move(old, folder, name)
		}
	}
	if err == nil {
		err = move(old, folder, RunFile)
	}
	if err != nil {
		return fmt.Errorf("undo a commit that broke off: the earlier outputs are in %s: %w", old, err)
	}
	removeEmpty(folder)
	return nil
}

// tidy undoes and removes what jobs that died in the folder have left, and
// refuses a folder in which one still runs.
func tidy(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("out folder %s: %w", folder, err)
	}
	for _, e := range entries {
		staging := filepath.Join(folder, e.Name())
		if !e.IsDir() || !strings.HasPrefix(e.Name(), stagingPrefix) || !exists(filepath.Join(staging, lockFile)) {
			continue
		}
		if err := tidyOne(folder, staging); err != nil {
			return err
		}
	}
	return nil
}

func tidyOne(folder, staging string) error {
	lock, err := os.OpenFile(filepath.Join(staging, lockFile), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("out folder %s: what an earlier job left: %w", folder, err)
	}
	defer lock.Close()
	free, err := tryLock(lock)
	if err != nil {
		return fmt.Errorf("out folder %s: lock: %w", folder, err)
	}
	if !free {
		return fmt.Errorf("out folder %s is being written by another job: wait for it, or choose another --out", folder)
	}
	if err := undo(folder, staging); err != nil {
		return err
	}
	return os.RemoveAll(staging)
}

// readIndex lists the outputs of the finished job in the folder.
func readIndex(folder string) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(folder, indexFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("out folder %s: %w", folder, err)
	}
	var x index
	if err := json.Unmarshal(data, &x); err != nil || x.Format != indexFormat || x.Version != 1 {
		return nil, fmt.Errorf("%s does not list an earlier job's outputs in a form this version knows: remove it and the outputs, or choose another --out", filepath.Join(folder, indexFile))
	}
	return slices.DeleteFunc(x.Outputs, func(name string) bool { return !isOutput(name) }), nil
}

// move renames a file between folders; that it is not there is no error.
func move(from, to, name string) error {
	src, dst := filepath.Join(from, filepath.FromSlash(name)), filepath.Join(to, filepath.FromSlash(name))
	if !exists(src) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dst), 0o777); err != nil {
		return err
	}
	return rename(src, dst)
}

func writeDurably(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// syncFolders makes renames and new names durable, in the folders that exist.
// File systems that cannot sync a folder say EINVAL, and need not.
func syncFolders(paths ...string) error {
	for _, path := range paths {
		dir, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		err = dir.Sync()
		dir.Close()
		if err != nil && !errors.Is(err, syscall.EINVAL) {
			return err
		}
	}
	return nil
}
