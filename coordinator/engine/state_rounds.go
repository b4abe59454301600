package engine

import (
	"fmt"
	"slices"

	"github.com/headwater-dev/headwater/worker/wire"
)

// maxSplits bounds the splits of one assignment, so that its partial and what
// a lost worker costs stay small.
const maxSplits = 16

type roundState struct {
	number   int // from 1
	state    RoundState
	op       string
	shards   bool // units are shards, else splits
	each     bool // one split an assignment
	units    []unit
	waiting  int // units that wait
	accepted int // units
	next     int // number of the next assignment, from 1
}

// unit is one split or shard of a round.
type unit struct {
	assigned bool // to an open assignment, or accepted
	attempts int
	rows     int64 // < 0 = not known
	where    string
}

// assignment is open: sent, not yet accepted nor revoked.
type assignment struct {
	key      Key
	worker   *member
	units    []int
	rows     int64
	done     int64 // rows, as the worker told
	fetching bool
}

func (s *State) startRound(e RoundStarted) {
	if s.failed != nil {
		return
	}
	r := roundState{number: s.round.number + 1, state: RoundRunning, op: e.Op, shards: e.Shards, each: e.Each, next: 1}
	if e.Shards {
		r.units = make([]unit, len(s.shards))
		for i := range s.shards {
			r.units[i].rows, r.units[i].where = s.shards[i].rows, s.shards[i].where
		}
	} else {
		r.units = make([]unit, len(e.Rows))
		for i := range e.Rows {
			r.units[i].rows, r.units[i].where = e.Rows[i], e.Where[i]
		}
	}
	r.waiting = len(r.units)
	s.round = r
	s.checkDone()
}

func (s *State) checkDone() {
	if r := &s.round; r.state == RoundRunning && r.accepted == len(r.units) {
		r.state = RoundComplete
		s.act(RoundDone{})
	}
}

// endRound revokes what is open.
func (s *State) endRound(state RoundState) {
	if s.round.state != RoundRunning {
		return
	}
	s.round.state = state
	for _, w := range s.workers {
		for _, a := range w.open {
			s.act(Revoke{Worker: w.name, Key: a.key})
		}
		w.open = nil
	}
}

// failRound ends the round with an error.
func (s *State) failRound(err error) {
	s.endRound(RoundBroken)
	s.act(RoundFailed{Err: err})
}

// openAssignment returns the assignment if it is current.
func (s *State) openAssignment(worker string, key Key) *assignment {
	w := s.byName[worker]
	if w == nil || s.round.state != RoundRunning {
		return nil
	}
	for _, a := range w.open {
		if a.key == key {
			return a
		}
	}
	return nil
}

func (s *State) close(a *assignment) {
	w := a.worker
	w.open = slices.DeleteFunc(w.open, func(b *assignment) bool { return a == b })
}

// reopen revokes an assignment as a whole: its units wait again.
func (s *State) reopen(a *assignment, reason string) {
	s.close(a)
	for _, u := range a.units {
		s.round.units[u].assigned = false
	}
	s.round.waiting += len(a.units)
	for _, u := range a.units {
		if x := s.round.units[u]; x.attempts >= s.limits.Attempts {
			s.failRound(&OpError{
				Op: s.round.op, Worker: a.worker.name,
				Reason: fmt.Sprintf("%s: given up after %d attempts; the last: %s", x.where, x.attempts, reason),
			})
			return
		}
	}
}

func (s *State) arrived(e Arrived) {
	a := s.openAssignment(e.Worker, e.Key)
	if a == nil {
		return
	}
	s.close(a)
	s.round.accepted += len(a.units)
	s.act(Accept{Worker: e.Worker, Key: a.key, Units: a.units})
	s.checkDone()
}

func (s *State) answerFailed(e AnswerFailed) {
	a := s.openAssignment(e.Worker, e.Key)
	if a == nil {
		return
	}
	if e.Final {
		s.close(a)
		s.failRound(&OpError{Op: s.round.op, Worker: e.Worker, Reason: e.Reason})
		return
	}
	for _, id := range e.Missing {
		if sh := s.shard(id); sh != nil && sh.holder == a.worker {
			s.release(sh)
		}
	}
	s.act(Revoke{Worker: e.Worker, Key: a.key})
	s.reopen(a, e.Reason)
}

// schedule hands out what waits.
func (s *State) schedule() {
	if s.round.state != RoundRunning || s.round.waiting == 0 || s.failed != nil {
		return
	}
	if s.round.shards {
		for _, w := range s.workers {
			if len(w.open) == 0 {
				s.assign(w, s.residentAt(w))
			}
		}
		return
	}
	// The least loaded first, so that the first workers do not take the
	// second helping before the others had one.
	for load := range s.limits.InFlight {
		for _, w := range s.workers {
			if len(w.open) == load {
				s.assign(w, s.nextSplits())
			}
		}
	}
}

// residentAt returns the waiting shards that a worker holds.
func (s *State) residentAt(w *member) (units []int) {
	for i := range s.round.units {
		if sh := &s.shards[i]; !s.round.units[i].assigned && sh.state == ShardResident && sh.holder == w {
			units = append(units, i)
		}
	}
	return units
}

// nextSplits returns the next waiting splits: many at first, ever fewer toward
// the end, so that the workers end at about the same time.
func (s *State) nextSplits() (units []int) {
	n := min(maxSplits, max(1, s.round.waiting/(2*s.limits.InFlight*len(s.workers))))
	if s.round.each {
		n = 1
	}
	for i := range s.round.units {
		if len(units) == n {
			break
		}
		if !s.round.units[i].assigned {
			units = append(units, i)
		}
	}
	return units
}

func (s *State) assign(w *member, units []int) {
	if len(units) == 0 {
		return
	}
	r := &s.round
	a := &assignment{worker: w, units: units}
	attempt := 0
	for _, u := range units {
		x := &r.units[u]
		x.assigned = true
		x.attempts++
		attempt = max(attempt, x.attempts)
		a.rows += max(x.rows, 0)
	}
	r.waiting -= len(units)
	a.key = Key{Term: s.term, Key: wire.Key{Round: r.number, Attempt: attempt, Assignment: r.next}}
	r.next++
	w.open = append(w.open, a)
	s.act(Assign{Worker: w.name, Key: a.key, Units: units})
}

// Progress is how far the running stage is.
type Progress struct {
	Stage   string // the op, or "load"
	Done    int64  // rows
	Total   int64  // rows; 0 = not known
	Units   int    // splits or shards done
	Of      int    // splits or shards
	Workers int    // living
}

// Busy says whether a round is running or shards are being loaded.
func (s *State) Busy() bool {
	return s.round.state == RoundRunning || len(s.shards) > 0 && !s.loaded
}

// Progress returns how far the round, or the loading, is.
func (s *State) Progress() Progress {
	p := Progress{Workers: len(s.workers)}
	if s.round.state != RoundRunning {
		p.Stage, p.Of = "load", len(s.shards)
		for i := range s.shards {
			p.Total += s.shards[i].rows
			p.Done += s.shards[i].done
			if s.shards[i].state == ShardResident {
				p.Done += s.shards[i].rows
				p.Units++
			}
		}
		return p
	}
	r := &s.round
	p.Stage, p.Units, p.Of = r.op, r.accepted, len(r.units)
	known := true
	for i := range r.units {
		known = known && r.units[i].rows >= 0
		p.Total += max(r.units[i].rows, 0)
		if r.units[i].assigned {
			p.Done += max(r.units[i].rows, 0)
		}
	}
	for _, w := range s.workers {
		for _, a := range w.open {
			p.Done -= a.rows - a.done
		}
	}
	if !known {
		p.Total = 0
	}
	return p
}
