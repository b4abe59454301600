package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/headwater-dev/headwater/worker/store/storetest"
)

// asHeadwater makes the test binary behave as headwater itself, so that tests
// can start it as a process of its own.
const asHeadwater = "HEADWATER_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asHeadwater) != "" {
		main()
	}
	code := m.Run()
	storetest.Clean()
	if builtDuckDB != "" {
		_ = os.RemoveAll(builtDuckDB)
	}
	os.Exit(code)
}

// shared returns the path of a file of the folder of data and references that
// stands beside the checkout; the test is skipped where that is absent.
func shared(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%v: CI needs the shared data", err)
		}
		t.Skipf("%v: the shared data is not here", err)
	}
	return path
}

// mustRun runs a command line that must succeed and returns its standard output.
func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := execute(args, &stdout, &stderr); code != exitOK {
		t.Fatalf("headwater %q: exit code %d\n%s", args, code, stderr.String())
	}
	return stdout.String()
}

// natsServer starts a server with JetStream on a port of its own.
func natsServer(t *testing.T) (url string) {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the NATS server did not start")
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s.ClientURL()
}

// startWorker starts a worker process that ends with the test.
func startWorker(t *testing.T, url string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "worker", "--nats", url, "--slots", "1")
	cmd.Env = append(os.Environ(), asHeadwater+"=1")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	return cmd
}
