// Package storetest gives tests a real S3 server: versitygw over a folder, a
// process of its own.
package storetest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Server is an S3 server with one bucket, "customers". Its address and keys are
// in the environment of the test.
type Server struct {
	Endpoint string // URL
	Objects  string // the folder whose files are the bucket's objects
}

// Bucket is the name of the server's bucket.
const Bucket = "customers"

// Start starts a server that ends with the test, which must not be parallel to
// others. Under -short the test is skipped: the server is built first, which
// takes a minute the first time.
func Start(t *testing.T) *Server {
	t.Helper()
	if testing.Short() && os.Getenv("CI") == "" {
		t.Skip("building an S3 server takes longer than -short allows")
	}
	program, err := build()
	if err != nil {
		t.Fatalf("the S3 server: %v", err)
	}
	folder := t.TempDir()
	s := &Server{Objects: filepath.Join(folder, "buckets", Bucket)}
	if err := os.MkdirAll(s.Objects, 0o755); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	s.Endpoint = "http://" + address
	ctx := context.WithoutCancel(t.Context()) // the server ends after the test's own ends
	cmd := exec.CommandContext(ctx, program, address, filepath.Dir(s.Objects))
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the S3 server: %v", err)
		}
	})
	for key, value := range map[string]string{
		"AWS_ENDPOINT_URL": s.Endpoint, "AWS_ENDPOINT_URL_S3": "", "AWS_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": "headwater", "AWS_SECRET_ACCESS_KEY": "headwater-tests", "AWS_SESSION_TOKEN": "",
	} {
		t.Setenv(key, value)
	}
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			c.Close()
			return s
		}
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("the S3 server does not answer: %v", err)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// build makes the server's program once a process. What it needs of other
// modules is in its own go.mod.
var build = sync.OnceValues(func() (string, error) {
	source := filepath.Join("worker", "store", "_s3server")
	for _, err := os.Stat(source); err != nil; _, err = os.Stat(source) {
		if source = filepath.Join("..", source); len(source) > 100 {
			return "", fmt.Errorf("its source is not above this folder: %w", err)
		}
	}
	dir, err := os.MkdirTemp("", "headwater-s3-")
	if err != nil {
		return "", err
	}
	built = dir
	program := filepath.Join(dir, "s3server")
	cmd := exec.CommandContext(context.Background(), "go", "build", "-C", source, "-o", program, ".")
	cmd.Stderr = os.Stderr
	return program, cmd.Run()
})

// built is the folder of the program.
var built string

// Clean removes what Start has built: for TestMain.
func Clean() {
	if built != "" {
		os.RemoveAll(built)
	}
}
