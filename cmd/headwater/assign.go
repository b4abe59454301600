package main

import (
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/headwater-dev/headwater/coordinator"
	"github.com/headwater-dev/headwater/coordinator/report"
)

func assignCommand() *cobra.Command {
	var j jobFlags
	var a coordinator.AssignConfig
	var id string
	cmd := j.command(&cobra.Command{
		Use:   "assign",
		Short: "Send every customer of a table to a segment of a model",
		Long: `assign reads the model.json of a finished run, segment or kmeans and sends every row of
a table, the job's own or a newer one, to its segment: part files as run makes
them, with the rule that each customer falls under or its distance from the cluster's
centre, if asked for a file per segment with its customers, and how far the table
has drifted from that of the model. Only the columns that decide, and the id, are
read.

To a bucket (--out s3://BUCKET/PREFIX/) workers upload the parts themselves; keys
are those of AWS_ACCESS_KEY_ID and so on, the server that of AWS_ENDPOINT_URL.

docs/assign.md has the details.`,
		Example: `  headwater assign --model out/model.json --input customers-july.parquet --out july/
  headwater assign --model out/model.json --input 'july/*.csv' --id customer_id --audiences csv --out july/
  headwater assign --model out/model.json --input 'july/*.parquet' --nats nats://nats:4222 --out s3://customers/july/`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("id") {
				a.ID = &id
			}
			err := a.Validate()
			if len(j.config.Input.Inputs) == 0 {
				err = errors.Join(err, errors.New("no input: name the table with --input"))
			}
			if j.config.Out == "" {
				err = errors.Join(err, errors.New("no out folder: name one with --out"))
			}
			if err != nil {
				return usage(cmd, err)
			}
			var assigned *report.Assignment
			err = j.apply(cmd, func() (err error) {
				assigned, err = coordinator.Assign(cmd.Context(), &j.config, a)
				return err
			})
			if err != nil || j.quiet {
				return err
			}
			return report.TerminalAssign(cmd.OutOrStdout(), assigned)
		},
	}, func(f *pflag.FlagSet) {
		f.StringVar(&a.Model, "model", "", "model.json of a finished job")
	}, j.input, j.place, func(f *pflag.FlagSet) {
		f.StringVar(&id, "id", "", "id column; '' knows rows by file and number (default: that of the model)")
		f.StringVar(&a.Audiences, "audiences", "", "csv or parquet: also write a file per segment with its customers")
	}, j.engine)
	return cmd
}
