package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/headwater-dev/headwater/coordinator"
	"github.com/headwater-dev/headwater/coordinator/report"
)

func recheckCommand() *cobra.Command {
	var j jobFlags
	return j.command(&cobra.Command{
		Use:   "recheck OUT",
		Short: "Hold the findings and segments of a finished job against newer data",
		Long: `recheck reads the out folder of a finished run, search, segment or kmeans, counts its
findings and segments on another table with the same columns, and says of each
whether it held, weakened, is gone, or has too few customers to say; and of each
feature how far it has drifted. The finished job's folder is not changed.

docs/recheck.md has the definitions.`,
		Example: `  headwater recheck out/ --input july.parquet
  headwater recheck out/ --input 'july/*.csv' --out july-recheck/`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(j.config.Input.Inputs) == 0 {
				return usage(cmd, errors.New("no input: name the newer table with --input"))
			}
			var found *report.Recheck
			err := j.apply(cmd, func() (err error) {
				found, err = coordinator.Recheck(cmd.Context(), &j.config, args[0])
				return err
			})
			if err != nil || j.quiet {
				return err
			}
			return report.TerminalRecheck(cmd.OutOrStdout(), found)
		},
	}, j.input, j.place, j.engine)
}
