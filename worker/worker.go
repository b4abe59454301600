// Package worker is the worker process: it joins a job, takes leases on
// shards and loads them, runs ops, answers, and drains.
package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/headwater-dev/headwater/kernels/cpu"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/ops"
	"github.com/headwater-dev/headwater/worker/shard"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/store"
	"github.com/headwater-dev/headwater/worker/wire"
)

// Config says how a worker takes part.
type Config struct {
	Conn *wire.Conn // connection to use; nil = connect to URL
	URL  string     // of the NATS server
	Name string     // for people; "" = the host's name
	// Version of the program, for people: what must agree is wire.Version.
	Version string
	// Slots is the number of ops that run at once, each as an incarnation of
	// its own with its own shards; 0 = one a core.
	Slots int
	// MemoryBudget is what resident shards may take, in bytes, over all slots;
	// 0 = 60 % of the memory this process may use, since loading, partials and
	// the garbage collector need the rest.
	MemoryBudget int64
	Log          *slog.Logger

	// Opener opens the source; nil = files of this machine. What it cannot
	// open is read through the coordinator.
	Opener source.Opener
	// Load makes a shard resident; nil = LoadShard.
	Load func(ctx context.Context, table *source.Table, opener source.Opener, plan *encoder.Plan, s wire.Shard, progress func(rows int64)) (*shard.Shard, error)
	// Op runs an op; nil = ops.Run.
	Op func(ctx context.Context, env *ops.Env, kind string, params []byte) (any, error)
}

// Validate reports every problem of the configuration.
func (c *Config) Validate() error {
	var errs []error
	if c.Conn == nil && c.URL == "" {
		errs = append(errs, errors.New("no address of a NATS server is given"))
	}
	if c.Slots < 0 {
		errs = append(errs, fmt.Errorf("%d slots: must not be negative", c.Slots))
	}
	if c.MemoryBudget < 0 {
		errs = append(errs, fmt.Errorf("memory budget of %d bytes: must not be negative", c.MemoryBudget))
	}
	if _, err := cpu.Active(); err != nil {
		errs = append(errs, err) // kernels would take another path than was asked for
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	if c.Name == "" {
		c.Name, _ = os.Hostname() // for people only
	}
	if c.Name == "" {
		c.Name = "worker"
	}
	if c.Slots == 0 {
		c.Slots = runtime.GOMAXPROCS(0)
	}
	if c.MemoryBudget == 0 {
		c.MemoryBudget = memoryLimit() / 10 * 6
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Opener == nil {
		c.Opener = source.Files{}
	}
	if c.Load == nil {
		c.Load = LoadShard
	}
	if c.Op == nil {
		c.Op = ops.Run
	}
	return c
}

// lookEvery is how often an idle worker looks for jobs on its own, beside
// being told of new ones.
const lookEvery = 2 * time.Second

// Run takes part in one job after another until ctx ends, which drains: leases
// are given back, so that others take over at once, and nil is returned.
// Errors: *wire.UnreachableError, *wire.JetStreamError, wire.ErrVersion,
// wire.ErrDisconnected.
func Run(ctx context.Context, cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	cfg = cfg.withDefaults()
	if cfg.Conn == nil {
		conn, err := wire.Connect(ctx, cfg.URL, 0)
		if err != nil {
			return err
		}
		defer conn.Close()
		cfg.Conn = conn
	}
	told := make(chan struct{}, 1)
	stop, err := cfg.Conn.OnJobs(func() { wake(told) })
	if err != nil {
		return err
	}
	defer stop()
	for {
		job, err := nextJob(ctx, &cfg, told)
		if err == nil && job != nil {
			err = takePart(ctx, &cfg, job)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func wake(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// nextJob waits for a job that runs.
func nextJob(ctx context.Context, cfg *Config, told <-chan struct{}) (*wire.JobRecord, error) {
	for {
		jobs, err := cfg.Conn.RunningJobs(ctx)
		if err != nil && ctx.Err() == nil {
			cfg.Log.Warn("jobs cannot be listed", "error", err)
		}
		for i := range jobs {
			if jobs[i].Version != wire.Version {
				cfg.Log.Error("job of another version", "job", jobs[i].ID, "its version", jobs[i].Version, "ours", wire.Version)
				return nil, fmt.Errorf("job %s speaks version %q, this worker %q: %w", jobs[i].ID, jobs[i].Version, wire.Version, wire.ErrVersion)
			}
			return &jobs[i], nil
		}
		select {
		case <-ctx.Done():
			return nil, nil
		case <-cfg.Conn.Lost():
			return nil, fmt.Errorf("%w: %s", wire.ErrDisconnected, cfg.Conn.URL())
		case <-told:
		case <-time.After(lookEvery):
		}
	}
}

// takePart runs all slots in one job until it ends.
func takePart(ctx context.Context, cfg *Config, record *wire.JobRecord) error {
	j := &job{id: record.ID, cfg: cfg}
	defer j.parts.Close()
	var wg sync.WaitGroup
	errs := make([]error, cfg.Slots)
	for i := range cfg.Slots {
		wg.Go(func() {
			for {
				errs[i] = j.session(ctx, i)
				if !errors.Is(errs[i], wire.ErrRetired) || ctx.Err() != nil {
					return
				}
				cfg.Log.Warn("this worker was given up and comes back under a new name", "slot", i, "reason", errs[i])
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// job is what the slots share.
type job struct {
	id    string
	cfg   *Config
	parts store.Writers

	mu     sync.Mutex
	desc   *wire.Job
	plan   *encoder.Plan
	opener source.Opener
}

// describe returns the job's description, pulled once.
func (j *job) describe(ctx context.Context, b wire.Blob) (*wire.Job, source.Opener, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.desc == nil {
		data, err := j.cfg.Conn.PullJob(ctx, j.id, b)
		if err != nil {
			return nil, nil, err
		}
		desc := new(wire.Job)
		if err := json.Unmarshal(data, desc); err != nil {
			return nil, nil, fmt.Errorf("description of job %s: %w", j.id, err)
		}
		j.desc, j.opener = desc, newOpener(j.cfg, desc)
	}
	return j.desc, j.opener, nil
}

// planned returns the plan, pulled once.
func (j *job) planned(ctx context.Context, b wire.Blob) (*encoder.Plan, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.plan == nil {
		data, err := j.cfg.Conn.PullJob(ctx, j.id, b)
		if err != nil {
			return nil, err
		}
		plan := new(encoder.Plan)
		if err := json.Unmarshal(data, plan); err != nil {
			return nil, fmt.Errorf("plan of job %s: %w", j.id, err)
		}
		j.plan = plan
	}
	return j.plan, nil
}
