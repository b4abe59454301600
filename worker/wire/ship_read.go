package wire

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/headwater-dev/headwater/worker/source"
)

// shipTimeout is how long a chunk is waited for before it is asked for again:
// the coordinator may have to decompress its way to the split first.
const shipTimeout = 30 * time.Second

// TableOpener opens the splits of a job's table through its coordinator.
func (c *Conn) TableOpener(job string) source.Opener { return &shipOpener{conn: c, job: job} }

type shipOpener struct {
	conn *Conn
	job  string
}

func (o *shipOpener) Open(ctx context.Context, _ *source.Table, s source.Split, columns []string) (source.Reader, error) {
	ctx, cancel := context.WithCancel(ctx)
	r := &shipReader{
		conn: o.conn, subject: jobSubject(o.job, "ship"), ctx: ctx, cancel: cancel,
		request: shipRequest{Reader: NewID(), Split: s, Columns: columns},
	}
	for range shipAhead {
		r.ask()
	}
	return r, nil
}

// shipReader reads one split through the coordinator. As an io.Reader it is
// the bytes of the IPC streams.
type shipReader struct {
	conn    *Conn
	subject string
	request shipRequest // Seq: the next chunk to ask for
	ctx     context.Context
	cancel  context.CancelFunc
	wg      sync.WaitGroup

	asked []chan shipReply // in order
	body  []byte           // of the current chunk, not yet read
	end   bool             // no chunk follows
	err   error
	marks []source.Mark
	ipc   *ipc.Reader
	wait  context.Context // of the running Next
}

type shipReply struct {
	header shipHeader
	body   []byte
	err    error
}

func (r *shipReader) ask() {
	q := r.request
	r.request.Seq++
	reply := make(chan shipReply, 1)
	r.asked = append(r.asked, reply)
	r.wg.Go(func() {
		h, body, err := r.fetch(q)
		reply <- shipReply{h, body, err}
	})
}

func (r *shipReader) fetch(q shipRequest) (h shipHeader, body []byte, err error) {
	data, err := json.Marshal(q)
	if err != nil {
		return h, nil, err
	}
	for {
		msg, err := r.conn.request(r.ctx, r.subject, data, shipTimeout)
		if err != nil {
			return h, nil, err
		}
		if h, body, err = decodeChunk(msg.Data); err != nil {
			return h, nil, err
		}
		if !h.Busy {
			return h, body, nil
		}
		select {
		case <-r.ctx.Done():
			return h, nil, context.Cause(r.ctx)
		case <-time.After(absentWait):
		}
	}
}

// fill makes the bytes of the next chunk current; io.EOF when none follows.
func (r *shipReader) fill() error {
	for len(r.body) == 0 {
		if r.err != nil {
			return r.err
		}
		if r.end {
			return io.EOF
		}
		var reply shipReply
		select {
		case reply = <-r.asked[0]:
		case <-r.wait.Done():
			return context.Cause(r.wait)
		}
		r.asked = r.asked[1:]
		if f := reply.header.Failure; f != nil {
			reply.err = &ReadError{Message: f.Message, Again: !f.Permanent}
		}
		if r.err = reply.err; r.err != nil {
			return r.err
		}
		r.body, r.end = reply.body, reply.header.End
		r.marks = append(r.marks, reply.header.Marks...)
		if !r.end {
			r.ask()
		}
	}
	return nil
}

// Read fills p from the chunks, for the IPC reader.
func (r *shipReader) Read(p []byte) (int, error) {
	if err := r.fill(); err != nil {
		return 0, err
	}
	n := copy(p, r.body)
	r.body = r.body[n:]
	return n, nil
}

// Next returns the next batch, or io.EOF.
func (r *shipReader) Next(ctx context.Context) (arrow.Record, error) {
	r.wait = ctx
	for {
		if r.ipc == nil {
			if err := r.fill(); err != nil {
				return nil, err
			}
			stream, err := ipc.NewReader(r)
			if err != nil {
				return nil, r.cause(err)
			}
			r.ipc = stream
		}
		rec, err := readRecord(r.ipc)
		if err == nil {
			rec.Retain()
			return rec, nil
		}
		if err != io.EOF || r.err != nil || ctx.Err() != nil {
			return nil, r.cause(err)
		}
		r.ipc.Release()
		r.ipc = nil // a new stream follows, or the end
	}
}

// cause prefers what went wrong below the IPC reader, which does not pass
// every error on.
func (r *shipReader) cause(err error) error {
	switch {
	case r.err != nil:
		return r.err
	case r.wait.Err() != nil:
		return context.Cause(r.wait)
	default:
		return fmt.Errorf("rows from the coordinator: %w", err)
	}
}

// readRecord keeps a damaged stream from ending the process.
func readRecord(r *ipc.Reader) (rec arrow.Record, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged record batch: %v", p)
		}
	}()
	return r.Read()
}

// Marks returns the places passed so far.
func (r *shipReader) Marks() []source.Mark { return r.marks }

// Close ends the reader here and at the coordinator.
func (r *shipReader) Close() error {
	r.cancel()
	r.wg.Wait()
	if r.ipc != nil {
		r.ipc.Release()
		r.ipc = nil
	}
	r.request.Close = true
	return r.conn.publish(r.subject, r.request)
}
