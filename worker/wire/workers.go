package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// DefaultTTL is how long a worker or a term lives without a sign: the bucket
// is made with it by whoever comes first. Shorter, and a busy machine's
// scheduling looks like death; longer, and a lost worker costs more.
const DefaultTTL = 9 * time.Second

// markerTTL is how long the server keeps the marker that tells watchers of an
// expiry; one second is the least it takes.
const markerTTL = time.Second

// Vitals are what a worker's entry tells.
type Vitals struct {
	Job      string `json:"job"`
	Program  string `json:"program"`       // version of the worker's program
	Capacity int64  `json:"capacity"`      // bytes for resident shards
	Used     int64  `json:"used"`          // bytes
	Shards   int    `json:"shards"`        // resident
	Op       string `json:"op,omitempty"`  // running; a worker that lives but is stuck shows by Rows
	Key      Key    `json:"key,omitzero"`  // of the running op
	Rows     int64  `json:"rows,omitzero"` // done by the running op
}

// bucket opens a bucket, making it where it is missing.
func (c *Conn) bucket(ctx context.Context, name string, ttl time.Duration, storage jetstream.StorageType) (jetstream.KeyValue, error) {
	kv, err := c.js.KeyValue(ctx, name)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		// Without LimitMarkerTTL no event would tell of an expiry.
		kv, err = c.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: name, TTL: ttl, LimitMarkerTTL: markerTTL, Storage: storage,
		})
		if errors.Is(err, jetstream.ErrBucketExists) { // by another, meanwhile
			kv, err = c.js.KeyValue(ctx, name)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", name, c.wrap(err))
	}
	return kv, nil
}

func (c *Conn) workers(ctx context.Context, ttl time.Duration) (jetstream.KeyValue, error) {
	return c.bucket(ctx, workersBucket, ttl, jetstream.MemoryStorage)
}

// Presence is a worker's entry among the living.
type Presence struct {
	conn     *Conn
	kv       jetstream.KeyValue
	key      string
	revision uint64
	ttl      time.Duration
}

// Announce enters an incarnation.
func (c *Conn) Announce(ctx context.Context, incarnation string, v Vitals) (*Presence, error) {
	kv, err := c.workers(ctx, DefaultTTL)
	if err != nil {
		return nil, err
	}
	status, err := kv.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", workersBucket, c.wrap(err))
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	p := &Presence{conn: c, kv: kv, key: incarnation, ttl: status.TTL()}
	if p.revision, err = kv.Create(ctx, incarnation, data); err != nil {
		return nil, fmt.Errorf("announce %s: %w", incarnation, c.wrap(err))
	}
	return p, nil
}

// TTL is how long the entry lasts without Beat.
func (p *Presence) TTL() time.Duration { return p.ttl }

// Beat renews the entry. ErrRetired says that it had lapsed, or that the
// bucket was lost: whoever watched has given the incarnation up.
func (p *Presence) Beat(ctx context.Context, v Vitals) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	revision, err := p.kv.Update(ctx, p.key, data, p.revision)
	switch {
	case err == nil:
		p.revision = revision
		return nil
	case lapsed(err):
		return fmt.Errorf("%w: its entry had lapsed", ErrRetired)
	default:
		return p.conn.wrap(err)
	}
}

// Leave removes the entry.
func (p *Presence) Leave(ctx context.Context) error {
	return p.conn.wrap(p.kv.Purge(ctx, p.key, jetstream.LastRevision(p.revision)))
}

// lapsed says whether a compare-and-set failed because the entry is not as it
// was left, rather than because the server could not be asked.
func lapsed(err error) bool {
	return errors.Is(err, jetstream.ErrKeyRevisionMismatch) || errors.Is(err, jetstream.ErrKeyExists) ||
		errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrBucketNotFound) ||
		errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrNoStreamResponse)
}

// WatchWorkers calls f, one call at a time, for every entry that appears or
// changes, and with nil when one ends, more than once perhaps. Beside watching it lists the entries
// every ttl, since watchers can stall after a reconnect.
func (c *Conn) WatchWorkers(ctx context.Context, ttl time.Duration, f func(incarnation string, v *Vitals)) (stop func(), err error) {
	kv, err := c.workers(ctx, ttl)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	watch, err := kv.WatchAll(ctx)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("watch %s: %w", workersBucket, c.wrap(err))
	}
	w := &workerWatch{kv: kv, known: map[string]uint64{}, report: f}
	var wg sync.WaitGroup
	wg.Go(func() {
		relist := time.NewTicker(ttl)
		defer relist.Stop()
		updates := watch.Updates()
		for {
			select {
			case <-ctx.Done():
				return
			case e, ok := <-updates:
				switch {
				case !ok:
					updates = nil // the connection is lost; its owner sees that elsewhere
				case e != nil: // nil ends the initial values
					w.see(e)
				}
			case <-relist.C:
				w.list(ctx)
			}
		}
	})
	return sync.OnceFunc(func() {
		_ = watch.Stop() // fails only where the connection has gone
		cancel()
		wg.Wait()
	}), nil
}

type workerWatch struct {
	kv     jetstream.KeyValue
	known  map[string]uint64 // living incarnation → revision
	report func(string, *Vitals)
}

func (w *workerWatch) see(e jetstream.KeyValueEntry) {
	if e.Operation() != jetstream.KeyValuePut {
		delete(w.known, e.Key())
		w.report(e.Key(), nil) // even if it was never seen: it may have come and gone in between
		return
	}
	if e.Revision() <= w.known[e.Key()] {
		return
	}
	var v Vitals
	if json.Unmarshal(e.Value(), &v) == nil { // what cannot be read is not for this version
		w.known[e.Key()] = e.Revision()
		w.report(e.Key(), &v)
	}
}

// list asks for every known entry and for those not yet seen.
func (w *workerWatch) list(ctx context.Context) {
	keys, err := w.kv.Keys(ctx)
	if err != nil && !errors.Is(err, jetstream.ErrNoKeysFound) {
		return // asked again after the next interval
	}
	alive := make(map[string]bool, len(keys))
	for _, key := range keys {
		alive[key] = true
		if e, err := w.kv.Get(ctx, key); err == nil {
			w.see(e)
		}
	}
	for key := range w.known {
		if alive[key] {
			continue
		}
		// A list can lack an entry that was renewed while it was made.
		if _, err := w.kv.Get(ctx, key); errors.Is(err, jetstream.ErrKeyNotFound) {
			delete(w.known, key)
			w.report(key, nil)
		}
	}
}
