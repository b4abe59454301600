package persona

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// Traits returns the traits of groups, which may overlap: of counts the number
// of customers of each, and of those of its levels, are read. Levels are the
// counts of wire.OpLevels over all customers.
func Traits(plan *encoder.Plan, counts *partial.Segments, levels *partial.Counts) [][]Trait {
	return traits(plan, counts, levels)
}

// traits returns each segment's traits, the strongest effects first.
func traits(plan *encoder.Plan, counts *partial.Segments, levels *partial.Counts) [][]Trait {
	offsets := encoder.Offsets(plan.Features)
	rows := levels.N[len(levels.N)-1]
	out := make([][]Trait, len(counts.All.N))
	var p []float64
	for s, n := range counts.All.N {
		if n == 0 || n == rows {
			continue // nobody, or no one to differ from
		}
		for f := range plan.Features {
			for code := range plan.Features[f].Codes() {
				at := offsets[f] + code
				if levels.N[at] == rows || float64(levels.N[at]) < MinBase*float64(rows) {
					continue
				}
				t := compare(counts.Levels[s].N[at], n, levels.N[at], rows)
				t.Feature, t.Code, t.Name, t.Level = f, code, plan.Features[f].Name, plan.Features[f].LevelName(code)
				out[s] = append(out[s], t)
				p = append(p, t.P)
			}
		}
	}
	limit := threshold(p)
	for s := range out {
		out[s] = slices.DeleteFunc(out[s], func(t Trait) bool { return t.P > limit || math.Abs(t.H) < MinEffect })
		slices.SortStableFunc(out[s], func(a, b Trait) int { return cmp.Compare(math.Abs(b.H), math.Abs(a.H)) })
	}
	return out
}

// compare sets a level's share in a segment, k of n, against that among all,
// K of N. P is that of the normal approximation to drawing the segment at
// random from all customers.
func compare(k, n, K, N int64) Trait {
	share, all := float64(k)/float64(n), float64(K)/float64(N)
	t := Trait{
		Share: share, All: all, TGI: 100 * share / all,
		H: 2 * (math.Asin(math.Sqrt(share)) - math.Asin(math.Sqrt(all))), P: 1,
	}
	variance := all * (1 - all) / float64(n) * (float64(N-n) / float64(max(1, N-1)))
	if variance > 0 {
		t.P = 2 * distuv.UnitNormal.Survival(math.Abs(share-all)/math.Sqrt(variance))
	}
	return t
}

// threshold returns the largest p that Benjamini and Hochberg's procedure
// accepts at FalseRate; −1 = none.
func threshold(p []float64) float64 {
	sorted := slices.Sorted(slices.Values(p))
	for i := len(sorted) - 1; i >= 0; i-- {
		if sorted[i] <= FalseRate*float64(i+1)/float64(len(sorted)) {
			return sorted[i]
		}
	}
	return -1
}
