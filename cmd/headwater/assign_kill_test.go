//go:build unix

package main

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/headwater-dev/headwater/worker/store/storetest"
)

// TestAssignLosesWorkers stops one worker process in the midst of a part and
// kills another. A third does their splits again; then the first goes on, as a
// zombie of an assignment that was revoked, while the job still runs. What comes
// out is what an undisturbed job writes, to the byte.
func TestAssignLosesWorkers(t *testing.T) {
	if testing.Short() {
		t.Skip("a worker counts as lost after 9 seconds")
	}
	table, model := segmented(t, 12, "100000")
	args := []string{"assign", "--model", model, "--input", table, "--quiet", "--out"}
	local := filepath.Join(t.TempDir(), "local")
	mustRun(t, append(args, local)...)
	t.Run("folder", func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "out")
		begun := func() int { return count(t, filepath.Join(out, ".headwater-*/parts/part-*")) }
		taken := func() int { return count(t, filepath.Join(out, ".headwater-*/new/assignments/part-*")) }
		loseWorkers(t, append(args, out), begun, func(int) bool { return taken() > 2 })
		if got, want := written(t, out), written(t, local); len(got) != len(want) {
			t.Errorf("%d files, not %d", len(got), len(want))
		} else {
			for name := range want {
				if got[name] != want[name] {
					t.Errorf("%s is another", name)
				}
			}
		}
	})
	t.Run("bucket", func(t *testing.T) {
		server := storetest.Start(t)
		out := "s3://" + storetest.Bucket + "/out/"
		begun := func() int { return len(uploads(t, out)) }
		loseWorkers(t, append(args, out), begun, func(before int) bool { return begun() > before+3 })
		compareWithLocal(t, filepath.Join(server.Objects, "out"), local)
		if open := uploads(t, out); len(open) > 0 {
			t.Errorf("uploads that nobody completed: %q", open)
		}
	})
}

// TestAssignKilled kills a whole job in the midst of its parts: nothing is
// visible, and the next job at the same place leaves what an undisturbed one does.
func TestAssignKilled(t *testing.T) {
	table, model := segmented(t, 4, "100000")
	args := []string{"assign", "--model", model, "--input", table, "--workers", "1", "--quiet", "--out"}
	local := filepath.Join(t.TempDir(), "local")
	mustRun(t, append(args, local)...)
	kill := func(t *testing.T, out string, begun func() int) {
		job := exec.Command(os.Args[0], append(args, out)...)
		job.Env = append(os.Environ(), asHeadwater+"=1", "TMPDIR="+t.TempDir())
		if err := job.Start(); err != nil {
			t.Fatal(err)
		}
		wait(t, "parts are written", func() bool { return begun() > 0 })
		send(t, job, syscall.SIGKILL)
		if err := job.Wait(); err == nil {
			t.Error("the job came to its end")
		}
	}
	t.Run("folder", func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "out")
		kill(t, out, func() int { return count(t, filepath.Join(out, ".headwater-*/parts/part-*")) })
		if n := count(t, filepath.Join(out, "[a-z]*")); n > 0 {
			t.Errorf("%d outputs are visible", n)
		}
		mustRun(t, append(args, out)...)
		if got, want := written(t, out), written(t, local); !maps.Equal(got, want) {
			t.Errorf("there are %d files, not %d, or others", len(got), len(want))
		}
	})
	t.Run("bucket", func(t *testing.T) {
		server := storetest.Start(t)
		out := "s3://" + storetest.Bucket + "/out/"
		kill(t, out, func() int { return len(uploads(t, out)) })
		if got := objects(t, server, "out"); len(got) > 0 {
			t.Errorf("%q are visible", got)
		}
		mustRun(t, append(args, out)...)
		compareWithLocal(t, filepath.Join(server.Objects, "out"), local)
		if open := uploads(t, out); len(open) > 0 {
			t.Errorf("uploads that nobody completed: %q", open)
		}
	})
}

func count(t *testing.T, pattern string) int {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// loseWorkers runs a job as the test says. Begun tells how many parts are being
// written or are finished, further whether the third worker has done enough
// since the first two were stopped, given what had begun then.
func loseWorkers(t *testing.T, args []string, begun func() int, further func(before int) bool) {
	url := natsServer(t)
	zombie, killed := startWorker(t, url), startWorker(t, url)
	job := exec.Command(os.Args[0], append(args, "--nats", url)...)
	job.Env = append(os.Environ(), asHeadwater+"=1")
	var said bytes.Buffer
	job.Stderr = &said
	if err := job.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = job.Process.Kill() })
	wait(t, "parts are written", func() bool { return begun() >= 2 })
	send(t, zombie, syscall.SIGSTOP)
	send(t, killed, syscall.SIGKILL)
	before := begun()
	startWorker(t, url)
	wait(t, "the third worker gets on", func() bool { return further(before) })
	send(t, zombie, syscall.SIGCONT)
	if err := job.Wait(); err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	time.Sleep(300 * time.Millisecond) // in which the zombie is done, if it was not
}

func send(t *testing.T, cmd *exec.Cmd, s syscall.Signal) {
	t.Helper()
	if err := cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func wait(t *testing.T, what string, until func() bool) {
	t.Helper()
	for begin := time.Now(); !until(); time.Sleep(time.Millisecond) {
		if time.Since(begin) > 40*time.Second {
			t.Fatalf("waited for: %s", what)
		}
	}
}
