// Command s3server is the S3 server that tests run against: versitygw over a
// folder. It is a module of its own, since what it stands on has no place in
// the program's.
//
//	s3server ADDRESS FOLDER
//
// Buckets are FOLDER's folders. The keys are "headwater" and "headwater-tests".
// It ends when its standard input does, so that it never outlives the test.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: s3server ADDRESS FOLDER")
		os.Exit(2)
	}
	if err := serve(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(address, folder string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // either way it has ended
		stop()
	}()
	beside := filepath.Join(filepath.Dir(folder), "metadata")
	if err := os.MkdirAll(beside, 0o755); err != nil {
		return err
	}
	metadata, err := meta.NewSideCar(beside)
	if err != nil {
		return err
	}
	files, err := posix.New(folder, metadata, posix.PosixOpts{SideCarDir: beside})
	if err != nil {
		return err
	}
	return embedgw.RunVersityGW(ctx, files, &embedgw.Config{
		RootUserAccess: "headwater", RootUserSecret: "headwater-tests", Ports: []string{address},
		MaxConnections: 1000, MaxRequests: 1000, MultipartMaxParts: 10000, Quiet: true, KeepAlive: true,
	})
}
