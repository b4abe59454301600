package engine

import (
	"fmt"
)

// ShardState is how far a shard is on its way to being resident. A shard can
// fall back to ShardWaiting from any state but the last: lost is not failed.
type ShardState uint8

// The states of a shard, in order.
const (
	ShardWaiting  ShardState = iota // its lease lies in the stream, or with a worker that has not said so
	ShardLoading                    // a worker holds the lease and reads the rows
	ShardResident                   // a worker holds the lease and the rows
	ShardPoisoned                   // it cannot be loaded; the job has failed
)

func (s ShardState) String() string {
	return [...]string{"waiting", "loading", "resident", "poisoned"}[s]
}

// RoundState is how far a round is.
type RoundState uint8

// The states of a round, in order.
const (
	RoundNone     RoundState = iota // none was started
	RoundRunning                    // units wait, are assigned, or their answers are pulled
	RoundComplete                   // every unit was accepted, once
	RoundBroken                     // it ended without a result
)

func (s RoundState) String() string {
	return [...]string{"none", "running", "complete", "broken"}[s]
}

// Limits are the patience of a State.
type Limits struct {
	WaitTicks int // ticks without any worker, or with waiting shards and no memory for them, that end the job
	InFlight  int // assignments of splits a worker has at a time: one runs, the others wait for it
	Attempts  int // times a unit is handed out before the round fails
	Poison    int // distinct incarnations that fail to load a shard before it counts as poisoned
}

// DefaultLimits fit ticks of a tenth of a second and a wait of 30 s.
var DefaultLimits = Limits{WaitTicks: 300, InFlight: 2, Attempts: 5, Poison: 2}

// State decides everything that the coordinator does with its workers. It has
// no clock, no network and no goroutine: the same events give the same actions.
type State struct {
	term    string
	limits  Limits
	workers []*member          // living, in order of joining
	byName  map[string]*member // the same
	gone    map[string]bool    // incarnations never to be trusted again
	shards  []shardState
	resides int // resident shards
	loaded  bool
	round   roundState
	idle    int // ticks, see Limits.WaitTicks
	full    Full
	failed  error
	acts    []Action // of the running Step
}

// member is a living worker.
type member struct {
	name string
	open []*assignment // in order of assignment
	full bool          // has given a lease back since it last took one
}

type shardState struct {
	state    ShardState
	holder   *member // set while loading or resident
	delivery int     // of the lease, the highest seen
	rows     int64
	done     int64 // rows read, while loading
	where    string
	failures []string // incarnations that failed to load it, or vanished while loading; a name can repeat
}

// NewState returns the state at the beginning of a term.
func NewState(term string, limits Limits) *State {
	return &State{term: term, limits: limits, byName: map[string]*member{}, gone: map[string]bool{}}
}

// Step takes one event and returns what to do. After JobFailed it returns
// nothing but Retire.
func (s *State) Step(e Event) []Action {
	s.acts = nil
	switch e := e.(type) {
	case Joined:
		s.join(e.Worker)
	case Lost:
		s.lose(e.Worker)
	case Seen:
		if s.gone[e.Worker] {
			s.act(Retire(e))
		}
	case Full:
		if w := s.byName[e.Worker]; w != nil {
			w.full, s.full = true, e
		}
	case Tick:
		s.tick()
	case LoadStarted:
		s.startLoad(e)
	case RoundStarted:
		s.startRound(e)
	case RoundAborted:
		s.endRound(RoundBroken)
	case Loading:
		if w := s.member(e.Worker); w != nil {
			s.hold(w, e.Held, ShardLoading)
		}
	case LoadAdvanced:
		if sh := s.shard(e.Shard); sh != nil && sh.state == ShardLoading && sh.holder.name == e.Worker && sh.delivery == e.Delivery {
			sh.done = min(max(sh.done, e.Rows), sh.rows)
		}
	case Resident:
		if w := s.member(e.Worker); w != nil {
			s.hold(w, e.Held, ShardResident)
		}
	case LoadFailed:
		if w := s.member(e.Worker); w != nil {
			s.loadFailed(w, e)
		}
	case Answered:
		if a := s.openAssignment(e.Worker, e.Key); a != nil && !a.fetching {
			a.fetching = true
			s.act(Fetch(e))
		}
	case Arrived:
		s.arrived(e)
	case AnswerFailed:
		s.answerFailed(e)
	case Advanced:
		if a := s.openAssignment(e.Worker, e.Key); a != nil {
			a.done = min(max(a.done, e.Rows), a.rows)
		}
	}
	s.schedule()
	acts := s.acts
	s.acts = nil
	return acts
}

// Live says whether a worker takes part.
func (s *State) Live(worker string) bool { return s.byName[worker] != nil }

// Workers returns how many workers take part.
func (s *State) Workers() int { return len(s.workers) }

// Err returns why the job failed, or nil.
func (s *State) Err() error { return s.failed }

func (s *State) act(a Action) { s.acts = append(s.acts, a) }

func (s *State) fail(err error) {
	if s.failed == nil {
		s.endRound(RoundBroken)
		s.failed = err
		s.act(JobFailed{Err: err})
	}
}

// member returns a living worker; one that was given up is told so.
func (s *State) member(name string) *member {
	w := s.byName[name]
	if w == nil {
		s.act(Retire{Worker: name})
	}
	return w
}

func (s *State) join(name string) {
	switch {
	case s.byName[name] != nil: // asked twice
	case s.gone[name]:
		s.act(Retire{Worker: name})
	default:
		w := &member{name: name}
		s.workers, s.byName[name] = append(s.workers, w), w
		s.idle = 0
	}
}

// lose gives a worker up: its assignments are revoked as a whole, its shards
// come back by the leases.
func (s *State) lose(name string) {
	s.gone[name] = true
	w := s.byName[name]
	if w == nil {
		return
	}
	delete(s.byName, name)
	for i, other := range s.workers {
		if other == w {
			s.workers = append(s.workers[:i:i], s.workers[i+1:]...)
			break
		}
	}
	for len(w.open) > 0 {
		s.reopen(w.open[0], fmt.Sprintf("worker %s was lost", name))
	}
	for i := range s.shards {
		sh := &s.shards[i]
		if sh.holder != w {
			continue
		}
		loading := sh.state == ShardLoading
		s.release(sh)
		if loading {
			s.blame(i, name, fmt.Sprintf("worker %s vanished while loading it", name))
		}
	}
}

func (s *State) tick() {
	waiting, loading := false, false
	for i := range s.shards {
		waiting = waiting || s.shards[i].state == ShardWaiting
		loading = loading || s.shards[i].state == ShardLoading
	}
	roomless := waiting && !loading
	for _, w := range s.workers {
		roomless = roomless && w.full
	}
	switch {
	case len(s.workers) > 0 && !roomless:
		s.idle = 0
		return
	default:
		s.idle++
	}
	if s.idle <= s.limits.WaitTicks || s.failed != nil {
		return
	}
	if len(s.workers) == 0 {
		s.fail(ErrNoWorkers)
		return
	}
	s.fail(fmt.Errorf("%w: a shard takes %d bytes, the worker that refused it last had %d free of those it may use; start more workers or give them more memory",
		ErrNoMemory, s.full.Needed, s.full.Free))
}
