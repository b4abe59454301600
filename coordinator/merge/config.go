// Package merge turns customers into the few segments a business can own: it
// chooses the features whose combinations tell the metric apart, merges their
// cells bottom-up, and puts every segment into rules.
package merge

import (
	"context"
	"errors"
	"fmt"
)

// Config says how segments are made. The zero value asks for the defaults.
type Config struct {
	Features   []int   `json:"features,omitempty"` // features that may be crossed; nil = all of the plan
	Cross      []int   `json:"cross,omitempty"`    // crossed features named by the user; nil = choose
	Beside     [][]int `json:"beside,omitempty"`   // other sets of features: what crossing them would explain is told beside
	Doubted    []int   `json:"doubted,omitempty"`  // features of which it is told, where any is crossed, what is explained without them
	KMin       int     `json:"k_min"`              // fewest segments to look for, 6
	KMax       int     `json:"k_max"`              // most segments to look for, 10
	K          int     `json:"k,omitempty"`        // fixed number of segments; 0 = choose in KMin..KMax
	Lambda     float64 `json:"lambda"`             // weight of the metric against the profile, in (0, 1]; 0 = 0.5, or more where the metric would drown, see weigh
	MinCell    int64   `json:"min_cell"`           // cells of fewer customers are folded into others; 30: a rate from fewer says little
	MinSegment float64 `json:"min_segment"`        // smallest share of customers in a segment, 0.01
	MaxCells   int     `json:"max_cells"`          // most cells of a crossing: 30,000 where features are chosen, which are merged exactly; 1,000,000 where they are named, at some 200 bytes a cell and metric in every worker slot
	Bootstraps int     `json:"bootstraps"`         // draws of the customers that say how stable a number of segments is, 50
	MaxCross   int     `json:"max_cross"`          // most features chosen to be crossed, 6: rules of more are not read
}

// withDefaults fills in what was left at zero.
func (c Config) withDefaults() Config {
	or(&c.KMin, 6)
	or(&c.KMax, max(10, c.KMin))
	or(&c.MinCell, 30)
	or(&c.Bootstraps, bootstraps)
	or(&c.MinSegment, 0.01)
	if len(c.Cross) > 0 {
		or(&c.MaxCells, maxCells)
	}
	or(&c.MaxCells, exactPoints)
	or(&c.MaxCross, 6)
	return c
}

// fewest returns the fewest segments that are wanted.
func (c *Config) fewest() int {
	if c.K > 0 {
		return c.K
	}
	return c.KMin
}

// numbers returns the fewest and the most clusters of so many points that are
// looked at.
func (c *Config) numbers(points int) (lo, hi int) {
	lo, hi = c.KMin, c.KMax
	if c.K > 0 {
		lo, hi = c.K, c.K
	}
	return min(lo, points), min(hi, points)
}

func or[T comparable](p *T, value T) {
	var zero T
	if *p == zero {
		*p = value
	}
}

// maxCross bounds the features that are chosen to be crossed: rules of more are
// not read.
const maxCross = 7

// maxNamed bounds the features that somebody names to be crossed: with one more
// beside them their keys, see partial.CellKeys, fit whatever their codes.
const maxNamed = 14

// maxCells bounds the cells of a crossing.
const maxCells = 1_000_000

// Validate reports everything that is wrong with c for a plan of so many features.
func (c Config) Validate(features int) error {
	c = c.withDefaults()
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.KMin < 1 || c.KMax < c.KMin || c.KMax > maxSegments {
		bad("segments from %d to %d: ask for 1 ≤ from ≤ to ≤ %d", c.KMin, c.KMax, maxSegments)
	}
	if c.K < 0 || c.K > maxSegments {
		bad("%d segments: ask for 1 to %d", c.K, maxSegments)
	}
	if !(c.Lambda >= 0 && c.Lambda <= 1) {
		bad("lambda %v: it lies above 0 and at most at 1, or is 0 to be chosen", c.Lambda)
	}
	if c.MinCell < 1 {
		bad("smallest cell of %d customers: ask for 1 or more", c.MinCell)
	}
	if !(c.MinSegment > 0 && c.MinSegment <= 0.5) {
		bad("smallest segment of share %v: it lies above 0 and at most at 0.5", c.MinSegment)
	}
	if c.MaxCells < 1 || c.MaxCells > maxCells {
		bad("at most %d cells: ask for 1 to %d", c.MaxCells, maxCells)
	}
	if c.Bootstraps < 1 || c.Bootstraps > 1000 {
		bad("%d bootstraps: ask for 1 to 1000", c.Bootstraps)
	}
	if c.MaxCross < 1 || c.MaxCross > maxCross {
		bad("crossing up to %d features: 1 to %d can be chosen", c.MaxCross, maxCross)
	}
	if len(c.Cross) > maxNamed {
		bad("crossing %d features: 1 to %d can be named", len(c.Cross), maxNamed)
	}
	for _, list := range append([][]int{c.Features, c.Cross, c.Doubted}, c.Beside...) {
		seen := map[int]bool{}
		for _, f := range list {
			if f < 0 || f >= features {
				bad("feature %d is not among %d", f, features)
			}
			if seen[f] {
				bad("feature %d is named twice", f)
			}
			seen[f] = true
		}
	}
	return errors.Join(errs...)
}

// maxSegments bounds the number of segments.
const maxSegments = 200

// Shards runs a shard op over all resident shards of the job. Accept is called
// for one answer at a time, in any order.
type Shards interface {
	OverShards(ctx context.Context, op string, params any, accept func(answer []byte) error) error
}
