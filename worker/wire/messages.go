package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/headwater-dev/headwater/worker/source"
)

// Key names one assignment of one round of one term. An answer counts only
// while its assignment is open.
type Key struct {
	Round      int `json:"round"`      // from 1
	Attempt    int `json:"attempt"`    // from 1; one more each time its units are handed out anew
	Assignment int `json:"assignment"` // from 1, unique in the round
}

// Assign asks a worker for one partial of exactly the listed units.
type Assign struct {
	Key    Key            `json:"key"`
	Op     string         `json:"op"`
	Params Blob           `json:"params"`
	Units  []int          `json:"units"`            // shards, or numbers of splits in the round
	Splits []source.Split `json:"splits,omitempty"` // split ops: Splits[i] is unit Units[i]
}

// Held names one delivery of a shard's lease.
type Held struct {
	Shard    int `json:"shard"`
	Delivery int `json:"delivery"` // from 1: how often the server has given the lease out
}

// Place says that leases can be taken.
type Place struct {
	Plan Blob `json:"plan"` // encoder.Plan, as JSON
}

// ToWorker is a message from the coordinator to one worker: exactly one of
// the pointers is set.
type ToWorker struct {
	Term   string  `json:"term"`
	Assign *Assign `json:"assign,omitempty"`
	Forget *Key    `json:"forget,omitempty"` // stop the assignment, or drop its answer: it is not wanted any more
	Drop   *Held   `json:"drop,omitempty"`   // give a shard up without a word: another holds it
	Place  *Place  `json:"place,omitempty"`
	Retire *Retire `json:"retire,omitempty"`
}

// Retire tells an incarnation that it was given up.
type Retire struct{}

// Join asks to take part in a job.
type Join struct {
	Version string `json:"version"`
}

// Failure is an error of an op or of loading a shard.
type Failure struct {
	Message   string `json:"message"`
	Permanent bool   `json:"permanent,omitempty"` // the same work would end the same way anywhere
	Missing   []int  `json:"missing,omitempty"`   // shard ops: shards of the assignment that are not resident here
}

// Answer is the outcome of an assignment.
type Answer struct {
	Key     Key      `json:"key"`
	Partial Blob     `json:"partial"`
	Failure *Failure `json:"failure,omitempty"`
}

// Loaded is the outcome of loading a shard.
type Loaded struct {
	Held
	Rows    int64    `json:"rows"`
	Failure *Failure `json:"failure,omitempty"`
}

// Advance tells how far an assignment is, or the loading of a shard.
type Advance struct {
	Key  Key   `json:"key,omitzero"`
	Held *Held `json:"held,omitempty"` // the shard, where it is loading
	Rows int64 `json:"rows"`           // done since the beginning
}

// Full says that a lease was given back for want of memory.
type Full struct {
	Needed int64 `json:"needed"` // bytes
	Free   int64 `json:"free"`   // bytes
}

// ToCoordinator is a message from a worker: exactly one of the pointers is set.
type ToCoordinator struct {
	Term    string   `json:"term,omitempty"` // empty in Join alone
	Worker  string   `json:"worker"`         // incarnation
	Join    *Join    `json:"join,omitempty"`
	Loading *Held    `json:"loading,omitempty"`
	Loaded  *Loaded  `json:"loaded,omitempty"`
	Full    *Full    `json:"full,omitempty"`
	Answer  *Answer  `json:"answer,omitempty"`
	Advance *Advance `json:"advance,omitempty"`
	Leave   *Leave   `json:"leave,omitempty"`
}

// Leave says that a worker goes, having given its leases back.
type Leave struct{}

// Welcome is what a worker that joins must know.
type Welcome struct {
	Term    string        `json:"term"`
	Job     Blob          `json:"job"` // Job, as JSON
	Place   *Place        `json:"place,omitempty"`
	AckWait time.Duration `json:"ack_wait"` // leases must be extended well within it
}

// Reply answers every delivered message.
type Reply struct {
	Refused string   `json:"refused,omitempty"` // why, see the constants below; empty: taken
	Detail  string   `json:"detail,omitempty"`
	Welcome *Welcome `json:"welcome,omitempty"` // to Join
}

// Why a message is refused.
const (
	RefusedRetired = "retired" // the sender was given up, or is not known
	RefusedTerm    = "term"    // the message is of another term
	RefusedVersion = "version" // the sender is of another version
	RefusedInvalid = "invalid" // the message cannot be read
)

func (r Reply) err() error {
	switch r.Refused {
	case "":
		return nil
	case RefusedRetired:
		return ErrRetired
	case RefusedTerm:
		return ErrTermLost
	case RefusedVersion:
		return fmt.Errorf("%w (%s)", ErrVersion, r.Detail)
	default:
		return fmt.Errorf("message refused as %s: %s", r.Refused, r.Detail)
	}
}

// Notice tells all workers of a job that it has ended.
type Notice struct {
	Term  string `json:"term"`
	State string `json:"state"` // JobCancelled or JobEnded
}

var errNotOne = errors.New("a message carries exactly one request")

// parseToWorker reads and checks a message.
func parseToWorker(data []byte) (ToWorker, error) {
	var m ToWorker
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("message to a worker: %w", err)
	}
	if set(m.Assign != nil)+set(m.Forget != nil)+set(m.Drop != nil)+set(m.Place != nil)+set(m.Retire != nil) != 1 {
		return m, errNotOne
	}
	if a := m.Assign; a != nil && len(a.Splits) > 0 && len(a.Splits) != len(a.Units) {
		return m, fmt.Errorf("assignment of %d units and %d splits", len(a.Units), len(a.Splits))
	}
	for _, b := range m.blobs() {
		if err := b.check(); err != nil {
			return m, err
		}
	}
	return m, nil
}

func (m *ToWorker) blobs() []*Blob {
	switch {
	case m.Assign != nil:
		return []*Blob{&m.Assign.Params}
	case m.Place != nil:
		return []*Blob{&m.Place.Plan}
	}
	return nil
}

// parseToCoordinator reads and checks a message.
func parseToCoordinator(data []byte) (ToCoordinator, error) {
	var m ToCoordinator
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("message to the coordinator: %w", err)
	}
	if set(m.Join != nil)+set(m.Loading != nil)+set(m.Loaded != nil)+set(m.Full != nil)+
		set(m.Answer != nil)+set(m.Advance != nil)+set(m.Leave != nil) != 1 {
		return m, errNotOne
	}
	if m.Worker == "" {
		return m, errors.New("message to the coordinator without a sender")
	}
	if m.Answer != nil {
		if err := m.Answer.Partial.check(); err != nil {
			return m, err
		}
	}
	return m, nil
}

func set(b bool) int {
	if b {
		return 1
	}
	return 0
}
