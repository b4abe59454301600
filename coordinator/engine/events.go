package engine

import "github.com/headwater-dev/headwater/worker/wire"

// Key names an assignment: an answer counts only while its assignment is open
// in the current term.
type Key struct {
	Term string
	wire.Key
}

// Event is something that happened. Workers are named by incarnation.
type Event interface{ event() }

type (
	// Joined: a worker was seen and asks to take part.
	Joined struct{ Worker string }
	// Lost: a worker's entry lapsed, or it said that it goes. Its name is
	// never trusted again.
	Lost struct{ Worker string }
	// Seen: a worker's entry was renewed. One that was given up nevertheless has
	// to be told, or it would keep its shards from others for ever.
	Seen struct{ Worker string }
	// Full: a worker gave a lease back for want of memory.
	Full struct {
		Worker       string
		Needed, Free int64 // bytes
	}
	// Loading: a worker holds a lease and reads the shard.
	Loading struct {
		Worker string
		wire.Held
	}
	// LoadAdvanced: rows read so far of a shard that is loading.
	LoadAdvanced struct {
		Worker string
		wire.Held
		Rows int64
	}
	// Resident: a worker holds a lease and the shard.
	Resident struct {
		Worker string
		wire.Held
	}
	// LoadFailed: a worker could not load a shard and gave the lease back.
	LoadFailed struct {
		Worker string
		wire.Held
		Reason    string
		Permanent bool // it would fail anywhere
	}
	// LoadStarted: the shards 0..len(Rows)-1 are to become resident.
	LoadStarted struct {
		Rows  []int64  // of each shard
		Where []string // shard → where its rows lie, for errors
	}
	// RoundStarted: an op is to run over all shards, or over splits.
	RoundStarted struct {
		Op     string
		Shards bool
		Each   bool     // splits: one an assignment
		Rows   []int64  // splits: of each; < 0 = not known
		Where  []string // splits: where the rows lie, for errors
	}
	// Answered: a worker has the answer to an assignment.
	Answered struct {
		Worker string
		Key    Key
	}
	// Arrived: the answer has been pulled.
	Arrived struct {
		Worker string
		Key    Key
	}
	// AnswerFailed: an op failed, or its answer could not be pulled.
	AnswerFailed struct {
		Worker  string
		Key     Key
		Reason  string
		Final   bool  // it would fail anywhere: the round ends
		Missing []int // shards that are not resident at the worker after all
	}
	// Advanced: rows done so far of an assignment.
	Advanced struct {
		Worker string
		Key    Key
		Rows   int64
	}
	// RoundAborted: whoever asked for the round does not want it any more.
	RoundAborted struct{}
	// Tick: some time passed; see Limits.
	Tick struct{}
)

func (Joined) event()       {}
func (Lost) event()         {}
func (Seen) event()         {}
func (Full) event()         {}
func (Loading) event()      {}
func (LoadAdvanced) event() {}
func (Resident) event()     {}
func (LoadFailed) event()   {}
func (LoadStarted) event()  {}
func (RoundStarted) event() {}
func (Answered) event()     {}
func (Arrived) event()      {}
func (AnswerFailed) event() {}
func (Advanced) event()     {}
func (RoundAborted) event() {}
func (Tick) event()         {}

// Action is something to do, in the order given.
type Action interface{ action() }

type (
	// PlaceLeases: offer a lease for each shard.
	PlaceLeases struct{}
	// Assign: send an assignment to a worker.
	Assign struct {
		Worker string
		Key    Key
		Units  []int // ascending
	}
	// Fetch: pull an answer.
	Fetch struct {
		Worker string
		Key    Key
	}
	// Accept: merge an answer, which has arrived, into the round's result.
	// It is given at most once for each unit of a round.
	Accept struct {
		Worker string
		Key    Key
		Units  []int
	}
	// Revoke: an assignment's answer is not wanted any more.
	Revoke struct {
		Worker string
		Key    Key
	}
	// Drop: a worker holds a shard that another has meanwhile.
	Drop struct {
		Worker string
		wire.Held
	}
	// Retire: a worker that was given up shows signs of life.
	Retire struct{ Worker string }
	// Terminate: take a shard's lease away for good.
	Terminate struct{ Shard int }
	// Loaded: every shard is resident.
	Loaded struct{}
	// RoundDone: every unit has been accepted.
	RoundDone struct{}
	// RoundFailed: the round ends without a result.
	RoundFailed struct{ Err error }
	// JobFailed: nothing more can be done.
	JobFailed struct{ Err error }
)

func (PlaceLeases) action() {}
func (Assign) action()      {}
func (Fetch) action()       {}
func (Accept) action()      {}
func (Revoke) action()      {}
func (Drop) action()        {}
func (Retire) action()      {}
func (Terminate) action()   {}
func (Loaded) action()      {}
func (RoundDone) action()   {}
func (RoundFailed) action() {}
func (JobFailed) action()   {}
