package wire

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var (
	// ErrTermLost says that another coordinator may have taken the job over,
	// or that the server lost the job's state: nothing may be written any more.
	ErrTermLost = errors.New("the coordinator's term is lost")
	// ErrRetired says that the coordinator has given an incarnation up: it
	// must drop what it holds and come back under a new name.
	ErrRetired = errors.New("this incarnation was given up by the coordinator")
	// ErrVersion says that coordinator and worker speak different versions.
	ErrVersion = errors.New("coordinator and worker are of different versions: use the same headwater on both sides")
	// ErrDisconnected says that the connection to NATS was closed or that the
	// server did not come back in time.
	ErrDisconnected = errors.New("the connection to NATS is lost")
)

// UnreachableError says that no NATS server answers at URL.
type UnreachableError struct {
	URL string
	Err error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("NATS is not reachable at %s: %v; check the address and that the server runs (for one on this machine: nats-server -js), or leave --nats out to run everything in one process", e.URL, e.Err)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// JetStreamError says that the NATS server at URL answers, but that JetStream
// cannot be used on it.
type JetStreamError struct {
	URL string
	Err error
}

func (e *JetStreamError) Error() string {
	return fmt.Sprintf("JetStream is not enabled on the NATS server at %s: %v; start it with -js, or enable jetstream for the account", e.URL, e.Err)
}

func (e *JetStreamError) Unwrap() error { return e.Err }

// Transient says whether an error lies in the connection or in a cancelled
// context, so that the same work can succeed elsewhere or later.
func Transient(err error) bool {
	for _, t := range []error{
		context.Canceled, context.DeadlineExceeded, ErrDisconnected, ErrRetired,
		nats.ErrConnectionClosed, nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected,
		nats.ErrConnectionDraining, nats.ErrConnectionReconnecting, nats.ErrReconnectBufExceeded,
		jetstream.ErrNoStreamResponse,
	} {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}
