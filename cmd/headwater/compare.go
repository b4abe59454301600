package main

import (
	"github.com/spf13/cobra"

	"github.com/headwater-dev/headwater/coordinator"
	"github.com/headwater-dev/headwater/coordinator/export"
	"github.com/headwater-dev/headwater/coordinator/report"
	"github.com/headwater-dev/headwater/worker/source"
)

func compareCommand() *cobra.Command {
	var asJSON bool
	c := coordinator.CompareConfig{Opener: source.Files{}}
	cmd := &cobra.Command{
		Use:   "compare A B",
		Short: "Set two segmentations of the same customers beside each other",
		Long: `compare reads the assignments of two finished jobs and says how far they agree
(adjusted Rand index, cross table) and what each explains of the metrics and of
the features, on customers that the means were not taken from. A and B are out
folders, folders of part files with their manifest, or Parquet files with an id
and a column "segment" (whole numbers or text), such as the truth that gen
writes or the segments that are in use; what is explained is read from the table
of A's job.`,
		Example: `  headwater compare segments/ clusters/
  headwater compare segments/ clusters/ --input moved/customers.csv
  headwater compare segments/ customers.truth.parquet
  headwater compare k8/ k9/ --json | jq .adjusted_rand`,
		Args: arguments(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c.A, c.B = args[0], args[1]
			r, err := coordinator.Compare(cmd.Context(), &c)
			if err != nil {
				return err
			}
			if asJSON {
				return export.WriteJSON(cmd.OutOrStdout(), r)
			}
			return report.Compare(cmd.OutOrStdout(), r)
		},
	}
	cmd.Flags().StringArrayVarP(&c.Input.Inputs, "input", "i", nil, "the customers' table, where it is no longer where A's job read it")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}
