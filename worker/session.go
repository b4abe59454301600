package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// errJobOver is the cause with which a session ends when its job has.
var errJobOver = errors.New("the job has ended")

// session is one slot's part in one job, under one incarnation.
type session struct {
	*job
	conn     *wire.Conn
	name     string // incarnation
	log      *slog.Logger
	budget   int64 // bytes
	presence *wire.Presence
	blobs    *wire.Blobs
	cancel   context.CancelCauseFunc
	over     chan struct{} // closed once the job is known to have ended
	ending   sync.Once

	// Set once the coordinator has welcomed the session.
	term    string
	ackWait time.Duration
	table   *source.Table
	opener  source.Opener

	wake   chan struct{} // an assignment was queued
	leased chan *holding
	rows   atomic.Int64 // done by the running op

	mu      sync.Mutex
	queue   []assignment
	running *assignment
	stop    context.CancelFunc // of the running op
	answers map[wire.Key]wire.Blob
	held    map[int]*holding // shard → lease, and the shard once resident
	used    int64            // bytes, of all that is held
	place   *wire.Place
	placed  chan struct{} // closed once place is set
	freed   chan struct{} // memory was freed
}

type assignment struct {
	*wire.Assign
	term string
}

// name tells the assignment from all others of any coordinator.
func (a *assignment) name() string {
	return fmt.Sprintf("%s-%d-%d-%d", a.term, a.Key.Round, a.Key.Attempt, a.Key.Assignment)
}

// holding is a shard whose lease this session holds.
type holding struct {
	*wire.HeldLease
	shard    *shard.Shard // nil while loading
	extended time.Time
	settled  chan struct{} // closed once it was tried to load the shard
}

// session takes part until the job ends (nil), ctx ends (nil, drained), or the
// incarnation is given up (wire.ErrRetired).
func (j *job) session(ctx context.Context, slot int) error {
	s := &session{
		job: j, conn: j.cfg.Conn, name: wire.Incarnation(j.cfg.Name), budget: j.cfg.MemoryBudget / int64(j.cfg.Slots),
		wake: make(chan struct{}, 1), leased: make(chan *holding), answers: map[wire.Key]wire.Blob{},
		held: map[int]*holding{}, placed: make(chan struct{}), freed: make(chan struct{}, 1),
		over: make(chan struct{}),
	}
	s.log = j.cfg.Log.With("worker", s.name, "job", j.id)
	outer := ctx
	ctx, s.cancel = context.WithCancelCause(ctx)
	defer s.cancel(nil)
	err := s.run(ctx)
	cause := context.Cause(ctx)
	switch {
	case outer.Err() != nil, errors.Is(cause, errJobOver):
		return nil
	case cause != nil:
		return cause
	default:
		return err
	}
}

func (s *session) run(ctx context.Context) (err error) {
	if s.blobs, err = s.conn.WorkerBlobs(s.name); err != nil {
		return err
	}
	defer s.blobs.Close()
	stopNotices, err := s.conn.OnNotice(s.id, func(wire.Notice) { s.jobOver() })
	if err != nil {
		return err
	}
	defer stopNotices()
	stopServing, err := s.conn.ServeWorker(s.name, s.handle)
	if err != nil {
		return err
	}
	defer stopServing()
	if s.presence, err = s.conn.Announce(ctx, s.name, s.vitals()); err != nil {
		return err
	}
	var wg sync.WaitGroup
	wg.Go(func() { s.heartbeat(ctx) })
	err = s.work(ctx, &wg)
	s.cancel(err) // keeps the first cause
	wg.Wait()
	s.leave(context.Cause(ctx))
	return err
}

// work joins, then runs ops and loads shards, one at a time.
func (s *session) work(ctx context.Context, wg *sync.WaitGroup) error {
	reply, err := s.report(ctx, wire.ToCoordinator{Join: &wire.Join{Version: wire.Version}})
	if err != nil {
		return err
	}
	w := reply.Welcome
	if w == nil {
		return fmt.Errorf("job %s: the coordinator's welcome is empty", s.id)
	}
	desc, opener, err := s.describe(ctx, w.Job)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.term, s.ackWait, s.table, s.opener = w.Term, w.AckWait, &desc.Table, opener
	s.mu.Unlock()
	if w.Place != nil {
		s.setPlace(w.Place)
	}
	s.log.Info("joined", "budget", s.budget)
	wg.Go(func() { s.takeLeases(ctx) })
	for {
		if a := s.next(); a != nil {
			if err := s.perform(ctx, a); err != nil {
				return err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-s.wake:
		case h := <-s.leased:
			if err := s.load(ctx, h); err != nil {
				return err
			}
		}
	}
}

// report delivers a message; the coordinator's refusal ends the session.
func (s *session) report(ctx context.Context, m wire.ToCoordinator) (wire.Reply, error) {
	m.Worker, m.Term = s.name, s.term
	r, err := s.conn.Report(ctx, s.id, m)
	if errors.Is(err, wire.ErrTermLost) {
		err = fmt.Errorf("%w: the job has a new coordinator", wire.ErrRetired)
	}
	return r, err
}

// handle takes a message of the coordinator.
func (s *session) handle(m wire.ToWorker) wire.Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.term != "" && m.Term != s.term {
		return wire.Reply{Refused: wire.RefusedTerm}
	}
	switch {
	case m.Assign != nil:
		s.enqueue(assignment{m.Assign, m.Term})
	case m.Forget != nil:
		s.forget(*m.Forget)
	case m.Drop != nil:
		if h := s.held[m.Drop.Shard]; h != nil && h.Delivery <= m.Drop.Delivery {
			s.dropHeld(m.Drop.Shard)
		}
	case m.Place != nil:
		s.setPlaceLocked(m.Place)
	case m.Retire != nil:
		s.cancel(wire.ErrRetired)
	}
	return wire.Reply{}
}

func (s *session) setPlace(p *wire.Place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setPlaceLocked(p)
}

func (s *session) setPlaceLocked(p *wire.Place) {
	if s.place == nil {
		s.place = p
		close(s.placed)
	}
}

// heartbeat renews the session's entry and, only then, its leases: a session
// that is not sure of being alive must not keep shards from others.
func (s *session) heartbeat(ctx context.Context) {
	tick := time.NewTicker(s.beatEvery())
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.conn.Lost():
			s.cancel(fmt.Errorf("%w: %s", wire.ErrDisconnected, s.conn.URL()))
			return
		case <-tick.C:
		}
		tick.Reset(s.beatEvery())
		once, cancel := context.WithTimeout(ctx, s.beatEvery())
		err := s.presence.Beat(once, s.vitals())
		var record *wire.JobRecord
		if err == nil {
			record, err = s.conn.Job(once, s.id)
			if err == nil && (record == nil || record.State != wire.JobRunning) {
				err = errJobOver
			}
		}
		cancel()
		switch {
		case errors.Is(err, errJobOver):
			s.jobOver()
			return
		case errors.Is(err, wire.ErrRetired):
			s.cancel(err)
			return
		case err != nil:
			if ctx.Err() == nil {
				s.log.Warn("no heartbeat", "error", err)
			}
		default:
			s.extend()
		}
	}
}

// beatEvery leaves room for two lost heartbeats.
func (s *session) beatEvery() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	every := s.presence.TTL()
	if s.ackWait > 0 {
		every = min(every, s.ackWait)
	}
	return every / 3
}

func (s *session) vitals() wire.Vitals {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := wire.Vitals{Job: s.id, Program: s.cfg.Version, Capacity: s.budget, Used: s.used}
	for _, h := range s.held {
		if h.shard != nil {
			v.Shards++
		}
	}
	if s.running != nil {
		v.Op, v.Key, v.Rows = s.running.Op, s.running.Key, s.rows.Load()
	}
	return v
}

// leaveTimeout bounds what is done for the sake of order at the end.
const leaveTimeout = 2 * time.Second

func (s *session) jobOver() {
	s.ending.Do(func() { close(s.over) })
	s.cancel(errJobOver)
}

// leave gives back what is held. When the job is over the leases mean nothing;
// else those that have not lapsed go to others at once.
func (s *session) leave(cause error) {
	if !errors.Is(cause, errJobOver) {
		s.releaseAll()
		if s.term != "" && !errors.Is(cause, wire.ErrRetired) {
			s.sayLeave()
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	if err := s.presence.Leave(ctx); err != nil {
		s.log.Debug("this worker's entry is left to lapse", "error", err)
	}
}

func (s *session) sayLeave() {
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	go func() {
		select {
		case <-s.over: // a coordinator that has gone does not answer
			cancel()
		case <-ctx.Done():
		}
	}()
	if _, err := s.report(ctx, wire.ToCoordinator{Leave: &wire.Leave{}}); err != nil {
		s.log.Debug("the coordinator does not hear that this worker leaves", "error", err)
	}
}
