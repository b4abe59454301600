package engine_test

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/headwater-dev/headwater/coordinator/engine"
)

// TestTermLost: a coordinator that was given up for dead stops before it
// writes anything.
func TestTermLost(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.start("a", 1)
	cfg := c.config()
	cfg.JobID = "contested"
	table := numbersTable(rows, 8)
	e, err := engine.Start(t.Context(), cfg, table, numbers{})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, e)
	purge(t, c.server.URL(), "hw1-jobs", "contested") // as if it had lapsed
	if err := e.Confirm(t.Context()); !errors.Is(err, engine.ErrTermLost) {
		t.Errorf("%v", err)
	}
	if _, err := overSplits(t.Context(), e, table, tallyParams{}); !errors.Is(err, engine.ErrTermLost) {
		t.Errorf("the job goes on: %v", err)
	}
}

func purge(t *testing.T, url, bucket, key string) {
	t.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.KeyValue(t.Context(), bucket)
	if err == nil {
		err = kv.Purge(t.Context(), key)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestLeasesGoneFirst: a worker that sees a job's leases disappear before it
// hears that the job has ended is there for the next job.
func TestLeasesGoneFirst(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.start("a", 2) // the test fails where it ends with an error
	cfg := c.config()
	cfg.JobID = "gone"
	table := numbersTable(rows, 8)
	e, err := engine.Start(t.Context(), cfg, table, numbers{})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Load(t.Context(), numbersPlan(), numbersShards(table, 1)); err != nil {
		t.Fatal(err)
	}
	purge(t, c.server.URL(), "hw1-jobs", "gone")
	nc, err := nats.Connect(c.server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err == nil {
		err = js.DeleteStream(t.Context(), "hw1-lease-gone")
	}
	if err != nil {
		t.Fatal(err)
	}
	next, err := engine.Start(t.Context(), c.config(), table, numbers{})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, next)
	if got, err := overSplits(t.Context(), next, table, tallyParams{}); err != nil || got != wantTally(rows) {
		t.Errorf("%v, %v", got, err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}
