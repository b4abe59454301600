package source

import (
	"io"
	"sync"

	"github.com/parquet-go/parquet-go/format"
)

// footerCache keeps the metadata of the files read last: every split of a file
// needs it, and decoding it takes some microseconds for each column chunk of
// each row group. What it holds is read only.
type footerCache struct {
	mu      sync.Mutex
	entries []cachedFooter // the last used last; at most cachedFooters
}

type cachedFooter struct {
	path     string
	size     int64
	modified int64
	metadata *format.FileMetaData
}

const cachedFooters = 4

var footers footerCache

// read returns the metadata of a file that is as File says.
func (c *footerCache) read(file *File, r io.ReaderAt) (*format.FileMetaData, error) {
	key := cachedFooter{path: file.Path, size: file.Size, modified: file.ModTime.UnixNano()}
	c.mu.Lock()
	for i, e := range c.entries {
		if key.metadata = e.metadata; key == e {
			c.entries = append(append(c.entries[:i], c.entries[i+1:]...), e)
			c.mu.Unlock()
			return e.metadata, nil
		}
	}
	c.mu.Unlock()
	m, err := readFooter(file, r)
	if err != nil {
		return nil, err
	}
	key.metadata = m
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries = append(c.entries, key)
	if len(c.entries) > cachedFooters {
		c.entries = append([]cachedFooter(nil), c.entries[1:]...)
	}
	return m, nil
}
