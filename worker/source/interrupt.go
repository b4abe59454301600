package source

import (
	"context"
	"io"
)

// contextReader stops reading when its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// interruptible returns a reader whose Read returns when the context ends even
// while r waits for input, as a terminal or pipe may for ever. A goroutine reads
// r; it ends with r or the context, but not out of a read of r.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	chunks := make(chan chunk)
	go func() {
		for {
			buf := make([]byte, 256<<10)
			n, err := r.Read(buf)
			select {
			case chunks <- chunk{buf[:n], err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return &interruptibleReader{ctx: ctx, chunks: chunks}
}

// chunk is the outcome of one read.
type chunk struct {
	bytes []byte
	err   error
}

type interruptibleReader struct {
	ctx    context.Context
	chunks <-chan chunk
	rest   chunk // read but not yet handed on
}

func (i *interruptibleReader) Read(p []byte) (int, error) {
	if len(i.rest.bytes) == 0 && i.rest.err == nil {
		select {
		case i.rest = <-i.chunks:
		case <-i.ctx.Done():
			return 0, i.ctx.Err()
		}
	}
	n := copy(p, i.rest.bytes)
	i.rest.bytes = i.rest.bytes[n:]
	if len(i.rest.bytes) > 0 {
		return n, nil
	}
	return n, i.rest.err
}
