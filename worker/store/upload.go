package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/headwater-dev/headwater/worker/partial"
)

// ErrTaken says that another job's object stands where one was to be put.
var ErrTaken = errors.New("another job has put its own there")

// pieceBytes is how much of a file is sent at once, and held in memory: above
// the 5 MiB that S3 demands, and such that the 10,000 pieces that it allows are
// 80 GB.
const pieceBytes = 8 << 20

// orderly bounds what is done for the sake of order after a failure.
const orderly = 10 * time.Second

// upload is a multipart upload that is not completed by who writes it. So
// nothing that a worker does makes an object appear: not even one that was
// given up and does not know it yet.
type upload struct {
	b      *Bucket
	ctx    context.Context // of the file, see Writers.Create
	name   string
	id     string
	buffer bytes.Buffer
	etags  []string
	tally
}

// Create begins the upload of an object.
func (b *Bucket) Create(ctx context.Context, name string) (File, error) {
	id, err := b.core.NewMultipartUpload(ctx, b.at.Name, b.at.Prefix+name, minio.PutObjectOptions{})
	if err != nil {
		return nil, b.explain("write", name, err)
	}
	return &upload{b: b, ctx: ctx, name: name, id: id, tally: tally{hash: sha256.New()}}, nil
}

func (u *upload) Write(p []byte) (int, error) {
	u.add(p)
	for rest := p; len(rest) > 0; {
		n := min(len(rest), pieceBytes-u.buffer.Len())
		u.buffer.Write(rest[:n]) // never fails, see bytes.Buffer
		rest = rest[n:]
		if u.buffer.Len() == pieceBytes {
			if err := u.send(); err != nil {
				return len(p) - len(rest), err
			}
		}
	}
	return len(p), nil
}

// send sends the buffer as the next piece.
func (u *upload) send() error {
	piece, err := u.b.core.PutObjectPart(u.ctx, u.b.at.Name, u.b.at.Prefix+u.name, u.id, len(u.etags)+1,
		bytes.NewReader(u.buffer.Bytes()), int64(u.buffer.Len()), minio.PutObjectPartOptions{})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTrouble, u.b.explain("write", u.name, err))
	}
	u.etags = append(u.etags, piece.ETag)
	u.buffer.Reset()
	return nil
}

func (u *upload) Close() (*partial.Left, error) {
	if u.buffer.Len() > 0 {
		if err := u.send(); err != nil {
			return nil, errors.Join(err, u.Abort())
		}
	}
	return &partial.Left{
		Name: u.name, Bytes: u.bytes, SHA256: hex.EncodeToString(u.hash.Sum(nil)), Upload: u.id, ETags: u.etags,
	}, nil
}

func (u *upload) Abort() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(u.ctx), orderly)
	defer cancel()
	return u.b.Discard(ctx, u.name, u.id)
}

// Complete makes an object of a file that was left. Doing it again does nothing.
func (b *Bucket) Complete(ctx context.Context, left *partial.Left) error {
	pieces := make([]minio.CompletePart, len(left.ETags))
	for i, etag := range left.ETags {
		pieces[i] = minio.CompletePart{PartNumber: i + 1, ETag: etag}
	}
	_, err := b.core.CompleteMultipartUpload(ctx, b.at.Name, b.at.Prefix+left.Name, left.Upload, pieces, minio.PutObjectOptions{})
	if err == nil {
		return nil
	}
	// An answer that was lost leaves an object behind, of a name that is its own.
	if o, e := b.core.Client.StatObject(ctx, b.at.Name, b.at.Prefix+left.Name, minio.StatObjectOptions{}); e == nil && o.Size == left.Bytes {
		return nil
	}
	return b.explain("complete", left.Name, err)
}

// Discard throws an upload away; that it is not there is no error.
func (b *Bucket) Discard(ctx context.Context, name, id string) error {
	err := b.core.AbortMultipartUpload(ctx, b.at.Name, b.at.Prefix+name, id)
	if minio.ToErrorResponse(err).Code == minio.NoSuchUpload {
		return nil
	}
	return b.explain("discard the upload of", name, err)
}

// Uploads lists the uploads that nobody has completed, of objects whose names
// begin with what is given.
func (b *Bucket) Uploads(ctx context.Context, begin string) ([]partial.Left, error) {
	var out []partial.Left
	for key, id := "", ""; ; {
		page, err := b.core.ListMultipartUploads(ctx, b.at.Name, b.at.Prefix+begin, key, id, "", 1000)
		if err != nil {
			return nil, b.explain("list the uploads of", begin, err)
		}
		for _, u := range page.Uploads {
			out = append(out, partial.Left{Name: u.Key[len(b.at.Prefix):], Upload: u.UploadID})
		}
		if !page.IsTruncated {
			return out, nil
		}
		key, id = page.NextKeyMarker, page.NextUploadIDMarker
	}
}
