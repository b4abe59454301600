package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

const (
	// failedPause keeps a lease whose shard could not be loaded from coming
	// back at once, to the same worker.
	failedPause = 300 * time.Millisecond
	// fullPause does the same for a lease that did not fit.
	fullPause = 500 * time.Millisecond
	// fullWait is how long a full worker leaves the leases to others before it
	// looks for a smaller shard.
	fullWait = 5 * time.Second
	// leavePause keeps a lease given back on leaving from this worker's own last
	// request, which the server may not have seen withdrawn yet: delivered to it,
	// the lease would have to lapse before anybody else is offered it.
	leavePause = 100 * time.Millisecond
	// muchMemory is how large a shard is, in bytes, for which it pays to give
	// back at once what loading it took: some three times as much.
	muchMemory = 8 << 20
)

// takeLeases takes one lease after the other, each once the one before has
// been loaded: what waits is left to workers that are free.
func (s *session) takeLeases(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-s.placed:
	}
	queue, err := s.conn.OpenLeases(ctx, s.id)
	if err != nil {
		s.leasesLost(ctx, err)
		return
	}
	for {
		lease, err := queue.Next(ctx)
		if err != nil {
			s.leasesLost(ctx, err)
			return
		}
		h := &holding{HeldLease: lease, extended: time.Now(), settled: make(chan struct{})}
		if free := s.take(h); free < 0 {
			if err := s.full(ctx, h, free+h.Bytes); err != nil {
				s.leasesLost(ctx, err)
				return
			}
			continue
		}
		select {
		case s.leased <- h:
		case <-ctx.Done():
			return
		}
		select {
		case <-h.settled:
		case <-ctx.Done():
			return
		}
	}
}

// leasesLost ends the session where leases cannot be had. The stream of a job
// goes with the job, and that may be seen before the job's own notice is heard:
// then nothing has failed.
func (s *session) leasesLost(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	if record, e := s.conn.Job(ctx, s.id); e == nil && (record == nil || record.State != wire.JobRunning) {
		s.jobOver()
		return
	}
	s.end(ctx, err)
}

// end ends the session where something below it has failed.
func (s *session) end(ctx context.Context, err error) {
	if ctx.Err() == nil {
		s.cancel(err)
	}
}

// take holds a lease and returns the memory that is left, in bytes; a negative
// result says that it does not fit and is not held.
func (s *session) take(h *holding) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.held[h.Shard.ID]
	free := s.budget - s.used - h.Bytes
	if old != nil {
		free += old.Bytes
	}
	if free < 0 {
		return free
	}
	if old != nil { // the lease had lapsed and came back: the rows are still there
		s.used -= old.Bytes
		h.shard = old.shard
	}
	s.held[h.Shard.ID] = h
	s.used += h.Bytes
	return free
}

// full gives a lease back that does not fit, and waits for room.
func (s *session) full(ctx context.Context, h *holding, free int64) error {
	s.log.Info("a shard does not fit", "shard", h.Shard.ID, "needed", h.Bytes, "free", free)
	if err := h.Release(fullPause); err != nil {
		return err
	}
	if _, err := s.report(ctx, wire.ToCoordinator{Full: &wire.Full{Needed: h.Bytes, Free: free}}); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-s.freed:
	case <-time.After(fullWait):
	}
	return nil
}

// load makes a leased shard resident and says so.
func (s *session) load(ctx context.Context, h *holding) error {
	defer close(h.settled)
	held := wire.Held{Shard: h.Shard.ID, Delivery: h.Delivery}
	if _, err := s.report(ctx, wire.ToCoordinator{Loading: &held}); err != nil {
		return err
	}
	outcome := wire.Loaded{Held: held, Rows: h.Rows}
	if h.shard == nil {
		sh, err := s.loadShard(ctx, h)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			s.log.Info("a shard could not be loaded", "shard", h.Shard.ID, "error", err)
			outcome.Failure = &wire.Failure{Message: err.Error(), Permanent: !transient(err)}
		}
		s.mu.Lock()
		if s.held[h.Shard.ID] != h { // given up meanwhile
			s.mu.Unlock()
			return nil
		}
		if h.shard = sh; err != nil {
			s.dropHeld(h.Shard.ID)
		}
		s.mu.Unlock()
		if h.Bytes >= muchMemory {
			debug.FreeOSMemory()
		}
	}
	_, err := s.report(ctx, wire.ToCoordinator{Loaded: &outcome})
	if err == nil && outcome.Failure != nil {
		err = h.Release(failedPause)
	}
	return err
}

// errPanic marks an error that was a panic.
var errPanic = errors.New("panic, see the worker's log")

func (s *session) loadShard(ctx context.Context, h *holding) (loaded *shard.Shard, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("panic while loading a shard", "shard", h.Shard.ID, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("%w: %v", errPanic, p)
		}
	}()
	var plan *encoder.Plan
	if plan, err = s.planned(ctx, s.place.Plan); err != nil {
		return nil, err
	}
	s.rows.Store(0)
	progress := s.progress(wire.Advance{Held: &wire.Held{Shard: h.Shard.ID, Delivery: h.Delivery}})
	return s.cfg.Load(ctx, s.table, s.opener, plan, h.Shard, progress)
}

// dropHeld gives up a shard without a word. The caller holds s.mu.
func (s *session) dropHeld(id int) {
	if h := s.held[id]; h != nil {
		s.used -= h.Bytes
		delete(s.held, id)
		wake(s.freed)
	}
}

// extend keeps the leases. One that was not extended in time may be with
// another by now: this session was not alive, whatever its entry says.
func (s *session) extend() {
	s.mu.Lock()
	held := make([]*holding, 0, len(s.held))
	for _, h := range s.held {
		held = append(held, h)
	}
	ackWait := s.ackWait
	s.mu.Unlock()
	for _, h := range held {
		now := time.Now()
		if now.Sub(h.extended) >= ackWait {
			s.cancel(fmt.Errorf("%w: the lease of shard %d had lapsed", wire.ErrRetired, h.Shard.ID))
			return
		}
		if err := h.Extend(); err != nil {
			s.log.Warn("a lease could not be extended", "shard", h.Shard.ID, "error", err)
			continue
		}
		h.extended = now
	}
}

// releaseAll gives back every lease that surely is still this session's.
func (s *session) releaseAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, h := range s.held {
		if time.Since(h.extended) < s.ackWait {
			if err := h.Release(leavePause); err != nil {
				s.log.Debug("a lease is left to lapse", "shard", id, "error", err)
			}
		}
		s.dropHeld(id)
	}
}
