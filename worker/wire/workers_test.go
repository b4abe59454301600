package wire

import (
	"context"
	"sync"
	"testing"
	"time"
)

// TestListedWhileRenewed: a list of entries can lack one that is renewed
// meanwhile (about one in thirty does here). Its worker lives.
func TestListedWhileRenewed(t *testing.T) {
	server, err := StartServer("")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	connect := func() *Conn {
		c, err := server.Connect(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	there, here := connect(), connect()
	defer there.Close()
	defer here.Close()
	var beating sync.WaitGroup
	defer beating.Wait()
	defer stop()
	for _, name := range []string{"a", "b"} {
		p, err := there.Announce(ctx, name, Vitals{})
		if err != nil {
			t.Fatal(err)
		}
		beating.Go(func() {
			for ctx.Err() == nil {
				if err := p.Beat(context.WithoutCancel(ctx), Vitals{}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	kv, err := here.workers(ctx, DefaultTTL)
	if err != nil {
		t.Fatal(err)
	}
	w := &workerWatch{kv: kv, known: map[string]uint64{}, report: func(name string, v *Vitals) {
		if v == nil {
			t.Errorf("worker %s was given up", name)
		}
	}}
	for begin := time.Now(); time.Since(begin) < 500*time.Millisecond && !t.Failed(); {
		w.list(ctx)
	}
	if len(w.known) != 2 {
		t.Errorf("%d workers are known", len(w.known))
	}
}
