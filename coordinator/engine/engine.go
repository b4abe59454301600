// Package engine runs ops over the workers of a job: split ops over pieces of
// the source, shard ops over resident shards. What it decides stands in State,
// a deterministic state machine; Engine is the input and output at its edge.
package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Engine is the coordinator's end of one job. OverSplits, Load and OverShards
// may be called by any goroutine; one of them runs at a time.
type Engine struct {
	cfg    Config
	table  *source.Table
	server *wire.Server // nil with an external one
	conn   *wire.Conn
	term   *wire.Term
	blobs  *wire.Blobs
	ship   *wire.Shipper
	job    wire.Blob // wire.Job as JSON

	ctx    context.Context // of the job; its cause says why it ended
	cancel context.CancelCauseFunc
	local  context.CancelFunc // ends the local workers
	stops  []func()           // subscriptions
	wg     sync.WaitGroup
	ended  sync.Once
	closed sync.Once
	err    error // of closing

	turn   chan struct{} // held by Load and rounds; guards the following
	leases *wire.Leases  // nil before Load
	placed int           // shards

	inputs  chan func() // run by the loop, which owns the following
	state   *State
	place   *wire.Place
	pending []wire.Lease  // to be placed
	loaded  chan struct{} // closed once every shard is resident
	joined  chan struct{} // closed once MinWorkers are there
	round   *round
	refused string // why the last worker was refused
	pulse   map[string]pulse

	stats struct{ rounds, assignments, retries, pulled atomic.Int64 }
}

// Stats are what a job has cost so far.
type Stats struct {
	Rounds      int64 `json:"rounds"`
	Assignments int64 `json:"assignments"`
	Retries     int64 `json:"retries"` // assignments beyond the first of their units
	Shipped     int64 `json:"shipped"` // bytes of rows sent to workers
	Pulled      int64 `json:"pulled"`  // bytes of answers
}

// Start begins a job on a table: it connects, or starts a server and local
// workers, and returns once enough workers have joined. The opener reads the
// table for workers that cannot; its reads are bounded in memory. When ctx is
// cancelled, the job is. Errors: *wire.UnreachableError, *wire.JetStreamError,
// ErrNoWorkers.
func Start(ctx context.Context, cfg Config, table *source.Table, opener source.Opener) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	e := &Engine{
		cfg: cfg, table: table, inputs: make(chan func(), 256), turn: make(chan struct{}, 1),
		joined: make(chan struct{}), pulse: map[string]pulse{},
	}
	e.ctx, e.cancel = context.WithCancelCause(ctx)
	if err := e.begin(opener); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (e *Engine) begin(opener source.Opener) error {
	if err := e.connect(); err != nil {
		return err
	}
	var err error
	if e.blobs, err = e.conn.JobBlobs(e.cfg.JobID); err != nil {
		return err
	}
	job, err := json.Marshal(wire.Job{ID: e.cfg.JobID, Table: *e.table, Ship: e.cfg.Ship})
	if err != nil {
		return fmt.Errorf("description of the job: %w", err)
	}
	e.job = e.blobs.Put(job)
	if e.ship, err = e.conn.ServeTable(e.cfg.JobID, e.table, opener); err != nil {
		return err
	}
	stop, err := e.conn.ServeJob(e.cfg.JobID, func(m wire.ToCoordinator, reply func(wire.Reply)) {
		e.post(func() { e.receive(m, reply) })
	})
	if err != nil {
		return err
	}
	e.stops = append(e.stops, stop)
	stop, err = e.conn.WatchWorkers(e.ctx, e.cfg.TTL, func(worker string, v *wire.Vitals) {
		switch {
		case v == nil:
			e.post(func() { e.step(Lost{Worker: worker}) })
		case v.Job == e.cfg.JobID:
			e.post(func() {
				e.step(Seen{Worker: worker})
				e.watch(worker, v, time.Now())
			})
		}
	})
	if err != nil {
		return err
	}
	e.stops = append(e.stops, stop)
	// Workers see the job from here on, so everything they ask for is served.
	if e.term, err = e.conn.AcquireTerm(e.ctx, e.cfg.JobID, e.cfg.TTL); err != nil {
		return err
	}
	limits := DefaultLimits
	limits.WaitTicks = int(e.cfg.Wait / tickEvery)
	e.state = NewState(e.term.String(), limits)
	e.wg.Go(e.loop)
	e.wg.Go(e.renew)
	e.wg.Go(e.watchEnd)
	e.startLocal()
	return e.muster()
}

// muster waits for the workers that the job is to begin with. When fewer came
// in time, it begins with these; when none came, the state ends the job.
func (e *Engine) muster() error {
	late := time.NewTimer(e.cfg.Wait)
	defer late.Stop()
	for {
		select {
		case <-e.joined:
			return e.settle()
		case <-late.C:
			if here := e.Slots(); here > 0 {
				e.cfg.Log.Warn(fmt.Sprintf("%d of %d workers joined within %s: beginning with these", here, e.cfg.MinWorkers, e.cfg.Wait))
				return nil
			}
		case <-e.ctx.Done():
			return context.Cause(e.ctx)
		}
	}
}

// settle gives remote workers that are about to join the time to do so, since
// shards are cut for those who are there: until none came for a while, which
// is some tens of round trips.
func (e *Engine) settle() error {
	const pause, most = 50 * time.Millisecond, 500 * time.Millisecond
	if e.server != nil {
		return nil // all local workers have joined
	}
	for begin, slots := time.Now(), 0; time.Since(begin) < most; {
		now := e.Slots()
		if now == slots {
			break
		}
		slots = now
		select {
		case <-time.After(pause):
		case <-e.ctx.Done():
			return context.Cause(e.ctx)
		}
	}
	return nil
}

func (e *Engine) connect() (err error) {
	if e.cfg.URL != "" {
		e.conn, err = wire.Connect(e.ctx, e.cfg.URL, e.cfg.Reconnect)
		return err
	}
	if e.server, err = wire.StartServer(""); err != nil {
		return err
	}
	e.conn, err = e.server.Connect(e.ctx)
	return err
}

// startLocal runs the local workers on a connection of their own: they go
// through the same protocol as remote ones.
func (e *Engine) startLocal() {
	if e.server == nil {
		return
	}
	var ctx context.Context
	ctx, e.local = context.WithCancel(context.WithoutCancel(e.ctx))
	e.wg.Go(func() {
		conn, err := e.server.Connect(ctx)
		if err == nil {
			defer conn.Close()
			err = e.cfg.Local(ctx, conn, e.cfg.Workers)
		}
		if ctx.Err() == nil {
			if err == nil {
				err = errors.New("ended before the job")
			}
			e.cancel(fmt.Errorf("local workers: %w", err))
		}
	})
}

// post has the loop run f. It does nothing once the job has ended.
func (e *Engine) post(f func()) {
	select {
	case e.inputs <- f:
	case <-e.ctx.Done():
	}
}

// loop owns the state.
func (e *Engine) loop() {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-e.ctx.Done():
			return
		case f := <-e.inputs:
			f()
		case <-tick.C:
			e.step(Tick{})
			if e.cfg.Progress != nil && e.state.Busy() {
				e.cfg.Progress(e.state.Progress())
			}
		}
	}
}

// renew keeps the term. A server that is away for a moment is waited for; the
// connection tells when it is gone for good.
func (e *Engine) renew() {
	tick := time.NewTicker(e.term.TTL() / 3)
	defer tick.Stop()
	for {
		select {
		case <-e.ctx.Done():
			return
		case <-e.conn.Lost():
			e.cancel(fmt.Errorf("%w: %s did not come back; run the job again when it has", wire.ErrDisconnected, e.conn.URL()))
			return
		case <-tick.C:
			ctx, cancel := context.WithTimeout(e.ctx, e.term.TTL()/3)
			err := e.term.Renew(ctx)
			cancel()
			if errors.Is(err, ErrTermLost) {
				e.cancel(err)
				return
			}
			if err != nil && e.ctx.Err() == nil {
				e.cfg.Log.Warn("the coordinator's term could not be renewed", "error", err)
			}
		}
	}
}

// Term names this coordinator's term. No other coordinator has the same, of this
// job or of any.
func (e *Engine) Term() string { return e.term.String() }

// Confirm makes sure that this process still is the job's coordinator: to be
// called before outputs are written. ErrTermLost says that it is not.
func (e *Engine) Confirm(ctx context.Context) error {
	if e.ctx.Err() != nil {
		return context.Cause(e.ctx)
	}
	err := e.term.Renew(ctx)
	if errors.Is(err, ErrTermLost) {
		e.cancel(err)
		return err
	}
	if err != nil && !e.term.Valid() {
		return fmt.Errorf("%w: it could not be renewed: %w", ErrTermLost, err)
	}
	return nil
}

// Slots returns how many workers take part now, each doing one op at a time.
func (e *Engine) Slots() int {
	n := make(chan int, 1)
	e.post(func() { n <- e.state.Workers() })
	select {
	case slots := <-n:
		return slots
	case <-e.ctx.Done():
		return 0
	}
}

// Stats returns what the job has cost so far.
func (e *Engine) Stats() Stats {
	return Stats{
		Rounds: e.stats.rounds.Load(), Assignments: e.stats.assignments.Load(), Retries: e.stats.retries.Load(),
		Shipped: e.ship.Sent(), Pulled: e.stats.pulled.Load(),
	}
}
