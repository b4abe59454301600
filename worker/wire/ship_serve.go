package wire

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/nats-io/nats.go"

	"github.com/headwater-dev/headwater/worker/source"
)

// shipIdle is how long a reader may be left alone before it counts as
// abandoned and is closed.
const shipIdle = 2 * time.Minute

// Shipper reads splits for the workers of a job.
type Shipper struct {
	conn   *Conn
	table  *source.Table
	opener source.Opener
	ctx    context.Context
	cancel context.CancelFunc
	stop   func()
	wg     sync.WaitGroup
	sent   atomic.Int64

	mu      sync.Mutex
	readers map[string]*shipping
	closed  map[string]bool // readers that were closed lately: a late request must not open them again
}

// ServeTable begins to serve the rows of a job's table.
func (c *Conn) ServeTable(job string, table *source.Table, opener source.Opener) (*Shipper, error) {
	s := &Shipper{conn: c, table: table, opener: opener, readers: map[string]*shipping{}, closed: map[string]bool{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	var err error
	s.stop, err = c.subscribe(jobSubject(job, "ship"), func(msg *nats.Msg) {
		s.wg.Go(func() { s.serve(msg) })
	})
	if err != nil {
		s.cancel()
		return nil, err
	}
	s.wg.Go(s.sweep)
	return s, nil
}

// Sent returns how many bytes of rows were sent.
func (s *Shipper) Sent() int64 { return s.sent.Load() }

// Close stops serving and closes every reader.
func (s *Shipper) Close() {
	s.cancel()
	s.stop()
	s.wg.Wait()
	for _, r := range s.readers {
		r.close()
	}
}

func (s *Shipper) sweep() {
	tick := time.NewTicker(shipIdle / 4)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case now := <-tick.C:
			s.mu.Lock()
			clear(s.closed)
			var idle []*shipping
			for id, r := range s.readers {
				if now.Sub(r.used) > shipIdle {
					delete(s.readers, id)
					idle = append(idle, r)
				}
			}
			s.mu.Unlock()
			for _, r := range idle {
				r.close()
			}
		}
	}
}

func (s *Shipper) serve(msg *nats.Msg) {
	q, err := parseShipRequest(msg.Data)
	if err != nil {
		s.reply(msg, failedChunk(0, err))
		return
	}
	if q.Close {
		s.mu.Lock()
		r := s.readers[q.Reader]
		delete(s.readers, q.Reader)
		s.closed[q.Reader] = true
		s.mu.Unlock()
		if r != nil {
			r.close()
		}
		return
	}
	s.mu.Lock()
	r := s.readers[q.Reader]
	switch {
	case r != nil:
	case s.closed[q.Reader]:
		s.mu.Unlock()
		return
	case len(s.readers) >= shipReaders:
		s.mu.Unlock()
		busy, _ := encodeChunk(shipHeader{Seq: q.Seq, Busy: true}, nil) // plain data cannot fail
		s.reply(msg, busy)
		return
	case q.Seq >= shipKept:
		s.mu.Unlock()
		s.reply(msg, failedChunk(q.Seq, fmt.Errorf("the reader was left alone for %s and closed: %w", shipIdle, context.DeadlineExceeded)))
		return
	default:
		r = &shipping{limit: min(shipChunk, s.conn.chunkSize()), kept: map[int][]byte{}}
		s.readers[q.Reader] = r
	}
	r.used = time.Now()
	s.mu.Unlock()
	s.reply(msg, r.chunk(s, q))
}

func (s *Shipper) reply(msg *nats.Msg, chunk []byte) {
	if chunk != nil && msg.Respond(chunk) == nil { // what is lost is asked for again
		s.sent.Add(int64(len(chunk)))
	}
}

func failedChunk(seq int, err error) []byte {
	chunk, _ := encodeChunk(shipHeader{Seq: seq, End: true, Failure: &Failure{
		Message: err.Error(), Permanent: !Transient(err),
	}}, nil) // plain data cannot fail
	return chunk
}

// shipping is the state of one reader.
type shipping struct {
	limit int       // bytes of a chunk
	used  time.Time // guarded by Shipper.mu

	mu     sync.Mutex
	src    source.Reader
	schema *arrow.Schema
	writer *ipc.Writer
	buf    bytes.Buffer   // written, not yet cut into chunks
	kept   map[int][]byte // the last shipKept chunks
	next   int            // first chunk not yet made
	marks  int            // sent so far
	eof    bool           // the source has ended
	ended  bool           // the last chunk has been made
	last   []byte         // the chunk that ended it, for requests beyond
}

// chunk returns chunk q.Seq, making it and those before it if need be; nil
// where it is not kept any more, which nobody who follows the protocol asks for.
func (r *shipping) chunk(s *Shipper, q shipRequest) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.next <= q.Seq && !r.ended {
		chunk, err := r.make(s, q)
		if err != nil {
			r.release()
			r.ended, chunk = true, failedChunk(r.next, err)
		}
		r.kept[r.next] = chunk
		delete(r.kept, r.next-shipKept)
		if r.ended {
			r.last = chunk
		}
		r.next++
	}
	if q.Seq >= r.next {
		return r.last
	}
	return r.kept[q.Seq]
}

func (r *shipping) make(s *Shipper, q shipRequest) ([]byte, error) {
	if r.src == nil {
		src, err := s.opener.Open(s.ctx, s.table, q.Split, q.Columns)
		if err != nil {
			return nil, err
		}
		r.src = src
	}
	const headRoom = 4096 // for the header
	for r.buf.Len() < r.limit-headRoom && !r.eof {
		rec, err := r.src.Next(s.ctx)
		if err == io.EOF {
			r.eof = true
			break
		}
		if err != nil {
			return nil, err
		}
		err = r.write(rec)
		rec.Release()
		if err != nil {
			return nil, err
		}
	}
	const most = 64 // marks a chunk, of some 40 bytes each; the others go with the next
	marks := r.src.Marks()
	h := shipHeader{Seq: r.next, Marks: marks[r.marks:min(len(marks), r.marks+most)]}
	r.marks += len(h.Marks)
	body := r.buf.Next(r.limit - headRoom)
	r.ended = r.eof && r.buf.Len() == 0 && r.marks == len(marks)
	h.End = r.ended
	chunk, err := encodeChunk(h, body)
	if r.ended {
		r.release()
	}
	return chunk, err
}

// write appends a batch to the stream. A batch of another schema (text as a
// dictionary, then plain) begins a new one.
func (r *shipping) write(rec arrow.Record) error {
	if r.writer != nil && !r.schema.Equal(rec.Schema()) {
		if err := r.writer.Close(); err != nil {
			return err
		}
		r.writer = nil
	}
	if r.writer == nil {
		r.schema = rec.Schema()
		r.writer = ipc.NewWriter(&r.buf, ipc.WithSchema(r.schema), ipc.WithLZ4())
	}
	return r.writer.Write(rec)
}

func (r *shipping) release() {
	if r.writer != nil {
		_ = r.writer.Close() // into memory that nobody reads any more
		r.writer = nil
	}
	if r.src != nil {
		_ = r.src.Close() // the rows have been read
		r.src = nil
	}
}

func (r *shipping) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release()
	r.ended = true
}
