package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/headwater-dev/headwater/coordinator"
	"github.com/headwater-dev/headwater/coordinator/report"
)

func segmentCommand() *cobra.Command {
	var j jobFlags
	var from string
	cmd := j.command(&cobra.Command{
		Use:   "segment",
		Short: "Merge the customers into 6–10 segments with rules and personas, and assign them",
		Long: `segment crosses the features that tell the metric apart, merges their cells
bottom-up into 6–10 segments with rules and personas, and assigns every
customer to one.

With --from it makes another number of segments out of the cells and the
dendrogram that an earlier job left in its out folder, in an instant and
without the table. They are shown, and with --out written: all that a job of
segments leaves but the assignments, and but what has to be measured on
customers held out.`,
		Example: `  headwater segment --input customers.csv --metric converted=yes --out out/
  headwater segment --input customers.csv --metric revenue --cross age,city,plan --k 8 --out out/
  headwater segment --from out/ --k 7
  headwater segment --from out/ --k-min 10 --k-max 15 --out finer/`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("from") {
				return j.recut(cmd, from)
			}
			j.config.Segment = true
			return j.run(cmd)
		},
	}, j.input, j.metric, j.out, j.features, j.minimum, j.segments, j.engine)
	cmd.Flags().StringVar(&from, "from", "", "out folder of a finished job: segments from its cells instead of a table")
	return cmd
}

// recut makes other segments from what an earlier job kept.
func (j *jobFlags) recut(cmd *cobra.Command, from string) error {
	allowed := []string{"from", "k", "k-min", "k-max", "out", "force", "lang", "quiet"}
	var errs []error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains(allowed, f.Name) {
			errs = append(errs, fmt.Errorf("--%s has no place beside --from, which takes all but the number of segments from the earlier job", f.Name))
		}
	})
	if from == "" {
		errs = append(errs, errors.New("--from names no folder"))
	}
	c := &j.config
	errs = append(errs, c.CheckSegments())
	if err := errors.Join(errs...); err != nil {
		return usage(cmd, err)
	}
	found, err := coordinator.Recut(cmd.Context(), &coordinator.RecutConfig{
		From: from, K: c.K, KMin: c.KMin, KMax: c.KMax, Out: c.Out, Force: c.Force, Lang: c.Lang, Version: version,
	})
	if err != nil || j.quiet {
		return err
	}
	return report.Terminal(cmd.OutOrStdout(), found)
}
