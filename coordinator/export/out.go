package export

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/store"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Out is where one job's outputs go, a Folder or a Bucket: they appear under
// their names only by Commit, all or none. Its methods are for one goroutine at
// a time.
type Out interface {
	// Path is the place as messages name it.
	Path() string
	// Create starts the output of the given name, one of this package's or a file
	// in one of the folders. Close must be called before Commit.
	Create(name string) (io.WriteCloser, error)
	// Outputs lists the files that are whole so far, by name.
	Outputs() []Output
	// Replaces says whether Commit would replace or remove the local file at path.
	Replaces(path string) bool

	// Parts is where the workers of a coordinator's term leave part files.
	Parts(term string) (*wire.PartPlace, error)
	// Take makes an output of a part. Of the files of one split a single one is
	// taken; what is not taken goes at the end.
	Take(p *partial.Part) (ManifestPart, error)
	// Staged opens an output that is whole, to be read before Commit.
	Staged(name string) (*os.File, error)

	// Commit puts the outputs into place, RunFile last, and ends the transaction.
	Commit() error
	// Abort gives the job up. After Commit it does nothing.
	Abort() error
}

// Readable says what keeps a finished job from being read at path.
func Readable(path string) error {
	if strings.HasPrefix(path, store.Scheme) {
		return fmt.Errorf("%s is in a bucket: finished jobs are read from folders; copy it to one first", path)
	}
	return nil
}

// OpenOut takes the folder at path, or s3://BUCKET/PREFIX/, for one job. The
// context is that of all that is sent to a bucket.
func OpenOut(ctx context.Context, path string, force bool) (Out, error) {
	if strings.HasPrefix(path, store.Scheme) {
		return openBucket(ctx, path, force)
	}
	return Open(path, force)
}
