package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"github.com/headwater-dev/headwater/worker/wire"
)

// Config says how a job's work is spread over workers.
type Config struct {
	// URL of the NATS server whose workers are used. "" embeds a server in
	// this process and starts local workers.
	URL string
	// Workers is the number of local workers; 0 = one a core, since an op
	// keeps one core busy. It must be 0 where URL is given.
	Workers int
	// Local runs local workers on a connection until its context ends.
	// Required where URL is "". It is given by the program, which alone knows
	// coordinator and worker.
	Local func(ctx context.Context, conn *wire.Conn, slots int) error
	// MinWorkers have joined before work begins, or Wait is over and at least
	// one has; 0 = all local workers, or one remote worker.
	MinWorkers int
	// Wait is how long workers may take to appear, at the beginning and after
	// the last one went; 0 = 30 s, enough for a pod to be scheduled.
	Wait time.Duration
	// Ship makes every worker read the table through the coordinator.
	Ship bool
	// AckWait is how long a silent worker keeps its shards; 0 =
	// wire.DefaultAckWait.
	AckWait time.Duration
	// TTL is how long a silent worker, or this coordinator's term, counts as
	// living, where this job makes the buckets; 0 = wire.DefaultTTL.
	TTL time.Duration
	// Reconnect is how long a NATS server that is lost is waited for; 0 =
	// wire.DefaultReconnect.
	Reconnect time.Duration
	// JobID names the job; "" = a random name.
	JobID string
	Log   *slog.Logger
	// Progress is told how far the running stage is, at most ten times a
	// second, from a goroutine of its own; it must not block.
	Progress func(Progress)
}

// tickEvery is the unit of the State's time, and of progress reports.
const tickEvery = 100 * time.Millisecond

// Validate reports every problem of the configuration.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.URL == "" && c.Local == nil {
		bad("neither the address of a NATS server nor local workers are given")
	}
	if c.URL != "" && c.Workers > 0 {
		bad("%d local workers and the NATS server %s: use one or the other", c.Workers, c.URL)
	}
	if c.Workers < 0 {
		bad("%d workers: must not be negative", c.Workers)
	}
	if c.MinWorkers < 0 {
		bad("%d workers to wait for: must not be negative", c.MinWorkers)
	}
	if c.URL == "" && c.Workers > 0 && c.MinWorkers > c.Workers {
		bad("waiting for %d workers, but only %d are started", c.MinWorkers, c.Workers)
	}
	if c.Reconnect < 0 {
		bad("waiting for a lost server for %s: must not be negative", c.Reconnect)
	}
	if c.Wait < 0 {
		bad("waiting time of %s: must not be negative", c.Wait)
	}
	for i, d := range []time.Duration{c.AckWait, c.TTL} {
		if d != 0 && d < time.Second {
			bad("%s of %s: must be at least 1 s", [...]string{"lease", "time to live"}[i], d)
		}
	}
	if strings.ContainsAny(c.JobID, ".*> \t\r\n/\\") {
		bad("job name %q: must not contain dots, spaces, slashes or wildcards", c.JobID)
	}
	return errors.Join(errs...)
}

// withDefaults fills in what was left open.
func (c Config) withDefaults() Config {
	if c.URL == "" && c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.MinWorkers == 0 {
		c.MinWorkers = max(1, c.Workers)
	}
	if c.Wait == 0 {
		c.Wait = 30 * time.Second
	}
	if c.AckWait == 0 {
		c.AckWait = wire.DefaultAckWait
	}
	if c.TTL == 0 {
		c.TTL = wire.DefaultTTL
	}
	if c.JobID == "" {
		c.JobID = wire.NewID()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
