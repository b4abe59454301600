package wire

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// onBoth runs a test against the server inside this process and against one
// that listens, with the payload limit of 1 MiB that servers have by default.
func onBoth(t *testing.T, f func(t *testing.T, connect func() *Conn)) {
	for _, address := range []string{"", "127.0.0.1:0"} {
		name := "embedded"
		if address != "" {
			name = "external"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, err := StartServer(address)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := srv.Close(); err != nil {
					t.Error(err)
				}
			}()
			var open []*Conn
			f(t, func() *Conn {
				t.Helper()
				var c *Conn
				if address == "" {
					c, err = srv.Connect(t.Context())
				} else {
					c, err = Connect(t.Context(), srv.URL(), 0)
				}
				if err != nil {
					t.Fatal(err)
				}
				open = append(open, c)
				return c
			})
			for _, c := range open {
				c.Close()
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // listens, and never says a word of NATS
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, url := range []string{"nats://127.0.0.1:1", "nats://" + l.Addr().String(), "nonsense://x y"} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		var unreachable *UnreachableError
		if _, err := Connect(ctx, url, 0); !errors.As(err, &unreachable) || unreachable.URL != url {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestBlobs(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, connect func() *Conn) {
		a, b := connect(), connect()
		blobs, err := a.JobBlobs("j")
		if err != nil {
			t.Fatal(err)
		}
		defer blobs.Close()
		for _, n := range []int{0, 1, a.Inline(), a.Inline() + 1, a.chunkSize() - 1, a.chunkSize(), a.chunkSize() + 1, 5*a.chunkSize() + 7} {
			data := make([]byte, n)
			for i := range data {
				data[i] = byte(rand.Uint32())
			}
			blob := blobs.Put(data)
			got, err := b.PullJob(t.Context(), "j", blob)
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("%d bytes: got %d, %v", n, len(got), err)
			}
			if blob.ID == "" {
				continue
			}
			blob.Sum++
			if _, err := b.PullJob(t.Context(), "j", blob); err == nil {
				t.Errorf("%d bytes: a wrong checksum was taken", n)
			}
			blobs.Drop(blob)
			if _, err := b.PullJob(t.Context(), "j", blob); !errors.Is(err, ErrGone) {
				t.Errorf("%d bytes: dropped, yet %v", n, err)
			}
		}
	})
}

func TestWorkersLapse(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, connect func() *Conn) {
		a, b := connect(), connect()
		events := make(chan string, 100)
		stop, err := a.WatchWorkers(t.Context(), time.Second, func(name string, v *Vitals) {
			if v == nil {
				name = "-" + name
			}
			events <- name
		})
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		quiet, err := b.Announce(t.Context(), "quiet", Vitals{})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		expect := func(want string) {
			t.Helper()
			select {
			case got := <-events:
				if got != want {
					t.Fatalf("got %s, want %s", got, want)
				}
			case <-time.After(5 * time.Second):
				t.Fatalf("%s did not come", want)
			}
		}
		expect("quiet")
		polite, err := b.Announce(t.Context(), "polite", Vitals{})
		if err != nil {
			t.Fatal(err)
		}
		expect("polite") // an entry that goes at once might never be seen
		if err := polite.Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		expect("-polite")
		expect("-quiet")
		t.Logf("expiry seen after %s", time.Since(start))
		if err := quiet.Beat(t.Context(), Vitals{}); !errors.Is(err, ErrRetired) {
			t.Errorf("a lapsed entry was renewed: %v", err)
		}
	})
}

func TestTerm(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, connect func() *Conn) {
		a, b := connect(), connect()
		one, err := a.AcquireTerm(t.Context(), "job", time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if err := one.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if _, err := b.AcquireTerm(short, "job", time.Second); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a held job was taken: %v", err)
		}
		two, err := b.AcquireTerm(t.Context(), "job", time.Second) // once the first has lapsed
		if err != nil {
			t.Fatal(err)
		}
		if two.record.Counter != 2 || one.Valid() {
			t.Errorf("second term is %d; first still valid: %v", two.record.Counter, one.Valid())
		}
		if err := one.Renew(t.Context()); !errors.Is(err, ErrTermLost) {
			t.Errorf("renewed a lost term: %v", err)
		}
		if err := one.End(t.Context(), JobEnded); !errors.Is(err, ErrTermLost) {
			t.Errorf("ended another's job: %v", err)
		}
		jobs, err := a.RunningJobs(t.Context())
		if err != nil || len(jobs) != 1 || jobs[0].Term() != two.String() {
			t.Errorf("jobs %v, %v", jobs, err)
		}
		if err := two.End(t.Context(), JobEnded); err != nil {
			t.Fatal(err)
		}
		if jobs, err := a.RunningJobs(t.Context()); err != nil || len(jobs) != 0 {
			t.Errorf("jobs %v, %v", jobs, err)
		}
	})
}

// A coordinator that was killed leaves its stream to the next job; one that
// lives keeps it.
func TestLeasesOfDeadJobs(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, connect func() *Conn) {
		c, ctx := connect(), t.Context()
		term, err := c.AcquireTerm(ctx, "alive", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, job := range []string{"alive", "dead", "next"} {
			if _, err := c.CreateLeases(ctx, job, time.Second); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.OpenLeases(ctx, "alive"); err != nil {
			t.Errorf("the leases of a living job: %v", err)
		}
		if _, err := c.OpenLeases(ctx, "dead"); err == nil {
			t.Error("the leases of a dead job are still there")
		}
		if err := term.End(ctx, JobEnded); err != nil {
			t.Fatal(err)
		}
	})
}

func TestLeases(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, connect func() *Conn) {
		a, b := connect(), connect()
		ctx := t.Context()
		leases, err := a.CreateLeases(ctx, "job", time.Second)
		if err != nil {
			t.Fatal(err)
		}
		queue, err := b.OpenLeases(ctx, "job")
		if err != nil {
			t.Fatal(err)
		}
		if err := leases.Place(ctx, []Lease{{Shard: Shard{ID: 0}}, {Shard: Shard{ID: 1}}, {Shard: Shard{ID: 2}}}); err != nil {
			t.Fatal(err)
		}
		if err := leases.Terminate(ctx, 2); err != nil {
			t.Fatal(err)
		}
		next := func(within time.Duration) *HeldLease {
			ctx, cancel := context.WithTimeout(ctx, within)
			defer cancel()
			h, err := queue.Next(ctx)
			if err != nil && ctx.Err() == nil {
				t.Fatal(err)
			}
			return h
		}
		zero, one := next(time.Second), next(time.Second)
		if zero == nil || one == nil || zero.Shard.ID != 0 || one.Shard.ID != 1 {
			t.Fatalf("got %v and %v", zero, one)
		}
		if err := one.Release(0); err != nil {
			t.Fatal(err)
		}
		if one = next(time.Second); one == nil || one.Delivery != 2 {
			t.Fatalf("a released lease came back as %v", one)
		}
		for range 5 { // one is extended past its AckWait, zero is not
			if err := one.Extend(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(250 * time.Millisecond)
		}
		if zero = next(time.Second); zero == nil || zero.Shard.ID != 0 || zero.Delivery != 2 {
			t.Fatalf("the lapsed lease came back as %v", zero)
		}
		if err := leases.Delete(ctx); err != nil {
			t.Fatal(err)
		}
		if err := leases.Delete(ctx); err != nil {
			t.Fatal(err)
		}
	})
}
