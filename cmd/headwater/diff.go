package main

import (
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/headwater-dev/headwater/coordinator"
	"github.com/headwater-dev/headwater/coordinator/contrast"
	"github.com/headwater-dev/headwater/coordinator/report"
)

func diffCommand() *cobra.Command {
	var j jobFlags
	var split contrast.Split
	return j.command(&cobra.Command{
		Use:   "diff A B | diff --input TABLE --split-by COLUMN",
		Short: "Compare two periods, channels or arms: which groups differ most, in share and in the metric",
		Long: `diff compares two tables of the same columns, or two parts of one table: on
which groups did the metric change otherwise than on everybody else, and which
groups are a larger or smaller part of B than of A. What is listed was found on
60 % of the customers and held on the other 40 %. Without --metric only the mix
is compared; without --out there is a summary only.

A difference is an effect of B only if customers were assigned to the sides at
random, as in an A/B test.`,
		Example: `  headwater diff june.parquet july.parquet --metric revenue --out diff/
  headwater diff --input test.csv --split-by arm --a control --b mail --metric visit=1 --exclude spend
  headwater diff --input customers.csv --split-by signup_date --at 2026-07-01 --metric churned=yes`,
		Args: arguments(cobra.MaximumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			sides := coordinator.Sides{Split: split}
			switch {
			case len(args) == 1:
				return usage(cmd, errors.New("a second table is missing: name A and B, or --input and --split-by"))
			case len(args) == 2 && len(j.config.Input.Inputs) > 0:
				return usage(cmd, errors.New("two tables are the input already: name them, or --input and --split-by"))
			case len(args) == 2:
				var err error
				if sides, j.config.Input.Inputs, err = coordinator.FileSides(args[0], args[1]); err != nil {
					return err
				}
				sides.Split = split
			}
			if err := errors.Join(sides.Validate(), j.config.Evidence.Validate()); err != nil {
				return usage(cmd, err)
			}
			return j.apply(cmd, func() error {
				found, err := coordinator.Diff(cmd.Context(), &j.config, sides)
				if err != nil || j.quiet {
					return err
				}
				return report.Difference(cmd.OutOrStdout(), found)
			})
		},
	}, j.input, func(f *pflag.FlagSet) {
		f.StringVar(&split.Column, "split-by", "", "column that tells A from B")
		f.StringVar(&split.A, "a", "", "value of the column on A (default: the two most frequent values)")
		f.StringVar(&split.B, "b", "", "value of the column on B")
		f.StringVar(&split.At, "at", "", "number or date that cuts the column: A is below it, B from there on")
	}, j.metric, j.place, j.features, j.minimum, j.differences, j.engine)
}

// differences adds what counts as a difference.
func (j *jobFlags) differences(f *pflag.FlagSet) {
	c, e := &j.config, &j.config.Evidence
	*e = contrast.Default()
	f.IntVarP(&c.Order, "order", "L", 3, "longest combination of features, 1 to 6")
	f.IntVar(&c.Top, "top", contrast.Top, "differences listed of each metric, and of the mix")
	f.StringVar(&c.Direction, "direction", "both", "up, down or both: groups that rose or fell against all others")
	f.Int64Var(&e.MinCount, "finding-count", e.MinCount, "smallest group, in customers of each side that it is found on")
	f.Float64Var(&e.Sigma, "min-sigma", e.Sigma, "least distance of a change from that of all others, in standard deviations of the metric")
	f.Float64Var(&e.Odds, "min-odds", e.Odds, "mix: least odds ratio of a group's share on B to that on A (or its inverse)")
	f.Float64Var(&e.Z, "parent-z", e.Z, "least z of a change against that of all others, and of each shorter rule's other customers")
	f.Float64Var(&e.GainSigma, "parent-sigma", e.GainSigma, "least distance from these, in standard deviations")
	f.Float64Var(&e.Gain, "parent-gain", e.Gain, "mix: least odds ratio against these")
	f.Float64Var(&e.Same, "same", e.Same, "overlap (Jaccard) from which two rules are of the same customers")
	f.Float64Var(&e.Overlap, "max-overlap", e.Overlap, "part of a group that one before it may cover")
	f.IntVar(&e.Candidates, "candidates", e.Candidates, "groups, best first, that are thinned to those taken to confirmation")
	f.Float64Var(&e.FDR, "fdr", e.FDR, "false discovery rate on the customers held back")
}
