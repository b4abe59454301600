package evidence

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/headwater-dev/headwater/coordinator/sample"
	"github.com/headwater-dev/headwater/worker/encoder"
	"github.com/headwater-dev/headwater/worker/wire"
)

// ByTime is how a finding and everybody fared, period by period, the earliest
// first.
type ByTime struct {
	Feature int      `json:"feature"` // index into Plan.Features
	Name    string   `json:"name"`    // of the feature
	Periods []Period `json:"periods"`
}

// Period is one level of the feature of time.
type Period struct {
	Level string   `json:"level"`
	N     int64    `json:"n"`    // the finding's customers
	Mean  *float64 `json:"mean"` // of these
	All   *float64 `json:"all"`  // of everybody in the period
}

// timeFeature returns a feature that tells when: the age of a date, else its
// month, else a column of months; not one that the rule tests. −1 = none.
func timeFeature(features []encoder.Feature, rule []wire.Item) int {
	best, rank := -1, 0
	for i := range features {
		f := &features[i]
		if slices.ContainsFunc(rule, func(item wire.Item) bool { return item.Feature == i }) {
			continue
		}
		r := 0
		switch {
		case f.Part == encoder.AgeDays:
			r = 3
		case f.Part == encoder.Month:
			r = 2
		case f.Part == "" && f.Kind == encoder.Category && ofMonths(f):
			r = 1
		}
		if r > rank {
			best, rank = i, r
		}
	}
	return best
}

// ofMonths reports whether a feature's levels are months, at least three.
func ofMonths(f *encoder.Feature) bool {
	months := 0
	for i := range f.Levels {
		if uint8(i+1) == f.Other {
			continue
		}
		if monthOf(f.Levels[i].Value) < 0 {
			return false
		}
		months++
	}
	return months >= 3
}

// monthOf returns the place of a month's English name or its first three
// letters, from 0; −1 = it is none.
func monthOf(name string) int {
	full := [12]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
	name = strings.ToLower(name)
	return slices.IndexFunc(full[:], func(month string) bool { return name == month || name == month[:3] })
}

// youngest is where the days of a level of ages begin.
func youngest(f *encoder.Feature, code uint8) float64 {
	if low := f.Levels[code-1].Low; low != nil {
		return *low
	}
	return math.Inf(-1)
}

// byTime reads the periods from what was asked of a finding and the levels of
// the feature of time.
func (d *describer) byTime(t *sample.Meter, feature int, asks []asked, probed *sample.Probed) *ByTime {
	f := &d.table.Plan.Features[feature]
	out := &ByTime{Feature: feature, Name: f.Name}
	asks = slices.DeleteFunc(asks, func(a asked) bool { return a.item.Code == encoder.Missing || a.item.Code == f.Other })
	slices.SortStableFunc(asks, func(a, b asked) int {
		switch {
		case f.Part == encoder.AgeDays: // the older, the earlier
			return cmp.Compare(youngest(f, b.item.Code), youngest(f, a.item.Code))
		case f.Part == "":
			return monthOf(f.Levels[a.item.Code-1].Value) - monthOf(f.Levels[b.item.Code-1].Value)
		}
		return int(a.item.Code) - int(b.item.Code)
	})
	for _, a := range asks {
		discovery, confirmation := probed.N(a.at)
		p := Period{Level: f.LevelName(int(a.item.Code)), N: discovery + confirmation}
		mean, ok := t.Metric.Mean(t.ValueOf(probed.All(t, a.at)))
		p.Mean = sample.Defined(mean, ok)
		mean, ok = t.Metric.Mean(t.Metric.At(d.levels, d.offsets[feature]+int(a.item.Code)))
		p.All = sample.Defined(mean, ok)
		out.Periods = append(out.Periods, p)
	}
	return out
}
