package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/headwater-dev/headwater/coordinator/engine"
	"github.com/headwater-dev/headwater/worker"
	"github.com/headwater-dev/headwater/worker/wire"
)

// proxy passes TCP connections on until they are cut.
type proxy struct {
	listener net.Listener
	to       string
	mu       sync.Mutex
	conns    []net.Conn
	wg       sync.WaitGroup
}

func newProxy(t *testing.T, target string) *proxy {
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, to: u.Host}
	p.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			d, err := net.Dial("tcp", p.to)
			if err != nil {
				c.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, c, d)
			p.mu.Unlock()
			p.wg.Go(func() { io.Copy(c, d); c.Close() })
			p.wg.Go(func() { io.Copy(d, c); d.Close() })
		}
	})
	return p
}

// cut ends every connection; new ones are taken.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}

func (p *proxy) close() {
	p.listener.Close()
	p.cut()
	p.wg.Wait()
}

// TestConnectionsCut: coordinator and workers lose their connections again and
// again in the middle of rounds, with messages on the way. Every row is still
// counted once, and the workers keep their shards.
func TestConnectionsCut(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	p := newProxy(t, c.server.URL())
	defer p.close()
	through := "nats://" + p.listener.Addr().String()
	ctx, cancel := context.WithCancel(t.Context())
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	for range 2 {
		conn, err := wire.Connect(t.Context(), through, 0)
		if err != nil {
			t.Fatal(err)
		}
		workers.Go(func() {
			defer conn.Close()
			if err := worker.Run(ctx, worker.Config{Conn: conn, Slots: 1, Log: testLog(t), Opener: c.opener, Op: tallyOp}); err != nil {
				t.Error(err)
			}
		})
	}
	cfg := c.config()
	cfg.URL, cfg.AckWait, cfg.TTL, cfg.MinWorkers = through, 5*time.Second, 5*time.Second, 2
	table := numbersTable(rows, 20)
	e, err := engine.Start(t.Context(), cfg, table, numbers{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Load(t.Context(), numbersPlan(), numbersShards(table, 1)); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		cutter := time.AfterFunc(15*time.Millisecond, p.cut)
		if got, err := overShards(t.Context(), e, tallyParams{Pause: 5 * time.Millisecond}); err != nil || got != wantTally(rows) {
			t.Errorf("over shards: %v, %v", got, err)
		}
		cutter.Stop()
		cutter = time.AfterFunc(15*time.Millisecond, p.cut)
		if got, err := overSplits(t.Context(), e, table, tallyParams{Pause: 5 * time.Millisecond}); err != nil || got != wantTally(rows) {
			t.Errorf("over splits: %v, %v", got, err)
		}
		cutter.Stop()
	}
	t.Logf("%+v", e.Stats())
}

func TestVersions(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	conn, err := wire.Connect(t.Context(), c.server.URL(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// An old worker meets this coordinator.
	cfg := c.config()
	cfg.JobID, cfg.Wait = "new", 500*time.Millisecond
	refused := make(chan error, 1)
	go func() {
		_, err := conn.Report(t.Context(), "new", wire.ToCoordinator{Worker: "old-1", Join: &wire.Join{Version: "0"}})
		refused <- err
	}()
	_, err = engine.Start(t.Context(), cfg, numbersTable(10, 1), numbers{})
	if !errors.Is(err, engine.ErrNoWorkers) || !strings.Contains(err.Error(), `worker old-1 was refused: it speaks version "0"`) {
		t.Errorf("coordinator: %v", err)
	}
	if err := <-refused; !errors.Is(err, wire.ErrVersion) {
		t.Errorf("old worker: %v", err)
	}
	// This worker meets an old coordinator's job.
	nc, err := nats.Connect(c.server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.KeyValue(t.Context(), "hw1-jobs")
	if err != nil {
		t.Fatal(err)
	}
	record, err := json.Marshal(wire.JobRecord{ID: "old", Version: "0", State: wire.JobRunning})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Put(t.Context(), "old", record); err != nil {
		t.Fatal(err)
	}
	if err := worker.Run(t.Context(), worker.Config{URL: c.server.URL(), Slots: 1}); !errors.Is(err, wire.ErrVersion) {
		t.Errorf("worker: %v", err)
	}
}

func TestProgress(t *testing.T) {
	var mu sync.Mutex
	var seen []engine.Progress
	cfg := localConfig(t, 2)
	cfg.Progress = func(p engine.Progress) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, p)
	}
	table := numbersTable(rows, 4)
	e, err := engine.Start(t.Context(), cfg, table, numbers{})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, e)
	begin := time.Now()
	if _, err := overSplits(t.Context(), e, table, tallyParams{Pause: 60 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	most := int(time.Since(begin)/(100*time.Millisecond)) + 1
	mu.Lock()
	defer mu.Unlock()
	if len(seen) < 3 || len(seen) > most {
		t.Errorf("%d reports, at most %d expected", len(seen), most)
	}
	var done int64
	for _, p := range seen {
		if p.Stage != "tally" || p.Total != rows || p.Done < done || p.Done > rows || p.Workers != 2 {
			t.Errorf("%+v after %d", p, done)
		}
		done = p.Done
	}
	if done == 0 {
		t.Error("no progress was seen")
	}
}
