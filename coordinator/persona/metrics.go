package persona

import (
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/partial"
)

// Metric is a metric over the segment's customers. Mean and Lift are of all of
// them, so that sizes and sums are those of the table; but the segment was
// formed by what these customers did, and its means lean to the side it was
// chosen for. What it can be expected to be is Unseen.
type Metric struct {
	Name   string   `json:"name"`
	Known  int64    `json:"known"`
	Mean   *float64 `json:"mean,omitempty"` // nil: known on none
	Lift   *float64 `json:"lift,omitempty"`
	Unseen *Unseen  `json:"unseen,omitempty"` // nil: there are no such customers
}

// Unseen is a metric over the segment's customers that did not form it.
type Unseen struct {
	Known int64    `json:"known"`
	Mean  *float64 `json:"mean,omitempty"` // nil: known on none
	Low   *float64 `json:"low,omitempty"`  // 95 % interval; nil: not to be had, of ratios for one
	High  *float64 `json:"high,omitempty"`
	Lift  *float64 `json:"lift,omitempty"` // over the mean of all unseen customers
}

// measured reads a metric of segment s; all is the entry of levels for all rows.
func measured(m metric.Metric, counts *partial.Segments, s int, levels *partial.Counts, all int) Metric {
	v := m.At(&counts.All, s)
	out := Metric{Name: m.Name, Known: v.Known}
	out.Mean = defined(m.Mean(v))
	out.Lift = defined(m.Lift(v, m.At(levels, all)))
	return out
}

// unseen reads a metric of segment s on the customers that did not form the
// segments, of whom everybody is the sum.
func unseen(m metric.Metric, held *partial.Segments, s int, everybody *partial.Counts) *Unseen {
	v := m.At(&held.All, s)
	out := &Unseen{Known: v.Known, Mean: defined(m.Mean(v)), Lift: defined(m.Lift(v, m.At(everybody, 0)))}
	if low, high, ok := m.Interval(v, held.Squares[m.Num].Big(s)); ok {
		out.Low, out.High = &low, &high
	}
	return out
}

// sumOf adds up all groups of counts.
func sumOf(counts *partial.Counts) *partial.Counts {
	complete := make([]bool, len(counts.Measures))
	for m := range complete {
		complete[m] = counts.Measures[m].Known == nil
	}
	sum := partial.MakeCounts(1, complete)
	for i := range counts.N {
		sum.AddEntry(0, counts, i)
	}
	return &sum
}

func defined(x float64, ok bool) *float64 {
	if !ok {
		return nil
	}
	return &x
}
