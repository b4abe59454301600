// Package drift says how far a table has moved from the one that a job was made
// on: by the population stability index of every feature.
package drift

import (
	"cmp"
	"math"
	"slices"

	"github.com/headwater-dev/headwater/worker/encoder"
)

// The usual reading of an index (Siddiqi, Credit Risk Scorecards, 2006): below
// Moderate nothing has moved that matters, above Large the table is another one.
const (
	Moderate = 0.1
	Large    = 0.25
)

// Reading is an index in a word.
type Reading string

const (
	Stable   Reading = "stable"  // below Moderate
	Moved    Reading = "moved"   // from Moderate to Large, both included
	Shifted  Reading = "shifted" // above Large
	NoColumn Reading = "missing" // the newer table lacks the column
	Unlike   Reading = "another" // the newer table has another type of column under the name
	NoRows   Reading = "no rows" // one of the tables is empty
)

// empty is what an empty level counts for, in customers, where the other table
// has some of it: the logarithm needs more than none.
const empty = 0.5

// PSI is the population stability index between two vectors of counts of the
// same levels: Σ (qᵢ − pᵢ)·ln(qᵢ/pᵢ), with p and q the shares then and now. A
// level that is empty on one side counts for half a customer there, one that
// is empty on both for nothing. It is symmetric, at least 0, and not defined
// (NaN) where one side has no customers.
func PSI(then, now []int64) float64 {
	before, after := total(then), total(now)
	if before == 0 || after == 0 {
		return math.NaN()
	}
	var sum float64
	for i := range then {
		if then[i] == 0 && now[i] == 0 {
			continue
		}
		p := max(float64(then[i]), empty) / float64(before)
		q := max(float64(now[i]), empty) / float64(after)
		sum += float64((q - p) * math.Log(q/p))
	}
	return max(0, sum)
}

func total(counts []int64) (n int64) {
	for _, x := range counts {
		n += x
	}
	return n
}

// Read puts an index into a word.
func Read(psi float64) Reading {
	switch {
	case math.IsNaN(psi):
		return NoRows
	case psi < Moderate:
		return Stable
	case psi <= Large:
		return Moved
	}
	return Shifted
}

// Feature is one feature then and now.
type Feature struct {
	Name    string   `json:"feature"`
	Column  string   `json:"column"`
	PSI     *float64 `json:"psi"` // nil: there is nothing to compare
	Reading Reading  `json:"reading"`
	Reason  string   `json:"reason,omitempty"` // why there is nothing to compare
	Levels  []Level  `json:"levels,omitempty"` // missing first, then in the plan's order

	// Values that no level holds. Where the feature has the level other they are
	// in it, among rare values of the older table; else they count as missing,
	// and are these customers.
	Unseen *int64 `json:"unseen,omitempty"`
}

// Level is one level then and now.
type Level struct {
	Level string  `json:"level"`
	Then  int64   `json:"then"` // customers
	Now   int64   `json:"now"`
	Was   float64 `json:"share_then"`
	Is    float64 `json:"share_now"`
}

// Of compares the counts of a feature's codes. empties is how many customers of
// the newer table have no value in the column, by which values that no level
// holds are told from missing ones; −1 where it is not known.
func Of(f *encoder.Feature, then, now []int64, empties int64) Feature {
	psi := PSI(then, now)
	out := Feature{Name: f.Name, Column: f.Column, Reading: Read(psi)}
	if !math.IsNaN(psi) {
		out.PSI = &psi
	}
	before, after := float64(max(1, total(then))), float64(max(1, total(now)))
	for code := range then {
		out.Levels = append(out.Levels, Level{
			Level: f.LevelName(code), Then: then[code], Now: now[code],
			Was: float64(then[code]) / before, Is: float64(now[code]) / after,
		})
	}
	if f.Other == 0 && empties >= 0 {
		unseen := max(0, now[encoder.Missing]-empties)
		out.Unseen = &unseen
	}
	return out
}

// Sort puts the features that moved most first; those that cannot be compared
// come before, equals in the order of the plan.
func Sort(features []Feature) {
	index := func(f Feature) float64 {
		if f.PSI == nil {
			return math.Inf(1)
		}
		return *f.PSI
	}
	slices.SortStableFunc(features, func(a, b Feature) int { return cmp.Compare(index(b), index(a)) })
}

// Index is PSI, nil where it is not defined.
func Index(then, now []int64) *float64 {
	psi := PSI(then, now)
	if math.IsNaN(psi) {
		return nil
	}
	return &psi
}
