package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/headwater-dev/headwater/coordinator"
)

func whyCommand() *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use:   "why GROUP|RANK --from OUT",
		Short: "Explain a finding: how its rule gets there, how it was checked, what to make of it",
		Example: `  headwater why 1 --from out/
  headwater why 'housing=no & month=apr' --from out/`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if from == "" {
				return usage(cmd, errors.New("--from is missing: name the out folder of a run or search"))
			}
			return coordinator.Why(cmd.OutOrStdout(), from, args[0])
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "out folder of a finished job")
	return cmd
}
