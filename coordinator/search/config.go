package search

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// The orders that can be searched, and the one that is unless asked.
// Candidates multiply with every order; beyond six items nobody acts on a rule.
const (
	DefaultOrder = 3
	MaxOrder     = 6
)

// Config says which groups are searched.
type Config struct {
	Order    int     // highest order, 1–6; 0 = DefaultOrder
	MinCount int64   // groups of fewer rows are not listed; 0 = no such bound
	MinShare float64 // the same as a share of all rows, 0–1
	Features []int   // indexes into Plan.Features that groups are made of; nil = all
}

// Validate reports every problem of c.
func (c *Config) Validate(plan *encoder.Plan) error {
	var errs []error
	if c.Order < 0 || c.Order > MaxOrder {
		errs = append(errs, fmt.Errorf("--order %d: orders 1 to %d can be searched", c.Order, MaxOrder))
	}
	if c.MinCount < 0 {
		errs = append(errs, fmt.Errorf("--min-count %d: a group has no negative number of rows", c.MinCount))
	}
	if !(c.MinShare >= 0 && c.MinShare <= 1) {
		errs = append(errs, fmt.Errorf("--min-share %v: a share lies between 0 and 1 (0.01 is one percent)", c.MinShare))
	}
	seen := make([]bool, len(plan.Features))
	for _, f := range c.Features {
		switch {
		case f < 0 || f >= len(plan.Features):
			errs = append(errs, fmt.Errorf("feature number %d: there are %d features", f, len(plan.Features)))
		case seen[f]:
			errs = append(errs, fmt.Errorf("feature %q is listed twice", plan.Features[f].Name))
		default:
			seen[f] = true
		}
	}
	return errors.Join(errs...)
}

// order returns the highest order.
func (c *Config) order() int { return cmp.Or(c.Order, DefaultOrder) }

// Minimum returns how many rows a group needs to be listed when there are n
// rows: at least one, MinCount, and MinShare of n, rounded up. The share
// counts as the decimal number that the user wrote: 0.07 of 100 rows are 7,
// though 0.07·100 exceeds 7 in binary.
func (c *Config) Minimum(n int64) int64 {
	least := max(1, c.MinCount)
	if math.IsNaN(c.MinShare) || c.MinShare <= 0 {
		return least
	}
	share, ok := new(big.Rat).SetString(strconv.FormatFloat(c.MinShare, 'g', -1, 64))
	if !ok {
		return least
	}
	rows := share.Mul(share, new(big.Rat).SetInt64(n))
	up, rest := new(big.Int).QuoRem(rows.Num(), rows.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		up.Add(up, big.NewInt(1))
	}
	return max(least, up.Int64())
}
