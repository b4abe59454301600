package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	connectTimeout = 5 * time.Second
	reconnectWait  = 200 * time.Millisecond
	// DefaultReconnect is how long a lost server is waited for before the
	// connection counts as lost: a pod of it may be scheduled anew meanwhile.
	DefaultReconnect = 30 * time.Second

	// deliverTimeout is how long a message waits for its reply before it is
	// sent again.
	deliverTimeout = 3 * time.Second
	// absentWait is the pause before asking again where nobody listens.
	absentWait = 100 * time.Millisecond
)

// Conn is a connection to NATS. Its methods can be called by any number of
// goroutines.
type Conn struct {
	nc       *nats.Conn
	js       jetstream.JetStream
	url      string
	embedded bool
	patience time.Duration

	lost chan struct{} // closed once the connection is given up or closed
}

// Connect connects to the server at url, "nats://host:4222", and checks that
// JetStream can be used. A server that is lost later is waited for as long as
// reconnect says; 0 = DefaultReconnect. Errors: *UnreachableError,
// *JetStreamError.
func Connect(ctx context.Context, url string, reconnect time.Duration) (*Conn, error) {
	if reconnect == 0 {
		reconnect = DefaultReconnect
	}
	return connect(ctx, url, reconnect)
}

func connect(ctx context.Context, url string, patience time.Duration, more ...nats.Option) (*Conn, error) {
	c := &Conn{url: url, patience: patience, lost: make(chan struct{})}
	timeout := connectTimeout
	if d, ok := ctx.Deadline(); ok {
		timeout = min(timeout, time.Until(d))
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	opts := append([]nats.Option{
		nats.Name("headwater " + Version),
		nats.Timeout(timeout),
		nats.MaxReconnects(int(patience / reconnectWait)),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(0, 0),
		nats.PingInterval(5 * time.Second),
		nats.MaxPingsOutstanding(2),
		nats.ClosedHandler(func(*nats.Conn) { close(c.lost) }),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), // what matters fails where it was called
	}, more...)
	nc, err := nats.Connect(url, opts...)
	if err != nil {
		return nil, &UnreachableError{URL: url, Err: err}
	}
	c.nc = nc
	// PublishAsync would let 4,000 messages wait by default: with 1 MiB each, 4 GB.
	if c.js, err = jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(32)); err == nil {
		ctx, cancel := context.WithTimeout(ctx, connectTimeout)
		_, err = c.js.AccountInfo(ctx)
		cancel()
	}
	if err != nil {
		c.Close()
		return nil, &JetStreamError{URL: url, Err: err}
	}
	return c, nil
}

// URL returns the address connected to.
func (c *Conn) URL() string { return c.url }

// Lost is closed once the connection was closed, or the server did not come
// back in time.
func (c *Conn) Lost() <-chan struct{} { return c.lost }

// Close closes the connection; messages not yet sent are flushed first. Every
// subscription ends.
func (c *Conn) Close() {
	if c.nc.IsConnected() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_ = c.nc.FlushWithContext(ctx) // a server that has gone needs nothing any more
		cancel()
	}
	c.nc.Close()
	<-c.lost
}

// storage is where streams are kept: an external server may restart and keep
// the placement, an embedded one ends with the job.
func (c *Conn) storage() jetstream.StorageType {
	if c.embedded {
		return jetstream.MemoryStorage
	}
	return jetstream.FileStorage
}

// chunkSize is how many bytes of data go into one message.
func (c *Conn) chunkSize() int {
	const slack, most = 4096, 4 << 20 // headers of ours and of NATS; above 4 MiB nothing is gained
	return max(1024, min(int(c.nc.MaxPayload())-slack, most))
}

// Inline is the size in bytes up to which data goes into a control message
// itself instead of being pulled.
func (c *Conn) Inline() int { return min(64<<10, c.chunkSize()/4) }

// publish sends v as JSON without waiting for anything.
func (c *Conn) publish(subject string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("message to %s: %w", subject, err)
	}
	return c.wrap(c.nc.Publish(subject, data))
}

// request sends raw bytes until a reply comes: again after each timeout, and
// where nobody listens. So whoever serves it must take the same request twice.
func (c *Conn) request(ctx context.Context, subject string, data []byte, timeout time.Duration) (*nats.Msg, error) {
	for {
		once, cancel := context.WithTimeout(ctx, timeout)
		msg, err := c.nc.RequestWithContext(once, subject, data)
		cancel()
		switch {
		case err == nil:
			return msg, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, nats.ErrNoResponders), errors.Is(err, nats.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
			select {
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			case <-c.lost:
				return nil, c.wrap(nats.ErrConnectionClosed)
			case <-time.After(absentWait):
			}
		default:
			return nil, c.wrap(err)
		}
	}
}

// deliver sends v as JSON until the receiver has replied.
func (c *Conn) deliver(ctx context.Context, subject string, v any) (Reply, error) {
	var r Reply
	data, err := json.Marshal(v)
	if err != nil {
		return r, fmt.Errorf("message to %s: %w", subject, err)
	}
	msg, err := c.request(ctx, subject, data, deliverTimeout)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(msg.Data, &r); err != nil {
		return r, fmt.Errorf("reply from %s: %w", subject, err)
	}
	return r, r.err()
}

// subscribe calls f for every message, one at a time, until stop is called;
// stop returns when no call is running and none will begin.
func (c *Conn) subscribe(subject string, f func(*nats.Msg)) (stop func(), err error) {
	ch := make(chan *nats.Msg, 1024)
	sub, err := c.nc.ChanSubscribe(subject, ch)
	if err != nil {
		return nil, c.wrap(err)
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case m := <-ch:
				f(m)
			case <-quit:
				return
			case <-c.lost:
				return
			}
		}
	}()
	return sync.OnceFunc(func() {
		_ = sub.Unsubscribe() // fails only where the connection has gone, which ends it as well
		close(quit)
		<-done
	}), nil
}

// wrap turns the client's words for a lost connection into ErrDisconnected.
func (c *Conn) wrap(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, jetstream.ErrConnectionClosed), errors.Is(err, nats.ErrConnectionDraining), errors.Is(err, nats.ErrReconnectBufExceeded):
		return fmt.Errorf("%w: %s did not come back within %s", ErrDisconnected, c.where(), c.patience)
	default:
		return fmt.Errorf("%s: %w", c.where(), err)
	}
}

func (c *Conn) where() string {
	if c.embedded {
		return "the embedded NATS server"
	}
	return "NATS at " + c.url
}
