package export

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/headwater-dev/headwater/worker/store"
)

// atOnce is how many small requests are under way at a time.
const atOnce = 16

// orderly bounds what is done for the sake of order after a failure.
const orderly = 30 * time.Second

// seal completes the uploads that were taken.
func (b *Bucket) seal() error {
	todo := b.taken[b.sealed:]
	b.sealed = len(b.taken)
	return each(b.ctx, len(todo), func(ctx context.Context, i int) error { return b.store.Complete(ctx, &todo[i]) })
}

// Commit puts the outputs into place: parts first, then the manifest that makes
// them count, RunFile last. The manifest replaces the one that was there at the
// beginning and no other, so that of two jobs at one place a single one gets
// through. If anything breaks off, what this job has put there is removed.
func (b *Bucket) Commit() error {
	if b.over {
		return nil
	}
	err := b.ready()
	if err == nil {
		err = b.publish()
	}
	if err != nil {
		return errors.Join(err, b.Abort())
	}
	b.over = true
	// Uploads of workers that were given up, and of jobs that cannot get through
	// any more. Nobody sees them; what is left of them the bucket's own rules remove.
	if left, err := b.store.Uploads(b.ctx, partsBegin); err == nil {
		_ = each(b.ctx, len(left), func(ctx context.Context, i int) error {
			return b.store.Discard(ctx, left[i].Name, left[i].Upload)
		})
	}
	return b.release()
}

func (b *Bucket) publish() error {
	if err := b.seal(); err != nil {
		return err
	}
	var names []string // as they are put; parts are objects by now
	manifest, run := false, false
	for _, o := range b.Folder.Outputs() {
		switch o.Name {
		case ManifestFile:
			manifest = true
		case RunFile:
			run = true
		default:
			names = append(names, o.Name)
		}
	}
	if manifest {
		if err := b.switchManifest(); err != nil {
			return err
		}
	}
	listed := slices.Clone(names)
	if manifest {
		listed = append(listed, ManifestFile)
	}
	for _, o := range b.parts {
		listed = append(listed, o.Name)
	}
	if run {
		listed = append(listed, RunFile)
	}
	slices.Sort(listed)
	if err := b.supersede(listed); err != nil {
		return err
	}
	var content bytes.Buffer
	if err := WriteJSON(&content, index{indexFormat, 1, listed}); err != nil {
		return err
	}
	if err := writeDurably(b.local(indexFile), content.Bytes()); err != nil {
		return err
	}
	names = append(names, indexFile)
	if run {
		names = append(names, RunFile)
	}
	for _, name := range names {
		if err := b.show(name, nil); err != nil {
			return err
		}
	}
	return nil
}

// local is where an output waits.
func (b *Bucket) local(name string) string {
	return filepath.Join(b.staging, newDir, filepath.FromSlash(name))
}

// show puts an output into place.
func (b *Bucket) show(name string, match *string) error {
	err := b.store.Put(b.ctx, name, b.local(name), match)
	if !errors.Is(err, store.ErrTaken) {
		b.put = append(b.put, name) // an answer that is lost may be a good one
	}
	return err
}

// switchManifest puts the manifest into the place of the one that was there.
func (b *Bucket) switchManifest() error {
	err := b.show(ManifestFile, &b.manifest)
	if !errors.Is(err, store.ErrTaken) {
		return err
	}
	ours, err := os.ReadFile(b.local(ManifestFile))
	if err != nil {
		return err
	}
	if theirs, err := b.store.Read(b.ctx, ManifestFile); err == nil && bytes.Equal(ours, theirs) {
		b.put = append(b.put, ManifestFile) // the answer to an earlier try was lost
		return nil
	}
	return fmt.Errorf("out folder %s: another job has filled it meanwhile; its outputs stay: choose another --out", b.store)
}

// supersede removes what the manifest has replaced: the earlier job's outputs,
// first what makes them count, and parts of jobs that were killed.
func (b *Bucket) supersede(listed []string) error {
	if slices.Contains(b.earlier, RunFile) {
		if err := b.store.Remove(b.ctx, RunFile); err != nil {
			return err
		}
	}
	stale := slices.Clone(b.earlier)
	parts, err := b.store.List(b.ctx, partsBegin, 0)
	if err != nil {
		return err
	}
	for _, o := range parts {
		stale = append(stale, o.Name)
	}
	slices.Sort(stale)
	stale = slices.DeleteFunc(slices.Compact(stale), func(name string) bool { return slices.Contains(listed, name) || !isOutput(name) })
	return each(b.ctx, len(stale), func(ctx context.Context, i int) error { return b.store.Remove(ctx, stale[i]) })
}

// Abort removes what this job has put there, visible or not. After Commit it
// does nothing.
func (b *Bucket) Abort() error {
	if b.over {
		return nil
	}
	b.over = true
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), orderly)
	defer cancel()
	slices.Reverse(b.put) // what makes the others count goes first
	for _, name := range b.put {
		if err := b.store.Remove(ctx, name); err != nil {
			return errors.Join(err, b.release())
		}
	}
	var err error
	if b.sealed > 0 {
		err = each(ctx, b.sealed, func(ctx context.Context, i int) error { return b.store.Remove(ctx, b.taken[i].Name) })
	}
	if b.term != "" {
		err = errors.Join(err, b.discard(ctx))
	}
	return errors.Join(err, b.release())
}

// discard throws away the uploads of this coordinator's term.
func (b *Bucket) discard(ctx context.Context) error {
	left, err := b.store.Uploads(ctx, partsBegin)
	if err != nil {
		return err
	}
	return each(ctx, len(left), func(ctx context.Context, i int) error {
		if !strings.Contains(left[i].Name, "-"+b.term) {
			return nil
		}
		return b.store.Discard(ctx, left[i].Name, left[i].Upload)
	})
}

// release gives up what is local.
func (b *Bucket) release() error {
	b.store.Close()
	return errors.Join(b.Folder.Abort(), os.RemoveAll(b.temp))
}

// each does n small things, some at a time, until one fails.
func each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range n {
		group.Go(func() error { return do(ctx, i) })
	}
	return group.Wait()
}
