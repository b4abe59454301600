package persona

import (
	"cmp"
	"math"
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/partial"
)

// Quartiles is where a numeric feature lies in a segment: the levels that hold
// its quartiles, over the customers that have a number.
type Quartiles struct {
	Feature int     `json:"feature"` // index into Plan.Features
	Name    string  `json:"name"`
	Known   float64 `json:"known"` // share of the segment's customers that have a number
	Low     string  `json:"low"`   // a quarter lies up to the end of this level
	Median  string  `json:"median"`
	High    string  `json:"high"`

	Exact *Distribution `json:"exact,omitempty"` // mean, and quartiles as numbers; nil: they were not counted
}

// quartiles describes the numeric features of a segment of n customers; counts
// are its levels, feature-major. A feature that nobody in it has is left out.
func quartiles(plan *encoder.Plan, counts *partial.Counts, n int64) []Quartiles {
	out := []Quartiles{}
	offsets := encoder.Offsets(plan.Features)
	for f := range plan.Features {
		feature := &plan.Features[f]
		codes := ascending(feature)
		var known int64
		for _, c := range codes {
			known += counts.N[offsets[f]+c]
		}
		if known == 0 {
			continue
		}
		at := func(quarters int64) string {
			var below int64
			for _, c := range codes {
				if below += counts.N[offsets[f]+c]; 4*below >= quarters*known {
					return feature.LevelName(c)
				}
			}
			return ""
		}
		out = append(out, Quartiles{f, feature.Name, float64(known) / float64(n), at(1), at(2), at(3), nil})
	}
	return out
}

// ascending returns the codes of a numeric feature in order of their numbers,
// a single value before the interval that it lies in; none of others.
// *Other* has no place among numbers.
func ascending(f *encoder.Feature) []int {
	if f.Part != "" && f.Part != encoder.AgeDays || f.Kind == encoder.Category {
		return nil
	}
	var codes []int
	for c := 1; c < f.Codes(); c++ {
		if c != int(f.Other) {
			codes = append(codes, c)
		}
	}
	begin := func(c int) float64 {
		l := &f.Levels[c-1]
		if f.Kind == encoder.Discrete {
			x, _ := encoder.ParseNumber(l.Value)
			return x
		}
		if l.Low == nil {
			return math.Inf(-1)
		}
		return *l.Low
	}
	end := func(c int) float64 {
		if l := &f.Levels[c-1]; l.High != nil {
			return *l.High
		}
		return math.Inf(1)
	}
	slices.SortStableFunc(codes, func(a, b int) int {
		return cmp.Or(cmp.Compare(end(a), end(b)), cmp.Compare(begin(a), begin(b)))
	})
	return codes
}
