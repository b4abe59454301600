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
		Short: "Make a table of customers with planted groups, segments or clusters",
		Long: `gen makes customers with traits, missing values, a yes/no metric (responded) and
a money metric (revenue), and plants in them what is to be found again:

  groups    six niche groups of bank customers whose odds of responding differ
  segments  seven segments of bank customers: rules that put everybody in
            exactly one, each with a rate of its own
  clusters  six kinds of shoppers: normal numbers and shares of levels that
            flow into each other

What was planted is written to a .truth.json file beside the table, and who is
in which segment or cluster to a .truth.parquet file, which compare reads. The
same rows, features, plant and seed make the same bytes.`,
		Example: `  headwater gen --rows 1m --out customers.parquet
  headwater gen --rows 10m --features 20 --seed 1 --out customers.csv.zst
  headwater gen --rows 10m --plant segments --out customers.parquet
  headwater segment --input customers.parquet --metric responded=yes --exclude revenue --lambda 1 --out found/
  headwater compare found/ customers.truth.parquet`,
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
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %d customers, %s; the truth is in %s\n",
					c.Out, truth.Rows, plantedIn(truth), synthetic.TruthPath(c.Out))
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&rows, "rows", "1m", "customers: 100000, 100k, 10m, 1b")
	f.StringVar((*string)(&c.Plant), "plant", string(synthetic.PlantGroups), "what is to be found again: groups, segments or clusters")
	f.IntVar(&c.Features, "features", 20, "traits beside id and metrics")
	f.Uint64Var(&c.Seed, "seed", 1, "seed of every random choice")
	f.StringVarP(&c.Out, "out", "o", "", "file to write: .parquet, .csv, .csv.gz, .csv.zst or .arrow")
	f.BoolVarP(&quiet, "quiet", "q", false, "no progress and no summary")
	return cmd
}

// plantedIn says what a table hides.
func plantedIn(truth *synthetic.Truth) string {
	switch {
	case truth.Segments != nil:
		return fmt.Sprintf("%d planted segments, who is in which in %s", len(truth.Segments), truth.Members)
	case truth.Clusters != nil:
		return fmt.Sprintf("%d planted clusters, who is in which in %s", len(truth.Clusters), truth.Members)
	}
	return fmt.Sprintf("%d planted groups", len(truth.Planted))
}
