package engine

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/headwater-dev/headwater/worker/wire"
)

// world is a model of the server and the workers around a State: leases that
// lapse, workers that vanish, come back as zombies and answer late, and
// messages that get lost.
type world struct {
	t       *rapid.T
	s       *State
	workers []*modelWorker // living and dead ones
	lease   []modelLease   // of each shard
	asked   map[Key]Assign
	counted []int // unit → times accepted in this round
	shards  bool
	over    bool // the round
	failed  error
	next    int
}

type modelLease struct {
	holder   *modelWorker // nil = in the stream
	delivery int
}

type modelWorker struct {
	name    string
	lost    bool // the coordinator was told so
	held    map[int]int
	inbox   []Assign
	answers []Answered
	pulls   []Fetch
}

func (w *world) step(e Event) {
	for _, a := range w.s.Step(e) {
		switch a := a.(type) {
		case Assign:
			m := w.named(a.Worker)
			if m.lost {
				w.t.Fatalf("assigned to a lost worker: %+v", a)
			}
			m.inbox = append(m.inbox, a)
			w.asked[a.Key] = a
		case Fetch:
			m := w.named(a.Worker)
			m.pulls = append(m.pulls, a)
		case Accept:
			arrived := Arrived{a.Worker, a.Key}
			if asked := w.asked[a.Key]; e != arrived || asked.Worker != a.Worker || !slices.Equal(asked.Units, a.Units) {
				w.t.Fatalf("%+v was accepted upon %+v, for %+v", a, e, asked)
			}
			for _, u := range a.Units {
				w.counted[u]++
			}
		case Drop:
			m := w.named(a.Worker)
			if d, ok := m.held[a.Shard]; ok && d <= a.Delivery {
				delete(m.held, a.Shard)
			}
		case RoundDone:
			w.over = true
		case RoundFailed:
			w.over, w.failed = true, a.Err
		case JobFailed:
			w.t.Fatalf("job failed: %v", a.Err)
		}
	}
	for u, n := range w.counted {
		if n > 1 {
			w.t.Fatalf("unit %d was counted %d times", u, n)
		}
	}
}

func (w *world) named(name string) *modelWorker {
	for _, m := range w.workers {
		if m.name == name {
			return m
		}
	}
	w.t.Fatalf("worker %s is not known", name)
	return nil
}

func (w *world) join() *modelWorker {
	w.next++
	m := &modelWorker{name: fmt.Sprintf("w%d", w.next), held: map[int]int{}}
	w.workers = append(w.workers, m)
	w.step(Joined{m.name})
	return m
}

// take gives a free lease to a worker, which loads the shard.
func (w *world) take(m *modelWorker, shard int) {
	l := &w.lease[shard]
	if l.holder != nil {
		return
	}
	l.holder = m
	l.delivery++
	held := wire.Held{Shard: shard, Delivery: l.delivery}
	m.held[shard] = l.delivery
	w.step(Loading{m.name, held})
	w.step(Resident{m.name, held})
}

func (w *world) lapse(shard int) { w.lease[shard].holder = nil }

func (w *world) lose(m *modelWorker) {
	m.lost = true
	w.step(Lost{m.name})
}

// work has a worker run its first assignment; a zombie does as well.
func (w *world) work(m *modelWorker) {
	if len(m.inbox) == 0 {
		return
	}
	a := m.inbox[0]
	m.inbox = m.inbox[1:]
	if w.shards {
		var missing []int
		for _, u := range a.Units {
			if _, ok := m.held[u]; !ok {
				missing = append(missing, u)
			}
		}
		if missing != nil {
			w.step(AnswerFailed{Worker: m.name, Key: a.Key, Reason: "not resident", Missing: missing})
			return
		}
	}
	m.answers = append(m.answers, Answered{m.name, a.Key})
}

// TestExactlyOnce: whatever happens in whatever order, every round that ends
// has counted every unit exactly once, and every round ends once the workers
// are left in peace.
func TestExactlyOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := Limits{WaitTicks: 1 << 30, InFlight: 2, Attempts: 1 << 30, Poison: 1 << 30}
		n := rapid.IntRange(1, 12).Draw(t, "shards")
		w := &world{t: t, s: NewState("t", limits), lease: make([]modelLease, n), asked: map[Key]Assign{}}
		rows := make([]int64, n)
		w.step(LoadStarted{Rows: rows, Where: make([]string, n)})
		w.join()
		for range rapid.IntRange(1, 3).Draw(t, "rounds") {
			w.shards, w.over = rapid.Bool().Draw(t, "over shards"), false
			w.counted = make([]int, n)
			w.step(RoundStarted{Op: "count", Shards: w.shards, Rows: rows, Where: make([]string, n)})
			for range rapid.IntRange(0, 60).Draw(t, "events") {
				w.random()
			}
			w.settle()
			if w.failed != nil || !w.over || !slices.Equal(w.counted, slices.Repeat([]int{1}, n)) {
				t.Fatalf("over: %v, %v; counted %v", w.over, w.failed, w.counted)
			}
		}
	})
}

func (w *world) random() {
	m := rapid.SampledFrom(w.workers).Draw(w.t, "worker")
	shard := rapid.IntRange(0, len(w.lease)-1).Draw(w.t, "shard")
	switch rapid.IntRange(0, 10).Draw(w.t, "event") {
	case 0:
		w.join()
	case 1:
		w.lose(m)
	case 2:
		w.lapse(shard) // while the holder goes on as if nothing had happened
	case 3, 4:
		w.take(m, shard)
	case 5, 6:
		w.work(m)
	case 7, 8: // an answer is offered; it stays, to be offered again
		if len(m.answers) > 0 {
			w.step(rapid.SampledFrom(m.answers).Draw(w.t, "answer"))
		}
	case 9:
		if len(m.pulls) > 0 {
			pull := rapid.SampledFrom(m.pulls).Draw(w.t, "pull")
			if rapid.Bool().Draw(w.t, "broken") {
				w.step(AnswerFailed{Worker: m.name, Key: pull.Key, Reason: "lost"})
			} else {
				w.step(Arrived(pull))
			}
		}
	case 10: // a worker lets go, and finds out only when it is asked
		delete(m.held, shard)
		if w.lease[shard].holder == m {
			w.lapse(shard)
		}
	}
}

// settle leaves the workers in peace until the round is over.
func (w *world) settle() {
	if len(w.s.workers) == 0 {
		w.join()
	}
	for range 1000 {
		if w.over {
			return
		}
		for shard := range w.lease {
			if h := w.lease[shard].holder; h != nil && (h.lost || h.held[shard] == 0) {
				w.lapse(shard)
			}
			w.take(w.named(w.s.workers[0].name), shard)
		}
		for _, m := range w.workers {
			if m.lost {
				continue
			}
			w.work(m)
			for _, a := range m.answers {
				w.step(a)
			}
			for _, p := range m.pulls {
				w.step(Arrived(p))
			}
		}
	}
	w.failed = errors.New("the round does not end")
}
