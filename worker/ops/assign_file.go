package ops

import (
	"bytes"
	"context"
	"errors"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/store"
)

// partFile takes a part's content: where parts are left, or else in memory.
type partFile struct {
	left    store.File // nil = content
	content bytes.Buffer
}

// create begins the part of a split.
func (a *assigner) create(ctx context.Context, unit int) (*partFile, error) {
	f := &partFile{}
	if a.env.Parts == nil || !a.params.Place.Known() {
		return f, nil
	}
	var err error
	f.left, err = a.env.Parts.Create(ctx, &a.params.Place, store.PartName(unit, a.env.Key))
	if errors.Is(err, store.ErrOutOfReach) {
		return f, nil
	}
	return f, err
}

func (f *partFile) Write(p []byte) (int, error) {
	if f.left != nil {
		return f.left.Write(p)
	}
	return f.content.Write(p)
}

func (f *partFile) close(part *partial.Part) (err error) {
	if f.left != nil {
		part.Left, err = f.left.Close()
		return err
	}
	part.Bytes = f.content.Bytes()
	return nil
}

// Abort throws away what was written.
func (f *partFile) Abort() error {
	if f.left != nil {
		return f.left.Abort()
	}
	return nil
}
