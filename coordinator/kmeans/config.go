// Package kmeans clusters customers top-down: it lays out the space, seeds,
// iterates to a fixed point, chooses the number of clusters, and explains them
// by a tree over features.
package kmeans

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// How coordinates are scaled.
const (
	Standard = "standard" // standard deviation 1
	Robust   = "robust"   // interquartile range as that of a normal distribution of standard deviation 1
	None     = "none"     // as they are
)

// Config says how customers are clustered.
type Config struct {
	KMin       int                `json:"k_min"`
	KMax       int                `json:"k_max"`
	Scaling    string             `json:"scaling"`             // Standard, Robust or None
	Weights    map[string]float64 `json:"weights,omitempty"`   // by column: what its squared distances count, 1 unless given
	OneHot     []string           `json:"one_hot,omitempty"`   // numeric columns that take part by their levels
	Starts     int                `json:"starts"`              // runs from different seeds, of which the best is taken
	Iterations int                `json:"iterations"`          // most of a run
	Tolerance  float64            `json:"tolerance"`           // a run ends when the inertia falls by less than this share; 0 = at the fixed point
	InitRows   []int64            `json:"init_rows,omitempty"` // rows to start from, instead of seeding, counted from 0
	MinCluster float64            `json:"min_cluster"`         // smallest cluster of a chosen k, as a share of the customers
	Seed       uint64             `json:"seed"`
}

// Default is the config that needs no argument.
func Default() Config {
	return Config{KMin: 8, KMax: 8, Scaling: Standard, Starts: 10, Iterations: 300, Tolerance: 1e-6, MinCluster: 0.01}
}

// maxK bounds the number of clusters.
const maxK = 4096

// Validate reports every problem at once.
func (c *Config) Validate() error {
	var errs []error
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.KMin < 1 || c.KMax < c.KMin || c.KMax > maxK {
		problem("--k %d..%d: the number of clusters is from 1 to %d, the lower bound first", c.KMin, c.KMax, maxK)
	}
	if !slices.Contains([]string{Standard, Robust, None}, c.Scaling) {
		problem("--scale %q is not one of %s, %s, %s", c.Scaling, Standard, Robust, None)
	}
	for _, column := range sortedKeys(c.Weights) {
		if w := c.Weights[column]; !(w > 0 && w <= 1e6) {
			problem("--feature-weight %s=%v: a weight is above 0 and at most 1,000,000; leave a column out with --exclude", column, w)
		}
	}
	if c.Starts < 1 || c.Starts > 1000 {
		problem("--starts %d is not between 1 and 1000", c.Starts)
	}
	if c.Iterations < 1 {
		problem("--iterations %d is less than 1", c.Iterations)
	}
	if !(c.Tolerance >= 0 && c.Tolerance < 1) {
		problem("--tolerance %v is not between 0 and 1", c.Tolerance)
	}
	if n := len(c.InitRows); n > 0 {
		if c.KMin != c.KMax || n != c.KMin {
			problem("--init-rows names %d rows for --k %s: give one row for each cluster of a single k", n, c.kText())
		}
		sorted := slices.Sorted(slices.Values(c.InitRows))
		if len(slices.Compact(sorted)) < n {
			problem("--init-rows names a row twice")
		}
		if sorted[0] < 0 {
			problem("--init-rows %d: rows are counted from 0", sorted[0])
		}
	}
	return errors.Join(errs...)
}

// A table of sampleFrom rows has its starts tried on one row in eight, if that
// leaves sampledCluster rows for each cluster.
const (
	sampleFrom     = 200_000
	sampledCluster = 100
)

// Samples says whether starts need no more than a sample of so many rows.
func (c *Config) Samples(rows int64) bool {
	return rows >= sampleFrom && rows/8 >= sampledCluster*int64(c.KMax)
}

func (c *Config) kText() string {
	if c.KMin == c.KMax {
		return fmt.Sprint(c.KMin)
	}
	return fmt.Sprintf("%d..%d", c.KMin, c.KMax)
}

// Shards runs ops over the resident shards; *engine.Engine is one.
type Shards interface {
	OverShards(ctx context.Context, op string, params any, accept func(answer []byte) error) error
}
