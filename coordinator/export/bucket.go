package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/worker/partial"
	"github.com/headwater-dev/headwater/worker/store"
	"github.com/headwater-dev/headwater/worker/wire"
)

// partsBegin is how the names of all part files begin.
const partsBegin = AssignmentsDir + "/part-"

// Bucket is an out folder in an object store, where nothing can be renamed.
// Parts are uploads that workers have left incomplete, under names that carry
// the coordinator's term; all other outputs wait in a folder of temporary
// files. Commit completes the uploads, and then the manifest makes them count.
type Bucket struct {
	*Folder
	temp  string // holds Folder
	ctx   context.Context
	at    *wire.Bucket
	store *store.Bucket
	term  string // "" before Parts

	taken  []partial.Left
	parts  []Output // of taken
	sealed int      // of taken, how many are objects by now

	earlier  []string // outputs of the earlier job that this one replaces
	manifest string   // ETag of its manifest; "" = there is none
	put      []string // objects that are visible
	over     bool
}

func openBucket(ctx context.Context, name string, force bool) (*Bucket, error) {
	at, err := store.Parse(name)
	if err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	b := &Bucket{ctx: ctx, at: at}
	if b.store, err = store.Dial(at); err != nil {
		return nil, err
	}
	if err := b.inspect(force); err != nil {
		b.store.Close()
		return nil, fmt.Errorf("out folder: %w", err)
	}
	if b.temp, err = os.MkdirTemp("", "headwater-out-"); err != nil {
		return nil, err
	}
	if b.Folder, err = Open(b.temp, false); err != nil {
		return nil, errors.Join(err, os.RemoveAll(b.temp))
	}
	return b, nil
}

// inspect decides whether the place may be used, and what is replaced.
func (b *Bucket) inspect(force bool) error {
	most := 1
	if force {
		most = 0
	}
	present, err := b.store.List(b.ctx, "", most)
	if err != nil || len(present) == 0 {
		return err
	}
	if !force {
		return fmt.Errorf("%s is not empty (it holds %s): choose another, or replace an earlier job's outputs with --force", b.store, present[0].Name)
	}
	data, err := b.store.Read(b.ctx, indexFile)
	if err != nil {
		return err
	}
	if data != nil {
		var x index
		if err := json.Unmarshal(data, &x); err != nil || x.Format != indexFormat || x.Version != 1 {
			return fmt.Errorf("%s%s does not list an earlier job's outputs in a form this version knows: remove it and the outputs, or choose another --out", b.store, indexFile)
		}
		b.earlier = x.Outputs
	}
	for _, o := range present {
		if o.Name == ManifestFile {
			b.manifest = o.ETag
		}
		// Parts without a manifest are what a job that was killed has left.
		if isOutput(o.Name) && !slices.Contains(b.earlier, o.Name) && !strings.HasPrefix(o.Name, partsBegin) {
			return fmt.Errorf("%s%s was not written by an earlier job into this folder, so it is not replaced: move it away, or choose another --out", b.store, o.Name)
		}
	}
	return nil
}

// Path names the place.
func (b *Bucket) Path() string { return b.store.String() }

// Replaces is about local files.
func (b *Bucket) Replaces(string) bool { return false }

// Outputs lists the files that are whole so far, by name.
func (b *Bucket) Outputs() []Output {
	outputs := append(b.Folder.Outputs(), b.parts...)
	slices.SortFunc(outputs, func(x, y Output) int { return strings.Compare(x.Name, y.Name) })
	return outputs
}

// Parts is the place itself: nothing that is left there is visible.
func (b *Bucket) Parts(term string) (*wire.PartPlace, error) {
	b.term = term
	at := *b.at
	at.Prefix += AssignmentsDir + "/"
	return &wire.PartPlace{Bucket: &at}, nil
}

// Take keeps what completes the upload; a part that came with its worker's
// answer is uploaded from here.
func (b *Bucket) Take(p *partial.Part) (ManifestPart, error) {
	var left partial.Left
	if p.Left == nil {
		part, err := contentOf(p)
		if err != nil {
			return part, err
		}
		uploaded, err := b.upload(store.PartName(p.Unit, b.term), p.Bytes)
		if err != nil {
			return part, err
		}
		left = *uploaded
	} else {
		left = *p.Left
		left.Name = AssignmentsDir + "/" + left.Name
	}
	if left.Upload == "" || !strings.HasPrefix(left.Name, partsBegin) || !isOutput(left.Name) {
		return ManifestPart{}, fmt.Errorf("assignments: the part of split %d is no upload that waits: %q", p.Unit, left.Name)
	}
	b.taken = append(b.taken, left)
	b.parts = append(b.parts, Output{left.Name, left.Bytes, left.SHA256})
	return ManifestPart{Name: path.Base(left.Name), Rows: p.Rows, Bytes: left.Bytes, SHA256: left.SHA256}, nil
}

func (b *Bucket) upload(name string, content []byte) (*partial.Left, error) {
	file, err := b.store.Create(b.ctx, AssignmentsDir+"/"+name)
	if err != nil {
		return nil, err
	}
	if _, err := file.Write(content); err != nil {
		return nil, errors.Join(err, file.Abort())
	}
	return file.Close()
}

// Staged opens an output to be read. Parts become visible by that, though
// nothing says yet that they count.
func (b *Bucket) Staged(name string) (*os.File, error) {
	if !strings.HasPrefix(name, partsBegin) {
		return b.Folder.Staged(name)
	}
	if err := b.seal(); err != nil {
		return nil, err
	}
	copied := filepath.Join(b.temp, "copy")
	if err := b.store.Get(b.ctx, name, copied); err != nil {
		return nil, err
	}
	defer os.Remove(copied) // which the open file outlives
	return os.Open(copied)
}
