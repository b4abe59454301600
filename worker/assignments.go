package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/headwater-dev/headwater/worker/ops"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/wire"
)

// tellEvery is the least time between two messages of progress.
const tellEvery = 100 * time.Millisecond

// enqueue adds an assignment, unless it is known. The caller holds s.mu.
func (s *session) enqueue(a assignment) {
	known := func(b assignment) bool { return b.Key == a.Key && b.term == a.term }
	if s.running != nil && known(*s.running) || slices.ContainsFunc(s.queue, known) {
		return
	}
	if _, answered := s.answers[a.Key]; answered {
		return
	}
	s.queue = append(s.queue, a)
	wake(s.wake)
}

// forget stops an assignment, or drops its answer. The caller holds s.mu.
func (s *session) forget(key wire.Key) {
	s.queue = slices.DeleteFunc(s.queue, func(a assignment) bool { return a.Key == key })
	if s.running != nil && s.running.Key == key {
		s.stop()
	}
	if blob, ok := s.answers[key]; ok {
		s.blobs.Drop(blob)
		delete(s.answers, key)
	}
}

// next takes the next assignment, or nil. What is of another term is passed over.
func (s *session) next() *assignment {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) > 0 {
		a := s.queue[0]
		s.queue = s.queue[1:]
		if a.term == s.term {
			return &a
		}
	}
	return nil
}

// perform runs an assignment and answers. It returns an error only where the
// session has to end.
func (s *session) perform(ctx context.Context, a *assignment) error {
	opCtx, stop := context.WithCancel(ctx)
	defer stop()
	s.rows.Store(0)
	s.mu.Lock()
	s.running, s.stop = a, stop
	s.mu.Unlock()
	data, failure := s.runOp(opCtx, a)
	stopped := opCtx.Err() != nil
	answer := wire.Answer{Key: a.Key, Failure: failure}
	s.mu.Lock()
	s.running, s.stop = nil, nil
	if failure == nil && !stopped {
		answer.Partial = s.blobs.Put(data)
		s.answers[a.Key] = answer.Partial
	}
	s.mu.Unlock()
	if stopped { // nobody wants the answer
		return context.Cause(ctx)
	}
	_, err := s.report(ctx, wire.ToCoordinator{Answer: &answer})
	return err
}

// runOp returns the encoded partial, or why there is none.
func (s *session) runOp(ctx context.Context, a *assignment) ([]byte, *wire.Failure) {
	env := &ops.Env{Table: s.table, Opener: s.opener, Splits: a.Splits, Units: a.Units, Key: a.name(), Parts: &s.parts, Progress: s.progress(wire.Advance{Key: a.Key})}
	if a.Splits == nil {
		var missing []int
		if env.Shards, missing = s.resident(a.Units); missing != nil {
			return nil, &wire.Failure{Message: fmt.Sprintf("%d shards are not resident here", len(missing)), Missing: missing}
		}
	}
	partial, err := s.call(ctx, env, a)
	if err == nil {
		var data []byte
		if data, err = s.conn.Encode(partial); err == nil {
			return data, nil
		}
	}
	if ctx.Err() == nil {
		s.log.Info("an op failed", "op", a.Op, "error", err)
	}
	return nil, &wire.Failure{Message: err.Error(), Permanent: !transient(err)}
}

func (s *session) call(ctx context.Context, env *ops.Env, a *assignment) (partial any, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("panic in an op", "op", a.Op, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("%w: %v", errPanic, p)
		}
	}()
	params, err := s.conn.PullJob(ctx, s.id, a.Params)
	if errors.Is(err, wire.ErrGone) {
		return nil, fmt.Errorf("parameters: %w: %w", err, context.Canceled) // the round is over
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	place := s.place
	s.mu.Unlock()
	if place != nil {
		if env.Plan, err = s.planned(ctx, place.Plan); err != nil {
			return nil, err
		}
	}
	return s.cfg.Op(ctx, env, a.Op, params)
}

// resident returns the shards, or those that are missing.
func (s *session) resident(ids []int) (shards []*shard.Shard, missing []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if h := s.held[id]; h != nil && h.shard != nil {
			shards = append(shards, h.shard)
		} else {
			missing = append(missing, id)
		}
	}
	return shards, missing
}

// progress counts rows, and tells the coordinator now and then. Ops may call
// it from several goroutines.
func (s *session) progress(a wire.Advance) func(int64) {
	last := time.Now()
	return func(rows int64) {
		done := s.rows.Add(rows)
		s.mu.Lock()
		now := time.Now()
		due := now.Sub(last) >= tellEvery
		if due {
			last = now
		}
		s.mu.Unlock()
		if !due {
			return
		}
		advance := a
		advance.Rows = done
		err := s.conn.Mention(s.id, wire.ToCoordinator{Term: s.term, Worker: s.name, Advance: &advance})
		if err != nil {
			s.log.Debug("progress not told", "error", err)
		}
	}
}
