package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/headwater-dev/headwater/coordinator/engine"
	"github.com/headwater-dev/headwater/worker"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

func TestNoWorker(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	cfg := c.config()
	cfg.Wait = 300 * time.Millisecond
	_, err := engine.Start(t.Context(), cfg, numbersTable(10, 1), numbers{})
	if !errors.Is(err, engine.ErrNoWorkers) || !strings.Contains(err.Error(), "headwater worker --nats "+c.server.URL()) {
		t.Errorf("%v", err)
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	var unreachable *wire.UnreachableError
	_, err := engine.Start(t.Context(), engine.Config{URL: "nats://127.0.0.1:1"}, numbersTable(10, 1), numbers{})
	if !errors.As(err, &unreachable) {
		t.Errorf("coordinator: %v", err)
	}
	if err := worker.Run(t.Context(), worker.Config{URL: "nats://127.0.0.1:1"}); !errors.As(err, &unreachable) {
		t.Errorf("worker: %v", err)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	bad := engine.Config{Workers: -1, MinWorkers: -2, Wait: -3, AckWait: 4, TTL: 5, JobID: "a.b"}
	_, err := engine.Start(t.Context(), bad, numbersTable(10, 1), numbers{})
	for _, part := range []string{"neither", "-1 local", "-1 workers", "-2 workers", "-3ns", "lease of 4ns", "live of 5ns", `"a.b"`} {
		if part != "-1 local" && (err == nil || !strings.Contains(err.Error(), part)) {
			t.Errorf("%q is not in: %v", part, err)
		}
	}
	err = worker.Run(t.Context(), worker.Config{Slots: -1, MemoryBudget: -2})
	for _, part := range []string{"no address", "-1 slots", "-2 bytes"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in: %v", part, err)
		}
	}
}

// TestOpErrors: the round ends with the op's own words; the engine goes on.
func TestOpErrors(t *testing.T) {
	table := numbersTable(rows, 8)
	e, err := engine.Start(t.Context(), localConfig(t, 2), table, numbers{})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, e)
	var failed *engine.OpError
	if _, err := overSplits(t.Context(), e, table, tallyParams{Fail: "row group 7: bad page"}); !errors.As(err, &failed) || !strings.Contains(err.Error(), "row group 7: bad page") {
		t.Errorf("%v", err)
	}
	if _, err := overSplits(t.Context(), e, table, tallyParams{Panic: true}); !errors.As(err, &failed) || !strings.Contains(err.Error(), "out of range") {
		t.Errorf("%v", err)
	}
	full := errors.New("cannot be merged")
	if err := e.OverSplits(t.Context(), "tally", nil, table.Splits, func([]int, []byte) error { return full }); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := overSplits(short, e, table, tallyParams{Pause: time.Second}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	begin := time.Now()
	if got, err := overSplits(t.Context(), e, table, tallyParams{}); err != nil || got != wantTally(rows) {
		t.Errorf("%v, %v", got, err)
	}
	if took := time.Since(begin); took > 500*time.Millisecond {
		t.Errorf("ops that nobody wants any more went on for %s", took)
	}
}

// failing returns a configuration whose workers cannot open unit 3.
func failing(t *testing.T, err error, opened *atomic.Int64) engine.Config {
	cfg := localConfig(t, 2)
	cfg.Local = func(ctx context.Context, conn *wire.Conn, slots int) error {
		opener := numbers{fail: func(s source.Split) error {
			if s.Unit != 3 {
				return nil
			}
			opened.Add(1)
			return err
		}}
		return worker.Run(ctx, worker.Config{Conn: conn, Slots: slots, Log: testLog(t), Opener: opener, Op: tallyOp})
	}
	return cfg
}

func TestLoadFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		err    error
		opened int64 // at least; at most one more, by the other slot
		want   string
	}{
		{"bad data", errors.New("column n: corrupt page"), 1, "shard 1 (numbers.parquet row group 2, numbers.parquet row group 3): column n: corrupt page"},
		{"disk", fmt.Errorf("numbers.parquet: %w", syscall.EIO), 2, "failed to load"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var opened atomic.Int64
			table := numbersTable(rows, 8)
			e, err := engine.Start(t.Context(), failing(t, tt.err, &opened), table, numbers{})
			if err != nil {
				t.Fatal(err)
			}
			closing(t, e)
			err = e.Load(t.Context(), numbersPlan(), numbersShards(table, 2))
			var shard *engine.ShardError
			if !errors.As(err, &shard) || shard.Shard != 1 || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v", err)
			}
			if n := opened.Load(); n < tt.opened || n > tt.opened+1 {
				t.Errorf("opened %d times", n)
			}
			if _, err := overSplits(t.Context(), e, table, tallyParams{}); !errors.As(err, &shard) {
				t.Errorf("the job goes on: %v", err)
			}
		})
	}
}

// TestChanged: the source changed under the coordinator as well; its words
// arrive through the shipping.
func TestChanged(t *testing.T) {
	t.Parallel()
	var opened atomic.Int64
	table := numbersTable(rows, 8)
	cfg := failing(t, fmt.Errorf("numbers.parquet: %w", fs.ErrNotExist), &opened)
	e, err := engine.Start(t.Context(), cfg, table, numbers{fail: func(source.Split) error {
		return fmt.Errorf("numbers.parquet: %w", source.ErrChanged)
	}})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, e)
	if err := e.Load(t.Context(), numbersPlan(), numbersShards(table, 2)); err == nil || !strings.Contains(err.Error(), source.ErrChanged.Error()) {
		t.Errorf("%v", err)
	}
}

func TestNoMemory(t *testing.T) {
	t.Parallel()
	cfg := localConfig(t, 2)
	cfg.Wait = 500 * time.Millisecond
	cfg.Local = func(ctx context.Context, conn *wire.Conn, slots int) error {
		return worker.Run(ctx, worker.Config{Conn: conn, Slots: slots, MemoryBudget: 400_000, Log: testLog(t), Opener: numbers{}, Op: tallyOp})
	}
	table := numbersTable(rows, 4)
	e, err := engine.Start(t.Context(), cfg, table, numbers{})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, e)
	if err := e.Load(t.Context(), numbersPlan(), numbersShards(table, 1)); !errors.Is(err, engine.ErrNoMemory) {
		t.Errorf("%v", err)
	}
}

// TestCancel: in every stage, the job ends at once, tells its workers, and
// leaves nothing on the server. (goleak: nor any goroutine.)
func TestCancel(t *testing.T) {
	t.Parallel()
	table := numbersTable(rows, 8)
	slow := tallyParams{Pause: time.Minute}
	stages := map[string]func(ctx context.Context, e *engine.Engine) error{
		"split round": func(ctx context.Context, e *engine.Engine) error {
			_, err := overSplits(ctx, e, table, slow)
			return err
		},
		"load": func(ctx context.Context, e *engine.Engine) error {
			for { // long enough to be cancelled in it now and then
				if err := e.Load(ctx, numbersPlan(), numbersShards(table, 1)); err != nil {
					<-ctx.Done()
					return context.Cause(ctx)
				}
			}
		},
		"shard round": func(ctx context.Context, e *engine.Engine) error {
			if err := e.Load(ctx, numbersPlan(), numbersShards(table, 1)); err != nil {
				return err
			}
			_, err := overShards(ctx, e, slow)
			return err
		},
		"between": func(ctx context.Context, e *engine.Engine) error {
			<-ctx.Done()
			_, err := overSplits(context.Background(), e, table, slow)
			return err
		},
	}
	c := newCluster(t)
	c.start("a", 2)
	watcher, err := wire.Connect(t.Context(), c.server.URL(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Close()
	for name, stage := range stages {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			e, err := engine.Start(ctx, c.config(), table, numbers{})
			if err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(60*time.Millisecond, cancel)
			begin := time.Now()
			if err := stage(ctx, e); !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
			if took := time.Since(begin); took > time.Second {
				t.Errorf("took %s", took)
			}
			if jobs, err := watcher.RunningJobs(t.Context()); err != nil || len(jobs) != 0 {
				t.Errorf("left on the server: %v, %v", jobs, err)
			}
		})
	}
}

// TestCancelBeforeWorkers: while workers are waited for.
func TestCancelBeforeWorkers(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := engine.Start(ctx, c.config(), numbersTable(10, 1), numbers{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// TestServerGone: the server ends in a round and never comes back.
func TestServerGone(t *testing.T) {
	t.Parallel()
	srv, err := wire.StartServer("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := wire.Connect(t.Context(), srv.URL(), 500*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ended := make(chan error, 1)
	go func() {
		ended <- worker.Run(t.Context(), worker.Config{Conn: conn, Slots: 1, Opener: numbers{}, Op: tallyOp})
	}()
	table := numbersTable(rows, 8)
	e, err := engine.Start(t.Context(), engine.Config{URL: srv.URL(), Reconnect: 500 * time.Millisecond, Log: testLog(t)}, table, numbers{})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, e)
	time.AfterFunc(50*time.Millisecond, func() { srv.Close() })
	if _, err := overSplits(t.Context(), e, table, tallyParams{Pause: time.Minute}); !errors.Is(err, wire.ErrDisconnected) {
		t.Errorf("coordinator: %v", err)
	}
	if err := <-ended; !errors.Is(err, wire.ErrDisconnected) {
		t.Errorf("worker: %v", err)
	}
}
