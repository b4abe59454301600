//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// postgres starts a PostgreSQL server of its own, which listens to a socket in
// a folder of the test's and ends with it. It returns what runs a script there,
// in psql, from a folder that the script's files are read from. The test is
// skipped where there is no PostgreSQL, or nobody else whom it would run as:
// it refuses to run as root.
func postgres(t *testing.T) (psql func(t *testing.T, folder, script string) string) {
	t.Helper()
	programs := map[string]string{}
	for _, name := range []string{"initdb", "postgres", "psql"} {
		programs[name] = postgresProgram(name)
		if programs[name] == "" {
			t.Skipf("no PostgreSQL here: %s is neither on the path nor below /usr/lib/postgresql", name)
		}
	}
	dir, err := os.MkdirTemp("", "pg") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	var as *syscall.SysProcAttr
	if os.Geteuid() == 0 {
		id := unprivileged(t)
		as = &syscall.SysProcAttr{Credential: id}
		if err := os.Chown(dir, int(id.Uid), int(id.Gid)); err != nil {
			t.Skipf("PostgreSQL does not run as root, and its folder cannot be another's: %v", err)
		}
	}
	data := filepath.Join(dir, "data")
	initdb := exec.CommandContext(t.Context(), programs["initdb"], "-D", data, "-U", "headwater", "-A", "trust", "-N", "-E", "UTF8", "--no-locale")
	initdb.Dir, initdb.SysProcAttr = dir, as
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	server := exec.Command(programs["postgres"], "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB")
	server.Dir, server.SysProcAttr = dir, as
	var log strings.Builder
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGQUIT) // at once
		_ = server.Wait()
	})
	run := func(folder, script string) (string, error) {
		cmd := exec.Command(programs["psql"], "-X", "-q", "-h", dir, "-U", "headwater", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-f", "-")
		cmd.Dir, cmd.Stdin = folder, strings.NewReader(script)
		var said strings.Builder
		cmd.Stderr = &said
		out, err := cmd.Output()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, said.String())
		}
		return string(out), err
	}
	err = errors.New("not tried")
	for wait := time.Now().Add(30 * time.Second); err != nil && time.Now().Before(wait); time.Sleep(50 * time.Millisecond) {
		_, err = run(dir, "SELECT 1;")
	}
	if err != nil {
		t.Fatalf("PostgreSQL does not answer: %v\n%s", err, log.String())
	}
	return func(t *testing.T, folder, script string) string {
		t.Helper()
		out, err := run(folder, script)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// postgresProgram finds a program of PostgreSQL, the newest; "" = it is not here.
func postgresProgram(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, _ := filepath.Glob(filepath.Join("/usr/lib/postgresql/*/bin", name)) // the pattern is right
	newest, at := "", 0
	for _, path := range found {
		if v, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))); err == nil && v > at {
			newest, at = path, v
		}
	}
	return newest
}

// unprivileged is a user that programs of root's can be run as.
func unprivileged(t *testing.T) *syscall.Credential {
	t.Helper()
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	t.Skip("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
	return nil
}
