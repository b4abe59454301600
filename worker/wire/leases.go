package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// DefaultAckWait is how long a lease lasts without Extend: the time after
// which a dead worker's shards go to others. Extended every third of it, 4,000
// leases cost 3 % of a core.
const DefaultAckWait = 9 * time.Second

const leaseConsumer = "workers"

// Lease is one message of the job's work-queue stream. Whoever holds it
// unacknowledged holds the shard; nothing else is the placement.
type Lease struct {
	Term  string `json:"term"`
	Shard Shard  `json:"shard"`
	Rows  int64  `json:"rows"`  // of the shard, for progress
	Bytes int64  `json:"bytes"` // of memory it will take when resident
}

// Leases is the coordinator's end of the stream.
type Leases struct {
	conn   *Conn
	stream jetstream.Stream
	job    string
}

// CreateLeases makes the stream and its consumer, and removes those of jobs
// whose coordinator died.
func (c *Conn) CreateLeases(ctx context.Context, job string, ackWait time.Duration) (*Leases, error) {
	if err := c.sweepLeases(ctx); err != nil {
		return nil, fmt.Errorf("leases of dead jobs: %w", c.wrap(err))
	}
	stream, err := c.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: leaseStream(job), Subjects: []string{jobSubject(job, "lease.*")},
		Retention: jetstream.WorkQueuePolicy, Storage: c.storage(),
	})
	if err == nil {
		// MaxAckPending is 1,000 by default. BackOff would override AckWait.
		_, err = stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
			Durable: leaseConsumer, AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait,
			MaxAckPending: -1, MaxDeliver: -1,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("leases of job %s: %w", job, c.wrap(err))
	}
	return &Leases{conn: c, stream: stream, job: job}, nil
}

// sweepLeases removes the streams of jobs that have no term: one is acquired
// before the stream is made, and lapses some seconds after the coordinator.
func (c *Conn) sweepLeases(ctx context.Context) error {
	kv, err := c.jobs(ctx, DefaultTTL)
	if err != nil {
		return err
	}
	streams := c.js.StreamNames(ctx)
	for name := range streams.Name() {
		job, ok := strings.CutPrefix(name, leaseStreams)
		if !ok {
			continue
		}
		if _, err := kv.Get(ctx, job); !errors.Is(err, jetstream.ErrKeyNotFound) {
			continue // it lives, or who knows
		}
		if err := c.js.DeleteStream(ctx, name); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			return err
		}
	}
	return streams.Err()
}

// Place offers leases to the workers, in order.
func (l *Leases) Place(ctx context.Context, leases []Lease) error {
	futures := make([]jetstream.PubAckFuture, len(leases))
	for i, lease := range leases {
		data, err := json.Marshal(lease)
		if err != nil {
			return fmt.Errorf("lease of shard %d: %w", lease.Shard.ID, err)
		}
		futures[i], err = l.conn.js.PublishAsync(l.subject(lease.Shard.ID), data)
		if err != nil {
			return fmt.Errorf("lease of shard %d: %w", lease.Shard.ID, l.conn.wrap(err))
		}
	}
	for i, f := range futures {
		select {
		case <-f.Ok():
		case err := <-f.Err():
			return fmt.Errorf("lease of shard %d: %w", leases[i].Shard.ID, l.conn.wrap(err))
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

func (l *Leases) subject(shard int) string {
	return jobSubject(l.job, fmt.Sprintf("lease.%d", shard))
}

// Terminate takes a shard's lease away for good.
func (l *Leases) Terminate(ctx context.Context, shard int) error {
	return l.conn.wrap(l.stream.Purge(ctx, jetstream.WithPurgeSubject(l.subject(shard))))
}

// Delete removes the stream, so that late acknowledgements mean nothing.
func (l *Leases) Delete(ctx context.Context) error {
	err := l.conn.js.DeleteStream(ctx, leaseStream(l.job))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	return l.conn.wrap(err)
}

// LeaseQueue is a worker's end of the stream.
type LeaseQueue struct {
	conn     *Conn
	consumer jetstream.Consumer
}

// OpenLeases opens the stream of a job.
func (c *Conn) OpenLeases(ctx context.Context, job string) (*LeaseQueue, error) {
	consumer, err := c.js.Consumer(ctx, leaseStream(job), leaseConsumer)
	if err != nil {
		return nil, fmt.Errorf("leases of job %s: %w", job, c.wrap(err))
	}
	return &LeaseQueue{conn: c, consumer: consumer}, nil
}

// leaseWait is how long one request for a lease stands. A single message is
// delivered at once; only requests for several wait for the last of them.
const leaseWait = 5 * time.Second

// Next waits for a lease.
func (q *LeaseQueue) Next(ctx context.Context) (*HeldLease, error) {
	for {
		once, cancel := context.WithTimeout(ctx, leaseWait)
		h, err := q.next(once)
		cancel()
		switch {
		case h != nil:
			return h, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil && !asksAgain(err):
			return nil, q.conn.wrap(err)
		}
		select {
		case <-q.conn.lost:
			return nil, q.conn.wrap(jetstream.ErrConnectionClosed)
		default:
		}
	}
}

// asksAgain says whether a request for a lease ended without saying anything of
// the leases: in time, or because the server or its leader changes.
func asksAgain(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, jetstream.ErrNoHeartbeat) ||
		errors.Is(err, jetstream.ErrConsumerLeadershipChanged) || errors.Is(err, jetstream.ErrServerShutdown)
}

func (q *LeaseQueue) next(ctx context.Context) (*HeldLease, error) {
	batch, err := q.consumer.Fetch(1, jetstream.FetchContext(ctx))
	if err != nil {
		return nil, err
	}
	msg, ok := <-batch.Messages()
	if !ok {
		return nil, batch.Error()
	}
	h := &HeldLease{conn: q.conn, msg: msg}
	meta, err := msg.Metadata()
	if err == nil {
		h.Delivery = int(meta.NumDelivered)
		err = json.Unmarshal(msg.Data(), &h.Lease)
	}
	if err != nil {
		return nil, fmt.Errorf("lease %s: %w", msg.Subject(), err)
	}
	return h, nil
}

// HeldLease is a lease that this process holds.
type HeldLease struct {
	Lease
	Delivery int // how often the server has given it out, from 1
	conn     *Conn
	msg      jetstream.Msg
}

// Extend keeps the lease for another AckWait. The server accepts it from a
// former holder as well, so only a worker that is sure of being alive does it.
func (h *HeldLease) Extend() error { return h.conn.wrap(h.msg.InProgress()) }

// Release gives the lease back, to be delivered again after a pause.
func (h *HeldLease) Release(pause time.Duration) error {
	if pause > 0 {
		return h.conn.wrap(h.msg.NakWithDelay(pause))
	}
	return h.conn.wrap(h.msg.Nak())
}
