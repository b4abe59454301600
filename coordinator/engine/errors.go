package engine

import (
	"errors"
	"fmt"

	"github.com/headwater-dev/headwater/worker/wire"
)

var (
	// ErrNoWorkers says that no worker came, or that the last one went and
	// none came after it.
	ErrNoWorkers = errors.New("no worker")
	// ErrNoMemory says that the shards do not fit into the workers.
	ErrNoMemory = errors.New("the workers have not enough memory for the table")
	// ErrTermLost says that another coordinator may have taken the job over:
	// nothing may be written any more.
	ErrTermLost = wire.ErrTermLost
	// ErrClosed says that the engine was closed.
	ErrClosed = errors.New("the engine was closed")
)

// ShardError says that a shard cannot be loaded.
type ShardError struct {
	Shard  int
	Where  string // files and row groups
	Reason string
}

func (e *ShardError) Error() string {
	return fmt.Sprintf("shard %d (%s): %s", e.Shard, e.Where, e.Reason)
}

// OpError says that an op failed on a worker.
type OpError struct {
	Op     string
	Worker string
	Reason string
}

func (e *OpError) Error() string { return fmt.Sprintf("%s: %s", e.Op, e.Reason) }
