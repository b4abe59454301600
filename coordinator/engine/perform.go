package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/headwater-dev/headwater/worker/wire"
)

// step and everything below run in the loop.
func (e *Engine) step(event Event) (acts []Action) {
	acts = e.state.Step(event)
	for _, a := range acts {
		e.perform(a)
	}
	return acts
}

func (e *Engine) perform(a Action) {
	switch a := a.(type) {
	case PlaceLeases:
		e.placeLeases()
	case Assign:
		e.assign(a)
	case Fetch:
		e.fetch(a)
	case Accept:
		e.round.accept(a)
		e.tell(a.Worker, wire.ToWorker{Forget: &a.Key.Key})
	case Revoke:
		e.cfg.Log.Debug("assignment revoked", "worker", a.Worker, "assignment", a.Key.Key)
		e.tell(a.Worker, wire.ToWorker{Forget: &a.Key.Key})
	case Drop:
		e.tell(a.Worker, wire.ToWorker{Drop: &a.Held})
	case Retire:
		e.tell(a.Worker, wire.ToWorker{Retire: &wire.Retire{}})
	case Terminate:
		e.async(func(ctx context.Context) {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout) // the job ends with it
			defer cancel()
			if err := e.leases.Terminate(ctx, a.Shard); err != nil {
				e.cfg.Log.Warn("a lease could not be terminated", "shard", a.Shard, "error", err)
			}
		})
	case Loaded:
		close(e.loaded)
	case RoundDone:
		e.round.finish(nil)
	case RoundFailed:
		e.round.finish(a.Err)
	case JobFailed:
		e.cancel(e.explain(a.Err))
	}
}

// async runs f beside the loop, until the job ends.
func (e *Engine) async(f func(ctx context.Context)) { e.wg.Go(func() { f(e.ctx) }) }

// tell sends what may be lost without harm.
func (e *Engine) tell(worker string, m wire.ToWorker) {
	m.Term = e.term.String()
	if err := e.conn.Tell(worker, m); err != nil {
		e.cfg.Log.Debug("message not sent", "worker", worker, "error", err)
	}
}

// explain adds the remedy.
func (e *Engine) explain(err error) error {
	if !errors.Is(err, ErrNoWorkers) {
		return err
	}
	switch {
	case e.refused != "":
		return fmt.Errorf("%w could take part within %s at %s: %s", err, e.cfg.Wait, e.conn.URL(), e.refused)
	case e.server != nil:
		return fmt.Errorf("%w: the local workers did not begin within %s", err, e.cfg.Wait)
	default:
		return fmt.Errorf("%w came within %s at %s; start some with: headwater worker --nats %s", err, e.cfg.Wait, e.conn.URL(), e.conn.URL())
	}
}

// receive takes a worker's message.
func (e *Engine) receive(m wire.ToCoordinator, reply func(wire.Reply)) {
	if m.Join != nil {
		reply(e.join(m))
		return
	}
	if m.Term != e.term.String() {
		reply(wire.Reply{Refused: wire.RefusedTerm})
		return
	}
	if !e.state.Live(m.Worker) {
		reply(wire.Reply{Refused: wire.RefusedRetired})
		return
	}
	switch {
	case m.Loading != nil:
		e.step(Loading{Worker: m.Worker, Held: *m.Loading})
	case m.Loaded != nil && m.Loaded.Failure != nil:
		f := m.Loaded.Failure
		e.cfg.Log.Info("a shard could not be loaded", "worker", m.Worker, "shard", m.Loaded.Shard, "error", f.Message)
		e.step(LoadFailed{Worker: m.Worker, Held: m.Loaded.Held, Reason: f.Message, Permanent: f.Permanent})
	case m.Loaded != nil:
		e.step(Resident{Worker: m.Worker, Held: m.Loaded.Held})
	case m.Full != nil:
		e.step(Full{Worker: m.Worker, Needed: m.Full.Needed, Free: m.Full.Free})
	case m.Answer != nil:
		e.answer(m.Worker, m.Answer)
	case m.Advance != nil && m.Advance.Held != nil:
		e.step(LoadAdvanced{Worker: m.Worker, Held: *m.Advance.Held, Rows: m.Advance.Rows})
	case m.Advance != nil:
		e.step(Advanced{Worker: m.Worker, Key: e.key(m.Advance.Key), Rows: m.Advance.Rows})
	case m.Leave != nil:
		e.step(Lost{Worker: m.Worker})
	}
	reply(wire.Reply{})
}

func (e *Engine) key(k wire.Key) Key { return Key{Term: e.term.String(), Key: k} }

func (e *Engine) join(m wire.ToCoordinator) wire.Reply {
	if m.Join.Version != wire.Version {
		e.refused = fmt.Sprintf("worker %s was refused: it speaks version %q, this coordinator %q; use the same headwater on both sides", m.Worker, m.Join.Version, wire.Version)
		e.cfg.Log.Warn(e.refused)
		return wire.Reply{Refused: wire.RefusedVersion, Detail: fmt.Sprintf("worker %s, coordinator %s", m.Join.Version, wire.Version)}
	}
	e.step(Joined{Worker: m.Worker})
	if !e.state.Live(m.Worker) {
		return wire.Reply{Refused: wire.RefusedRetired}
	}
	e.cfg.Log.Debug("worker joined", "worker", m.Worker, "workers", e.state.Workers())
	if e.state.Workers() == e.cfg.MinWorkers {
		select {
		case <-e.joined: // some came back
		default:
			close(e.joined)
		}
	}
	return wire.Reply{Welcome: &wire.Welcome{Term: e.term.String(), Job: e.job, Place: e.place, AckWait: e.cfg.AckWait}}
}
