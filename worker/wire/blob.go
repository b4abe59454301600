package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"
)

// MaxBlob bounds what is pulled at once, in bytes.
const MaxBlob = 2 << 30

// pullsInFlight is how many chunks of one blob are asked for at a time: with
// chunks of 1 MiB, 4 keep a connection busy; more only fill memory.
const pullsInFlight = 4

// pullTimeout is how long a chunk is waited for before it is asked for again.
const pullTimeout = 10 * time.Second

// ErrGone says that the holder of a blob does not have it any more.
var ErrGone = errors.New("the answer is not kept any more")

// Blob is data too large for a message, which the receiver pulls in chunks
// from whoever made it; small data travels inside.
type Blob struct {
	ID     string `json:"id,omitempty"`
	Size   int64  `json:"size"`             // bytes
	Sum    uint32 `json:"sum,omitempty"`    // CRC-32C of the data, where it is pulled
	Inline []byte `json:"inline,omitempty"` // all of it, where it is small
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (b *Blob) check() error {
	if b.Size < 0 || b.Size > MaxBlob {
		return fmt.Errorf("data of %d bytes cannot travel: at most %d", b.Size, int64(MaxBlob))
	}
	if b.ID == "" && int64(len(b.Inline)) != b.Size {
		return fmt.Errorf("data of %d bytes should have %d", len(b.Inline), b.Size)
	}
	return nil
}

type blobRequest struct {
	ID     string `json:"id"`
	Offset int64  `json:"offset"`
	Size   int    `json:"size"`
}

// Replies to a blobRequest begin with one of these bytes.
const (
	chunkGone = 0
	chunkData = 1
)

// Blobs keeps data for others to pull.
type Blobs struct {
	conn   *Conn
	stop   func()
	mu     sync.Mutex
	kept   map[string][]byte
	served int64 // bytes
}

// JobBlobs keeps the coordinator's data of a job.
func (c *Conn) JobBlobs(job string) (*Blobs, error) { return c.newBlobs(jobSubject(job, "blob")) }

// WorkerBlobs keeps a worker's answers.
func (c *Conn) WorkerBlobs(incarnation string) (*Blobs, error) {
	return c.newBlobs(workerBlobSubject(incarnation))
}

func (c *Conn) newBlobs(subject string) (*Blobs, error) {
	b := &Blobs{conn: c, kept: map[string][]byte{}}
	var err error
	b.stop, err = c.subscribe(subject, b.serve)
	return b, err
}

// Put keeps data until Drop and returns what to send in its place. Data must
// not be changed any more.
func (b *Blobs) Put(data []byte) Blob {
	if len(data) <= b.conn.Inline() {
		return Blob{Size: int64(len(data)), Inline: data}
	}
	blob := Blob{ID: NewID(), Size: int64(len(data)), Sum: crc32.Checksum(data, castagnoli)}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept[blob.ID] = data
	return blob
}

// Drop forgets data.
func (b *Blobs) Drop(blob Blob) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.kept, blob.ID)
}

// Served returns how many bytes were pulled so far.
func (b *Blobs) Served() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.served
}

// Close stops serving.
func (b *Blobs) Close() { b.stop() }

func (b *Blobs) serve(msg *nats.Msg) {
	var r blobRequest
	if err := json.Unmarshal(msg.Data, &r); err != nil {
		_ = msg.Respond([]byte{chunkGone})
		return
	}
	b.mu.Lock()
	data, ok := b.kept[r.ID]
	b.mu.Unlock()
	size := int64(len(data))
	if !ok || r.Offset < 0 || r.Offset > size || r.Size < 0 || r.Size > b.conn.chunkSize() {
		_ = msg.Respond([]byte{chunkGone})
		return
	}
	part := data[r.Offset:min(size, r.Offset+int64(r.Size))]
	reply := append(make([]byte, 0, len(part)+1), chunkData)
	if msg.Respond(append(reply, part...)) == nil { // what is lost is asked for again
		b.mu.Lock()
		b.served += int64(len(part))
		b.mu.Unlock()
	}
}

// PullJob returns the coordinator's data of a job.
func (c *Conn) PullJob(ctx context.Context, job string, b Blob) ([]byte, error) {
	return c.pull(ctx, jobSubject(job, "blob"), b)
}

// PullAnswer returns a worker's answer, or ErrGone.
func (c *Conn) PullAnswer(ctx context.Context, incarnation string, b Blob) ([]byte, error) {
	return c.pull(ctx, workerBlobSubject(incarnation), b)
}

func (c *Conn) pull(ctx context.Context, subject string, b Blob) ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	if b.ID == "" {
		return b.Inline, nil
	}
	data := make([]byte, b.Size)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(pullsInFlight)
	chunk := int64(c.chunkSize())
	for from := int64(0); from < b.Size && ctx.Err() == nil; from += chunk {
		part := data[from:min(b.Size, from+chunk)]
		g.Go(func() error {
			request, err := json.Marshal(blobRequest{ID: b.ID, Offset: from, Size: len(part)})
			if err != nil {
				return err
			}
			msg, err := c.request(ctx, subject, request, pullTimeout)
			switch {
			case err != nil:
				return err
			case len(msg.Data) == 0 || msg.Data[0] != chunkData:
				return ErrGone
			case len(msg.Data)-1 != len(part):
				return fmt.Errorf("chunk of %d bytes where %d were asked for", len(msg.Data)-1, len(part))
			}
			copy(part, msg.Data[1:])
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if sum := crc32.Checksum(data, castagnoli); sum != b.Sum {
		return nil, fmt.Errorf("%d bytes arrived damaged (checksum %08x, expected %08x)", b.Size, sum, b.Sum)
	}
	return data, nil
}
