package main

import (
	"errors"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/headwater-dev/headwater/worker"
)

func workerCommand() *cobra.Command {
	var url, name string
	var slots int
	var memory int64
	var verbose bool
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Join a cluster: take shards and count, until told to stop",
		Long: `worker joins the jobs of a NATS server (with JetStream). Start as many as you
like, anywhere; "headwater run --nats URL" uses them. Ctrl-C or SIGTERM hands
the shards over to the other workers and leaves.`,
		Example: `  headwater worker --nats nats://nats.example:4222
  headwater worker --nats nats://127.0.0.1:4222 --slots 4 --memory 8192`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if url == "" {
				return usage(cmd, errors.New("--nats is missing: name the server, for example --nats nats://127.0.0.1:4222"))
			}
			err := worker.Run(cmd.Context(), worker.Config{
				URL: url, Name: name, Slots: slots, MemoryBudget: memory << 20, Version: version,
				Log: logger(cmd.ErrOrStderr(), true, verbose),
			})
			if cmd.Context().Err() == nil {
				return err
			}
			return nil // told to stop, which is how workers end
		},
	}
	f := cmd.Flags()
	f.StringVar(&url, "nats", "", "NATS server, nats://host:4222")
	f.StringVar(&name, "name", "", "name shown to the coordinator (default: the host's)")
	f.IntVar(&slots, "slots", runtime.GOMAXPROCS(0), "ops at once")
	f.Int64Var(&memory, "memory", 0, "MiB of shards to hold (default: by the system's memory)")
	f.BoolVarP(&verbose, "verbose", "v", false, "log every lease and op")
	return cmd
}
