package merge

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// The choice by profile crosses up to profileCross of the first profileTries
// features, as long as profileCovered of the customers stay in cells that are
// large enough.
const (
	profileCross   = 3
	profileTries   = 8
	profileCovered = 0.9
)

// byProfile chooses features where none predicts the metric: the most evenly
// spread and most complete ones first.
func (l *ledger) byProfile(ctx context.Context, features []int, levels *partial.Counts, minCell int64) ([]int, error) {
	order := slices.Clone(features)
	spread := spreads(l.plan, levels)
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(spread[b], spread[a]) })
	chosen := []int{}
	for _, f := range order[:min(len(order), profileTries)] {
		next := append(slices.Clone(chosen), f)
		if err := l.count(ctx, [][]int{next}); err != nil {
			return nil, err
		}
		if c := l.get(next); c != nil && c.covered(minCell) >= profileCovered {
			chosen = next
		}
		if len(chosen) == profileCross {
			break
		}
	}
	if len(chosen) == 0 && len(order) > 0 && l.get(order[:1]) != nil {
		chosen = order[:1]
	}
	return chosen, l.count(ctx, [][]int{chosen})
}

// covered returns the share of customers in cells of at least minCell.
func (c *crossing) covered(minCell int64) float64 {
	var large, all int64
	for cell := range c.cells() {
		var n int64
		for e := c.start[cell]; e < c.start[cell+1]; e++ {
			n += c.n[e]
		}
		all += n
		if n >= minCell {
			large += n
		}
	}
	return float64(large) / float64(max(1, all))
}

// spreads returns, for each feature, the normalised entropy of its levels times
// the share of customers on which it is not missing.
func spreads(plan *encoder.Plan, levels *partial.Counts) []float64 {
	out := make([]float64, len(plan.Features))
	at := 0
	for f := range plan.Features {
		n := levels.N[at : at+plan.Features[f].Codes()]
		at += len(n)
		known, occupied := int64(0), 0
		for _, x := range n[1:] {
			known += x
			if x > 0 {
				occupied++
			}
		}
		if occupied < 2 {
			continue
		}
		entropy := 0.0
		for _, x := range n[1:] {
			if x > 0 {
				p := float64(x) / float64(known)
				entropy -= float64(p * math.Log(p))
			}
		}
		out[f] = entropy / math.Log(float64(occupied)) * (float64(known) / float64(known+n[encoder.Missing]))
	}
	return out
}

// varying returns the features of which more than one code occurs.
func varying(plan *encoder.Plan, levels *partial.Counts, features []int) []int {
	var out []int
	offset := make([]int, len(plan.Features)+1)
	for f := range plan.Features {
		offset[f+1] = offset[f] + plan.Features[f].Codes()
	}
	for _, f := range features {
		occupied := 0
		for _, x := range levels.N[offset[f]:offset[f+1]] {
			if x > 0 {
				occupied++
			}
		}
		if occupied > 1 {
			out = append(out, f)
		}
	}
	return out
}
