package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The states of a job.
const (
	JobRunning   = "running"
	JobCancelled = "cancelled"
	JobEnded     = "ended"
)

// JobRecord is a job's entry.
type JobRecord struct {
	ID      string    `json:"id"`
	Version string    `json:"version"`
	Nonce   string    `json:"nonce"`   // of the coordinator
	Counter int       `json:"counter"` // terms of the job so far, from 1
	State   string    `json:"state"`
	Started time.Time `json:"started"` // to take the oldest job first
}

// Term names the coordinator's term; every message carries it.
func (r *JobRecord) Term() string { return fmt.Sprintf("%s.%d", r.Nonce, r.Counter) }

// Lease of a job: while it is renewed, no other coordinator works on the job.
type Term struct {
	conn *Conn
	kv   jetstream.KeyValue
	ttl  time.Duration

	mu       sync.Mutex
	record   JobRecord
	revision uint64
	renewed  time.Time // when the last successful renewal was sent
}

func (c *Conn) jobs(ctx context.Context, ttl time.Duration) (jetstream.KeyValue, error) {
	return c.bucket(ctx, jobsBucket, ttl, c.storage())
}

// AcquireTerm makes this process the coordinator of a job and announces the
// job to the workers. Where another holds it, it waits until that one's lease
// has lapsed.
func (c *Conn) AcquireTerm(ctx context.Context, job string, ttl time.Duration) (*Term, error) {
	kv, err := c.jobs(ctx, ttl)
	if err != nil {
		return nil, err
	}
	status, err := kv.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", jobsBucket, c.wrap(err))
	}
	t := &Term{conn: c, kv: kv, ttl: status.TTL(), record: JobRecord{
		ID: job, Version: Version, Nonce: NewID(), Counter: 1, State: JobRunning, Started: time.Now().UTC(),
	}}
	for {
		data, err := json.Marshal(t.record)
		if err != nil {
			return nil, err
		}
		t.renewed = time.Now()
		t.revision, err = kv.Create(ctx, job, data)
		if err == nil {
			return t, c.wrap(c.nc.Publish(jobsSubject, nil))
		}
		if !errors.Is(err, jetstream.ErrKeyExists) {
			return nil, fmt.Errorf("term of job %s: %w", job, c.wrap(err))
		}
		if held, err := kv.Get(ctx, job); err == nil {
			var r JobRecord
			if json.Unmarshal(held.Value(), &r) == nil {
				t.record.Counter = max(t.record.Counter, r.Counter+1)
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("job %s has another coordinator: %w", job, context.Cause(ctx))
		case <-time.After(t.ttl / 10):
		}
	}
}

// String returns the term's name.
func (t *Term) String() string { return t.record.Term() }

// TTL is how long the term lasts without Renew.
func (t *Term) TTL() time.Duration { return t.ttl }

// Renew extends the term. ErrTermLost says that it is over: taken, expired, or
// lost with the server's state. Other errors leave it as it was, until Valid
// says otherwise.
func (t *Term) Renew(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.put(ctx)
}

func (t *Term) put(ctx context.Context) error {
	data, err := json.Marshal(t.record)
	if err != nil {
		return err
	}
	sent := time.Now()
	revision, err := t.kv.Update(ctx, t.record.ID, data, t.revision)
	switch {
	case err == nil:
		t.revision, t.renewed = revision, sent
		return nil
	case lapsed(err):
		return fmt.Errorf("%w: another coordinator took job %s over, or the NATS server lost its state; run it again", ErrTermLost, t.record.ID)
	default:
		return t.conn.wrap(err)
	}
}

// Valid says whether the last renewal still holds.
func (t *Term) Valid() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Since(t.renewed) < t.ttl
}

// End records how the job ended, tells the workers, and removes the entry.
func (t *Term) End(ctx context.Context, state string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.record.State = state
	err := t.put(ctx)
	if errors.Is(err, ErrTermLost) || errors.Is(err, ErrDisconnected) {
		return err // it is not ours to end, or nobody hears it
	}
	return errors.Join(err,
		t.conn.publish(jobSubject(t.record.ID, "notice"), Notice{Term: t.record.Term(), State: state}),
		t.conn.wrap(t.kv.Purge(ctx, t.record.ID, jetstream.LastRevision(t.revision))))
}

// RunningJobs lists the jobs, the oldest first, ties by name.
func (c *Conn) RunningJobs(ctx context.Context) ([]JobRecord, error) {
	kv, err := c.jobs(ctx, DefaultTTL)
	if err != nil {
		return nil, err
	}
	keys, err := kv.Keys(ctx)
	if err != nil && !errors.Is(err, jetstream.ErrNoKeysFound) {
		return nil, c.wrap(err)
	}
	var jobs []JobRecord
	for _, key := range keys {
		r, err := c.job(ctx, kv, key)
		if err != nil {
			return nil, err
		}
		if r != nil && r.State == JobRunning {
			jobs = append(jobs, *r)
		}
	}
	sort.Slice(jobs, func(i, k int) bool {
		if !jobs[i].Started.Equal(jobs[k].Started) {
			return jobs[i].Started.Before(jobs[k].Started)
		}
		return jobs[i].ID < jobs[k].ID
	})
	return jobs, nil
}

// Job returns a job's entry; nil where there is none.
func (c *Conn) Job(ctx context.Context, id string) (*JobRecord, error) {
	kv, err := c.jobs(ctx, DefaultTTL)
	if err != nil {
		return nil, err
	}
	return c.job(ctx, kv, id)
}

func (c *Conn) job(ctx context.Context, kv jetstream.KeyValue, id string) (*JobRecord, error) {
	e, err := kv.Get(ctx, id)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, c.wrap(err)
	}
	var r JobRecord
	if err := json.Unmarshal(e.Value(), &r); err != nil {
		return nil, fmt.Errorf("entry of job %s: %w", id, err)
	}
	return &r, nil
}
