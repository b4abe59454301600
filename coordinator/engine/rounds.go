package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// answersHeld bounds the answers that were pulled and not yet merged.
const answersHeld = 4

// round is the edge of a running round.
type round struct {
	op       string
	params   wire.Blob
	splits   []source.Split
	ctx      context.Context
	answers  map[Key]wire.Blob // offered, not yet arrived
	arrived  map[Key][]byte    // not yet accepted
	room     chan struct{}     // see answersHeld
	outcomes chan outcome      // has room for all there can be
}

// outcome is an accepted answer, or the end.
type outcome struct {
	units  []int
	answer []byte
	last   bool
	err    error
}

// OverSplits runs a split op over the given splits, a few at a time on any
// worker; a fast worker gets more. Accept is called for one answer at a time,
// in any order, with the numbers of the splits that it covers; together they
// cover each split exactly once. An error of accept ends the round.
func (e *Engine) OverSplits(ctx context.Context, op string, params any, splits []source.Split, accept func(units []int, answer []byte) error) error {
	return e.over(ctx, e.overSplits(op, splits), params, splits, accept)
}

// OverEachSplit is OverSplits with an answer for every split, for ops whose
// answers grow with the rows: a few splits' worth is all that is held at once.
func (e *Engine) OverEachSplit(ctx context.Context, op string, params any, splits []source.Split, accept func(answer []byte) error) error {
	start := e.overSplits(op, splits)
	start.Each = true
	return e.over(ctx, start, params, splits, func(_ []int, answer []byte) error { return accept(answer) })
}

func (e *Engine) overSplits(op string, splits []source.Split) RoundStarted {
	start := RoundStarted{Op: op, Rows: make([]int64, len(splits)), Where: make([]string, len(splits))}
	for i, s := range splits {
		start.Rows[i], start.Where[i] = s.Rows, e.where(s)
	}
	return start
}

// OverShards runs a shard op over all resident shards: each worker answers
// with one partial for those it holds. Accept is called for one answer at a
// time, in any order; together they cover each shard exactly once. An error of
// accept ends the round.
func (e *Engine) OverShards(ctx context.Context, op string, params any, accept func(answer []byte) error) error {
	return e.over(ctx, RoundStarted{Op: op, Shards: true}, params, nil, func(_ []int, answer []byte) error { return accept(answer) })
}

// acquire waits for the engine to be free.
func (e *Engine) acquire(ctx context.Context) error {
	select {
	case e.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-e.ctx.Done():
		return context.Cause(e.ctx)
	}
}

func (e *Engine) over(ctx context.Context, start RoundStarted, params any, splits []source.Split, accept func([]int, []byte) error) error {
	if err := e.acquire(ctx); err != nil {
		return err
	}
	defer func() { <-e.turn }()
	var blob wire.Blob
	if params != nil {
		data, err := e.conn.Encode(params)
		if err != nil {
			return fmt.Errorf("%s: %w", start.Op, err)
		}
		blob = e.blobs.Put(data)
		defer e.blobs.Drop(blob)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	units := len(splits)
	if start.Shards {
		units = e.placed
	}
	r := &round{
		op: start.Op, params: blob, splits: splits, ctx: ctx, answers: map[Key]wire.Blob{}, arrived: map[Key][]byte{},
		room: make(chan struct{}, answersHeld), outcomes: make(chan outcome, units+2),
	}
	e.post(func() {
		e.round = r
		if start.Shards && !e.state.loaded {
			r.finish(errors.New("no shards are resident: they have to be loaded first"))
			return
		}
		e.step(start)
	})
	e.stats.rounds.Add(1)
	err := e.gather(ctx, r, accept)
	if err != nil {
		e.post(func() { e.step(RoundAborted{}) })
	}
	return err
}

// gather hands the round's answers to accept until the last.
func (e *Engine) gather(ctx context.Context, r *round, accept func([]int, []byte) error) error {
	for {
		select {
		case o := <-r.outcomes:
			if o.last {
				return o.err
			}
			if err := accept(o.units, o.answer); err != nil {
				return err
			}
			<-r.room
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-e.ctx.Done():
			return context.Cause(e.ctx)
		}
	}
}

// The following run in the loop.

func (r *round) accept(a Accept) {
	r.outcomes <- outcome{units: a.Units, answer: r.arrived[a.Key]}
	delete(r.arrived, a.Key)
}

func (r *round) finish(err error) { r.outcomes <- outcome{last: true, err: err} }

func (e *Engine) assign(a Assign) {
	r := e.round
	m := wire.ToWorker{Term: a.Key.Term, Assign: &wire.Assign{Key: a.Key.Key, Op: r.op, Params: r.params, Units: a.Units}}
	if r.splits != nil {
		m.Assign.Splits = make([]source.Split, len(a.Units))
		for i, u := range a.Units {
			m.Assign.Splits[i] = r.splits[u]
		}
	}
	e.stats.assignments.Add(1)
	if a.Key.Attempt > 1 {
		e.stats.retries.Add(1)
		e.cfg.Log.Info("work handed out anew", "worker", a.Worker, "op", r.op, "units", len(a.Units), "attempt", a.Key.Attempt)
	}
	e.wg.Go(func() {
		err := e.conn.Ask(r.ctx, a.Worker, m)
		switch {
		case err == nil || r.ctx.Err() != nil || e.ctx.Err() != nil:
		case errors.Is(err, wire.ErrRetired), errors.Is(err, wire.ErrTermLost):
			e.post(func() { e.step(Lost{Worker: a.Worker}) })
		default:
			e.post(func() {
				e.step(AnswerFailed{Worker: a.Worker, Key: a.Key, Reason: err.Error(), Final: !wire.Transient(err)})
			})
		}
	})
}

// answer takes a worker's answer, which may be of an assignment long revoked.
func (e *Engine) answer(worker string, m *wire.Answer) {
	key := e.key(m.Key)
	if f := m.Failure; f != nil {
		e.step(AnswerFailed{Worker: worker, Key: key, Reason: f.Message, Final: f.Permanent, Missing: f.Missing})
		return
	}
	if e.state.openAssignment(worker, key) == nil {
		e.tell(worker, wire.ToWorker{Forget: &m.Key})
		return
	}
	e.round.answers[key] = m.Partial
	e.step(Answered{Worker: worker, Key: key})
}

// fetch pulls an answer, when there is room for one.
func (e *Engine) fetch(a Fetch) {
	r := e.round
	blob := r.answers[a.Key]
	delete(r.answers, a.Key)
	e.wg.Go(func() {
		select {
		case r.room <- struct{}{}:
		case <-r.ctx.Done():
			return
		case <-e.ctx.Done():
			return
		}
		data, err := e.conn.PullAnswer(r.ctx, a.Worker, blob)
		e.post(func() {
			if r != e.round {
				return
			}
			if err != nil {
				<-r.room
				e.step(AnswerFailed{Worker: a.Worker, Key: a.Key, Reason: err.Error()})
				return
			}
			if e.state.openAssignment(a.Worker, a.Key) == nil {
				<-r.room
				return
			}
			e.stats.pulled.Add(blob.Size)
			r.arrived[a.Key] = data
			e.step(Arrived(a))
		})
	})
}
