package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/headwater-dev/headwater/worker"
	"github.com/headwater-dev/headwater/worker/wire"
)

// fleet is a NATS server and worker processes, as on a cluster of one machine.
type fleet struct {
	server  *wire.Server
	workers []*exec.Cmd
}

// startFleet spreads workers evenly over processes, each of which may use as
// many cores as it has workers.
func startFleet(ctx context.Context, self string, processes, workers int) (*fleet, error) {
	server, err := wire.StartServer("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &fleet{server: server}
	slots := strconv.Itoa(workers / processes)
	for range processes {
		child := exec.CommandContext(ctx, self, "search-worker", "--nats", server.URL(), "--slots", slots)
		child.Env = append(os.Environ(), "GOMAXPROCS="+slots)
		child.Stderr = os.Stderr
		if err := child.Start(); err != nil {
			return nil, errors.Join(fmt.Errorf("worker process: %w", err), f.close())
		}
		f.workers = append(f.workers, child)
	}
	return f, nil
}

// close ends the workers, which drain, and the server.
func (f *fleet) close() error {
	var errs []error
	for _, child := range f.workers {
		errs = append(errs, child.Process.Signal(os.Interrupt))
	}
	for _, child := range f.workers {
		errs = append(errs, child.Wait())
	}
	return errors.Join(append(errs, f.server.Close())...)
}

// searchWorkerCommand is a child of bench search: workers in a process of
// their own, until interrupted.
func searchWorkerCommand() *cobra.Command {
	c := worker.Config{Version: "bench"}
	cmd := &cobra.Command{
		Use: "search-worker", Hidden: true, Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return worker.Run(cmd.Context(), c) },
	}
	cmd.Flags().StringVar(&c.URL, "nats", "", "server")
	cmd.Flags().IntVar(&c.Slots, "slots", 0, "ops at once")
	return cmd
}
