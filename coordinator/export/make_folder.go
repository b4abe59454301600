package export

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// refuseSpecial keeps the outputs out of folders that are certainly a slip.
func refuseSpecial(abs string) error {
	special := map[string]string{string(filepath.Separator): "the root of the file system"}
	if home, err := os.UserHomeDir(); err == nil && home != "" {
		special[filepath.Clean(home)] = "your home folder"
	}
	resolved := abs
	if r, err := filepath.EvalSymlinks(abs); err == nil {
		resolved = r
	}
	for _, p := range []string{abs, resolved} {
		if what, ok := special[p]; ok || filepath.Dir(p) == p {
			return fmt.Errorf("out folder %s is %s: name a folder of its own", abs, what)
		}
	}
	return nil
}

// makeFolders is os.MkdirAll that tells which folders it made, outermost first.
func makeFolders(abs string) (made []string, err error) {
	info, err := os.Stat(abs)
	switch {
	case err == nil && !info.IsDir():
		return nil, errors.New("is a file, not a folder: choose another --out")
	case err == nil:
		return nil, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if made, err = makeFolders(filepath.Dir(abs)); err != nil {
		return made, err
	}
	if err := os.Mkdir(abs, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return made, err
	}
	return append(made, abs), nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
