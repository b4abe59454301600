// Package recheck says what became of a finished job's findings and segments on
// newer data: held, weakened, gone, or too few customers to say.
package recheck

import (
	"github.com/headwater-dev/headwater/coordinator/drift"
	"github.com/headwater-dev/headwater/coordinator/evidence"
)

// Result is a finished job held against another table.
type Result struct {
	From      string               `json:"from"`         // folder of the finished job
	Customers Then                 `json:"customers"`    // rows of both tables
	Metrics   []Metric             `json:"metrics"`      // over all customers of both
	Gate      Gate                 `json:"gate"`         // what findings are asked for
	Findings  []evidence.Rechecked `json:"findings"`     // in the order of the job's
	Segments  []Segment            `json:"segments"`     // in the order of the job's
	SharesPSI *float64             `json:"segments_psi"` // population stability index of the segments' shares
	Drift     []drift.Feature      `json:"drift"`        // of the plan's features, most first
	Notes     []string             `json:"notes"`
}

// Then is a count in the finished job's table and in the other.
type Then struct {
	Then int64 `json:"then"`
	Now  int64 `json:"now"`
}

// Gate are the thresholds of the finished job that decide here.
type Gate struct {
	Odds  float64 `json:"min_odds"`
	Lift  float64 `json:"min_lift"`
	Sigma float64 `json:"min_sigma"`
	FDR   float64 `json:"fdr"`
}

// Metric is a metric over all customers.
type Metric struct {
	Name string   `json:"name"`
	Then *float64 `json:"then"` // mean
	Now  *float64 `json:"now"`
}

// Tally counts verdicts.
type Tally map[evidence.Verdict]int

// Tallied counts the verdicts on the findings.
func (r *Result) Tallied() Tally {
	t := Tally{}
	for i := range r.Findings {
		t[r.Findings[i].Verdict]++
	}
	return t
}

// TalliedSegments counts the verdicts on the segments by one metric.
func (r *Result) TalliedSegments(metric int) Tally {
	t := Tally{}
	for i := range r.Segments {
		t[r.Segments[i].Metrics[metric].Verdict]++
	}
	return t
}
