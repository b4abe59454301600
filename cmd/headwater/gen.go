package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/headwater-dev/headwater/coordinator/engine"
	"github.com/headwater-dev/headwater/worker/source/synthetic"
)

func genCommand() *cobra.Command {
	var rows string
	var quiet bool
	c := synthetic.Config{}
	cmd := &cobra.Command{
		Use:   "gen",
		Short: "Make a table of bank-like customers with planted niche groups",
		Long: `gen makes customers with traits, contact history, missing values, a yes/no
metric (responded) and a money metric (revenue), and plants niche groups in
them. What was planted is written to a .truth.json file beside the table. The
same rows, features and seed make the same bytes.`,
		Example: `  headwater gen --rows 1m --out customers.parquet
  headwater gen --rows 10m --features 20 --seed 1 --out customers.csv.zst`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var errs [2]error
			c.Rows, errs[0] = synthetic.ParseRows(rows)
			if errs[0] == nil {
				errs[1] = c.Validate()
			}
			if err := errors.Join(errs[:]...); err != nil {
				return usage(cmd, err)
			}
			if !quiet {
				p := newProgress(cmd.ErrOrStderr())
				defer p.done()
				c.Progress = func(done int64) {
					p.update(engine.Progress{Stage: "generate", Done: done, Total: c.Rows})
				}
			}
			truth, err := synthetic.Write(cmd.Context(), c)
			if err != nil {
				return err
			}
			if !quiet {
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %d customers, %d planted groups; the truth is in %s\n",
					c.Out, truth.Rows, len(truth.Planted), synthetic.TruthPath(c.Out))
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&rows, "rows", "1m", "customers: 100000, 100k, 10m, 1b")
	f.IntVar(&c.Features, "features", 20, "traits beside id and metrics")
	f.Uint64Var(&c.Seed, "seed", 1, "seed of every random choice")
	f.StringVarP(&c.Out, "out", "o", "", "file to write: .parquet, .csv, .csv.gz, .csv.zst or .arrow")
	f.BoolVarP(&quiet, "quiet", "q", false, "no progress and no summary")
	return cmd
}
