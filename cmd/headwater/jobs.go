package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/headwater-dev/headwater/coordinator"
	"github.com/headwater-dev/headwater/coordinator/report"
	"github.com/headwater-dev/headwater/worker"
	"github.com/headwater-dev/headwater/worker/source"
	"github.com/headwater-dev/headwater/worker/wire"
)

// nicheShare is the largest group that run calls a niche: larger ones the
// business knows without us.
const nicheShare = 0.05

func runCommand() *cobra.Command {
	var j jobFlags
	return j.command(&cobra.Command{
		Use:   "run [job.yaml]",
		Short: "The whole job: profile, search for niche groups, merge into segments, assign every customer",
		Long: `run profiles a table, finds the niche groups that matter, merges the customers
into 6–10 segments with rules and personas, and assigns every customer to one.

A job file holds the same settings as the flags, one "flag: value" a line;
flags override it.`,
		Example: `  headwater run --input bank-full.csv --metric y=yes --exclude duration --out out/
  headwater run --input bank-full.csv --metric y=yes --exclude duration --context month,day,contact --lever campaign --out out/
  headwater run --input 'parts/*.parquet' --metric revenue --metric 'churned=1 as churn' --out out/
  headwater run job.yaml --out elsewhere/
  cat customers.csv | headwater run --input - --metric converted=1 --out out/`,
		Args: arguments(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				if err := applyJobFile(cmd, args[0]); err != nil {
					return err
				}
			}
			j.config.Search, j.config.Segment, j.config.All = true, true, true
			return j.run(cmd)
		},
	}, j.input, j.metric, j.out, j.features, j.minimum, j.searchUpTo(nicheShare), j.evidence, j.segments, j.engine)
}

func profileCommand() *cobra.Command {
	var j jobFlags
	return j.command(&cobra.Command{
		Use:   "profile",
		Short: "Look at a table: quality, roles, bins, and how much each feature tells of the metric",
		Example: `  headwater profile --input customers.csv
  headwater profile --input bank-full.csv --metric y=yes --out profile/`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return j.run(cmd) },
	}, j.input, j.metric, j.out, j.features, j.minimum, j.engine)
}

func searchCommand() *cobra.Command {
	var j jobFlags
	return j.command(&cobra.Command{
		Use:   "search",
		Short: "Count all combinations of features and list the groups",
		Long: `search counts all combinations of features, ranks the groups and says which of
them hold on customers that they were not found on.

With --top only the K best groups by one measure are sought: the same ones, but
combinations that cannot be among them are not counted, and nothing is checked on
unseen customers.`,
		Example: `  headwater search --input customers.csv --metric converted=yes --out out/
  headwater search --input customers.parquet --metric revenue --order 4 --features age,job,city --min-count 500 --all --out out/
  headwater search --input errors.parquet --metric wrong=1 --top 10 --by sliceline --out out/`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			j.config.Search, j.config.Best = true, cmd.Flags().Changed("top")
			if j.config.All && j.config.Best {
				return usage(cmd, fmt.Errorf("--all lists every group and --top the best: give one of them"))
			}
			return j.run(cmd)
		},
	}, j.input, j.metric, j.out, j.features, j.minimum, j.searchUpTo(1), j.evidence, j.every, j.engine)
}

// command adds groups of flags to a command.
func (j *jobFlags) command(cmd *cobra.Command, groups ...func(*pflag.FlagSet)) *cobra.Command {
	j.defaults()
	cmd.Flags().SortFlags = false
	for _, add := range groups {
		add(cmd.Flags())
	}
	return cmd
}

// run settles the flags, runs the job and prints what it found.
func (j *jobFlags) run(cmd *cobra.Command) error {
	var findings *report.Findings
	err := j.apply(cmd, func() (err error) {
		findings, err = coordinator.Run(cmd.Context(), &j.config)
		return err
	})
	if err != nil || j.quiet {
		return err
	}
	return report.Terminal(cmd.OutOrStdout(), findings)
}

// connect gives the job what only the program can: files, workers, a log.
func (j *jobFlags) connect(stderr io.Writer) {
	c := &j.config
	c.Opener = source.Files{}
	c.Log = logger(stderr, false, j.verbose)
	c.Local = func(ctx context.Context, conn *wire.Conn, slots int) error {
		return worker.Run(ctx, worker.Config{Conn: conn, Name: "local", Slots: slots, Version: version, Log: c.Log})
	}
}

// logger logs warnings, and more as asked.
func logger(w io.Writer, info, debug bool) *slog.Logger {
	level := slog.LevelWarn
	switch {
	case debug:
		level = slog.LevelDebug
	case info:
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}
