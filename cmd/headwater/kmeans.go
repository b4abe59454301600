package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/headwater-dev/headwater/coordinator/kmeans"
)

func kmeansCommand() *cobra.Command {
	j := jobFlags{}
	c := kmeans.Default()
	var k string
	var weights []string
	flags := func(f *pflag.FlagSet) {
		f.StringVar(&k, "k", "8", "number of clusters, or a range to choose from: 2..12")
		f.StringVar(&c.Scaling, "scale", c.Scaling, "numbers: standard (deviation 1), robust (median and quartiles) or none")
		f.StringArrayVar(&weights, "feature-weight", nil, "column=2: its squared distances count twice; may be repeated")
		f.StringSliceVar(&c.OneHot, "one-hot", nil, "numeric columns that take part by their levels, comma-separated")
		f.IntVar(&c.Starts, "starts", c.Starts, "runs from different seeds, side by side; the best is taken")
		f.IntVar(&c.Iterations, "iterations", c.Iterations, "most iterations of a run")
		f.Float64Var(&c.Tolerance, "tolerance", c.Tolerance, "a run ends when the inertia falls by less than this share (0: when nothing changes)")
		f.Int64SliceVar(&c.InitRows, "init-rows", nil, "rows to start from instead of seeds, comma-separated, counted from 0")
		f.Float64Var(&c.MinCluster, "min-cluster", c.MinCluster, "of a range: smallest cluster, as a share of the customers")
	}
	return j.command(&cobra.Command{
		Use:   "kmeans",
		Short: "Cluster the customers top-down with k-means, explain the clusters and assign everybody",
		Long: `kmeans clusters the customers by their traits. Numbers are standardised, other
features count by their levels, each feature about alike. Metrics take no part;
they are shown for every cluster. Features that give a yes/no metric away are
left out (--keep brings them back). The result is the same to the last bit for
any number of workers, any size of shards and on every processor.`,
		Example: `  headwater kmeans --input customers.csv --k 8 --out clusters/
  headwater kmeans --input customers.parquet --metric revenue --k 2..12 --scale robust --out clusters/
  headwater kmeans --input customers.csv --features age,balance,job --feature-weight age=2 --out clusters/
  headwater compare clusters/ segments/`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if c.KMin, c.KMax, err = kRange(k); err != nil {
				return usage(cmd, err)
			}
			if c.Weights, err = numbersByColumn(weights); err != nil {
				return usage(cmd, err)
			}
			if n := len(c.InitRows); n > 0 && !cmd.Flags().Changed("k") {
				c.KMin, c.KMax = n, n
			}
			c.Seed = j.config.Seed
			j.config.KMeans = &c
			return j.run(cmd)
		},
	}, j.input, j.metric, j.out, flags, j.features, j.minimum, j.engine)
}

// kRange reads "8" or "2..12".
func kRange(s string) (low, high int, err error) {
	from, to, isRange := strings.Cut(s, "..")
	if !isRange {
		to = from
	}
	low, err1 := strconv.Atoi(strings.TrimSpace(from))
	high, err2 := strconv.Atoi(strings.TrimSpace(to))
	if err := errors.Join(err1, err2); err != nil {
		return 0, 0, fmt.Errorf("--k %q: write a number such as 8, or a range such as 2..12", s)
	}
	return low, high, nil
}

// numbersByColumn reads "column=2" items.
func numbersByColumn(items []string) (map[string]float64, error) {
	texts, err := pairs(items, "=", "--feature-weight", "income=2")
	if err != nil {
		return nil, err
	}
	numbers := map[string]float64{}
	for column, text := range texts {
		if numbers[column], err = strconv.ParseFloat(text, 64); err != nil {
			return nil, &flagError{"--feature-weight", column + "=" + text, "income=2"}
		}
	}
	return numbers, nil
}
