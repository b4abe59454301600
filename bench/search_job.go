package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"github.com/headwater-dev/headwater/coordinator"
	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/worker"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// searchJobCommand is a child of bench search: it runs one job and prints what
// it took as JSON.
func searchJobCommand() *cobra.Command {
	c := coordinator.Config{
		Search: true, All: true, MaxShare: 1, Top: 50, By: "excess", Alpha: 0.95, Direction: "both", KMin: 6, KMax: 10,
		Evidence: evidence.Default(),
		Seed:     1, Force: true, Version: "bench", Opener: source.Files{},
		Local: func(ctx context.Context, conn *wire.Conn, slots int) error {
			return worker.Run(ctx, worker.Config{Conn: conn, Name: "local", Slots: slots, Version: "bench"})
		},
	}
	var input, metric string
	cmd := &cobra.Command{
		Use: "search-job", Hidden: true, Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.Input.Inputs, c.Metrics = []string{input}, []string{metric}
			if metric == yesNo {
				c.Metrics = []string{yesNo + "=1 as " + yesNo}
			}
			if c.MinShare == 0 {
				c.MinCount = 1
			}
			// The metric that is not asked for would be a feature.
			c.Exclude = []string{yesNo, amounts}
			var f searchFigure
			begin := time.Now()
			last, name := begin, "start"
			next := func(following string) {
				now := time.Now()
				f.Stages = append(f.Stages, stage{name, now.Sub(last).Seconds()})
				last, name = now, following
			}
			c.Stage = next
			found, err := coordinator.Run(cmd.Context(), &c)
			if err != nil {
				return err
			}
			next("")
			f.Seconds, f.PeakBytes = last.Sub(begin).Seconds(), peakMemory()
			f.Groups = int64(found.Groups.Len())
			for _, l := range found.Levels {
				f.Candidates += int64(l.Candidates)
			}
			return json.NewEncoder(cmd.OutOrStdout()).Encode(f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&input, "input", "", "table")
	flags.StringVar(&c.Out, "out", "", "folder")
	flags.StringVar(&metric, "metric", "", "y or amount")
	flags.IntVar(&c.Order, "order", 3, "longest combination")
	flags.IntVar(&c.Workers, "workers", 0, "workers")
	flags.StringVar(&c.NATS, "nats", "", "server of the workers")
	flags.Float64Var(&c.MinShare, "min-share", 0, "smallest group")
	return cmd
}
