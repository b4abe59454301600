package engine_test

import (
	"testing"
	"time"

	"github.com/headwater-dev/headwater/coordinator/engine"
	"github.com/headwater-dev/headwater/worker/source"
)

const rows = 40_000

// rounds runs every kind of stage and checks the sums.
func rounds(t *testing.T, e *engine.Engine) {
	t.Helper()
	ctx := t.Context()
	table := numbersTable(rows, 23)
	if got, err := overSplits(ctx, e, table, tallyParams{}); err != nil || got != wantTally(rows) {
		t.Fatalf("over splits: %v, %v; want %v", got, err, wantTally(rows))
	}
	if _, err := overShards(ctx, e, tallyParams{}); err == nil {
		t.Error("a round over shards before they were loaded")
	}
	if err := e.Load(ctx, numbersPlan(), numbersShards(table, 3)); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if got, err := overShards(ctx, e, tallyParams{}); err != nil || got != wantTally(rows) {
			t.Fatalf("over shards: %v, %v; want %v", got, err, wantTally(rows))
		}
	}
	if err := e.Load(ctx, numbersPlan(), numbersShards(table, 3)); err == nil {
		t.Error("loaded twice")
	}
	if err := e.Confirm(ctx); err != nil {
		t.Error(err)
	}
}

func TestLocal(t *testing.T) {
	for _, workers := range []int{1, 2, 5} {
		begin := time.Now()
		e, err := engine.Start(t.Context(), localConfig(t, workers), numbersTable(rows, 23), numbers{})
		if err != nil {
			t.Fatal(err)
		}
		started := time.Since(begin)
		rounds(t, e)
		done := time.Since(begin)
		stats := e.Stats()
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d workers: started %s, 21 rounds %s, closed %s; %+v", workers, started, done-started, time.Since(begin)-done, stats)
		if stats.Retries != 0 || stats.Shipped != 0 || stats.Rounds != 22 {
			t.Errorf("%+v", stats)
		}
	}
}

func TestExternal(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.start("a", 2)
	c.start("b", 1)
	cfg := c.config()
	cfg.MinWorkers = 3
	e, err := engine.Start(t.Context(), cfg, numbersTable(rows, 23), numbers{})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, e)
	rounds(t, e)
	if e.Slots() != 3 {
		t.Errorf("%d slots", e.Slots())
	}
}

// TestFewerWorkers: a job waits for the workers it asks for, but not for ever.
func TestFewerWorkers(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.start("a", 2)
	cfg := c.config()
	cfg.MinWorkers, cfg.Wait = 3, 500*time.Millisecond
	begin := time.Now()
	e, err := engine.Start(t.Context(), cfg, numbersTable(rows, 23), numbers{})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, e)
	if waited := time.Since(begin); waited < cfg.Wait {
		t.Errorf("began after %s", waited)
	}
	rounds(t, e)
}

// TestEachSplit: every split comes in an answer of its own.
func TestEachSplit(t *testing.T) {
	t.Parallel()
	table := numbersTable(rows, 50)
	e, err := engine.Start(t.Context(), localConfig(t, 1), table, numbers{})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, e)
	var got tally
	answers := 0
	err = e.OverEachSplit(t.Context(), "tally", nil, table.Splits, func(answer []byte) error {
		answers++
		return got.add(answer)
	})
	if err != nil || got != wantTally(rows) || answers != len(table.Splits) {
		t.Errorf("%v, %v in %d answers", err, got, answers)
	}
}

// TestJobsInTurn: the same workers serve one job after the other, and those
// whose source is out of reach read it through the coordinator.
func TestJobsInTurn(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.opener = source.Files{} // which has no /nowhere/numbers.parquet
	c.start("a", 1)
	c.start("b", 1)
	for _, ship := range []bool{false, true} {
		cfg := c.config()
		cfg.Ship, cfg.MinWorkers = ship, 2
		e, err := engine.Start(t.Context(), cfg, numbersTable(rows, 23), numbers{})
		if err != nil {
			t.Fatal(err)
		}
		rounds(t, e)
		if e.Stats().Shipped == 0 {
			t.Error("nothing was shipped")
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKilledInRound: a worker vanishes while it counts. Its shards come back
// by their leases, and every row is counted once.
func TestKilledInRound(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	kill, _ := c.start("victim", 1)
	cfg := c.config()
	table := numbersTable(rows, 20)
	e, err := engine.Start(t.Context(), cfg, table, numbers{})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, e)
	if err := e.Load(t.Context(), numbersPlan(), numbersShards(table, 1)); err != nil {
		t.Fatal(err)
	}
	c.start("other", 1) // so the victim holds every shard
	time.AfterFunc(100*time.Millisecond, kill)
	begin := time.Now()
	got, err := overShards(t.Context(), e, tallyParams{Pause: 30 * time.Millisecond})
	if err != nil || got != wantTally(rows) {
		t.Fatalf("%v, %v", got, err)
	}
	t.Logf("%s, %+v", time.Since(begin), e.Stats())
	if e.Stats().Retries == 0 {
		t.Error("nothing was handed out anew: the test did not kill in the round")
	}
	if got, err := overShards(t.Context(), e, tallyParams{}); err != nil || got != wantTally(rows) {
		t.Fatalf("%v, %v", got, err)
	}
}

// TestKilledOverSplits: the same over splits, without any resident shard.
func TestKilledOverSplits(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	kill, _ := c.start("victim", 1)
	c.start("other", 1)
	cfg := c.config()
	cfg.MinWorkers = 2
	table := numbersTable(rows, 40)
	e, err := engine.Start(t.Context(), cfg, table, numbers{})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, e)
	time.AfterFunc(100*time.Millisecond, kill)
	got, err := overSplits(t.Context(), e, table, tallyParams{Pause: 10 * time.Millisecond})
	if err != nil || got != wantTally(rows) {
		t.Fatalf("%v, %v", got, err)
	}
	if e.Stats().Retries == 0 {
		t.Error("nothing was handed out anew")
	}
}

// TestDrain: a worker that leaves in order hands its shards over at once, long
// before any lease lapses, to one that came late.
func TestDrain(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	_, drain := c.start("leaver", 1)
	cfg := c.config()
	cfg.AckWait, cfg.TTL = time.Minute, time.Minute
	table := numbersTable(rows, 20)
	e, err := engine.Start(t.Context(), cfg, table, numbers{})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, e)
	if err := e.Load(t.Context(), numbersPlan(), numbersShards(table, 1)); err != nil {
		t.Fatal(err)
	}
	c.start("late", 1)
	time.AfterFunc(100*time.Millisecond, drain)
	begin := time.Now()
	got, err := overShards(t.Context(), e, tallyParams{Pause: 30 * time.Millisecond})
	if err != nil || got != wantTally(rows) {
		t.Fatalf("%v, %v", got, err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
}
