package recheck

import (
	"math"

	"github.com/headwater-dev/headwater/coordinator/evidence"
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/sample"
	"github.com/headwater-dev/headwater/worker/partial"
)

// Segment is a segment then and now.
type Segment struct {
	Segment int             `json:"segment"` // from 1
	Name    string          `json:"name"`
	Then    Size            `json:"then"`
	Now     Size            `json:"now"`
	Metrics []SegmentMetric `json:"metrics"`
}

// Size is how many customers a segment has.
type Size struct {
	N     int64   `json:"n"`
	Share float64 `json:"share"`
}

// SegmentMetric is a metric over a segment then and now.
type SegmentMetric struct {
	Name      string           `json:"name"`
	Direction string           `json:"direction"` // then: "up", "down" or "average"; "" = it had no interval
	Verdict   evidence.Verdict `json:"verdict"`   // "" = there is no interval to judge by, as of ratios
	Then      Figures          `json:"then"`
	Now       Figures          `json:"now"`
}

// Figures are a metric's over a segment; what is not defined is nil.
type Figures struct {
	Known  int64    `json:"known"`
	Mean   *float64 `json:"mean"`
	Low    *float64 `json:"low"` // 95 % interval of Mean
	High   *float64 `json:"high"`
	Lift   *float64 `json:"lift"`
	Excess *float64 `json:"excess"` // then: known × (mean − mean of all), not of ratios
}

// Which side of the average a segment was on.
const (
	Up      = "up"
	Down    = "down"
	Average = "average"
)

// ThenFigures completes figures of the finished job's segment by the excess.
func ThenFigures(f Figures, m metric.Metric, overall *float64) Figures {
	if f.Mean != nil && overall != nil && m.Den < 0 {
		f.Excess = sample.Defined(float64(f.Known)*(*f.Mean-*overall), true)
	}
	return f
}

// NowFigures reads a metric over segment s, of all customers' value all.
func NowFigures(m metric.Metric, counts *partial.Segments, s int, all metric.Value) Figures {
	v := m.At(&counts.All, s)
	f := Figures{Known: v.Known}
	mean, ok := m.Mean(v)
	f.Mean = sample.Defined(mean, ok)
	lift, ok := m.Lift(v, all)
	f.Lift = sample.Defined(lift, ok)
	excess, ok := m.Excess(v, all)
	f.Excess = sample.Defined(excess, ok)
	low, high, ok := m.Interval(v, counts.Squares[m.Num].Big(s))
	f.Low, f.High = sample.Defined(low, ok), sample.Defined(high, ok)
	return f
}

// Judge sets the direction and the verdict of a segment's metric, given the
// means of all customers then and now.
//
// A segment was above (below) the average if its 95 % interval lay above
// (below) the mean of all. It holds if that is still so. Where the interval now
// takes in the mean of all, the segment is weakened if its mean still lies on
// the old side, and gone if not; but where the interval takes in the old
// distance from the mean as well, there are too few customers to say. One that
// was average holds unless it now is above or below.
func (x *SegmentMetric) Judge(then, now *float64) {
	x.Direction, x.Verdict = side(x.Then, then), ""
	is := side(x.Now, now)
	switch {
	case x.Direction == "":
		return
	case is == "":
		if x.Now.Known < 2 {
			x.Verdict = evidence.TooFew
		}
	case is == x.Direction:
		x.Verdict = evidence.Held
	case is != Average:
		x.Verdict = evidence.Gone
	case x.Now.takesIn(expected(x.Then, then, now)):
		x.Verdict = evidence.TooFew
	case (*x.Now.Mean > *now) == (x.Direction == Up):
		x.Verdict = evidence.Weakened
	default:
		x.Verdict = evidence.Gone
	}
}

// side says on which side of the mean of all the interval lies.
func side(f Figures, all *float64) string {
	switch {
	case f.Low == nil || f.High == nil || all == nil:
		return ""
	case *f.Low > *all:
		return Up
	case *f.High < *all:
		return Down
	}
	return Average
}

// expected is the mean that the segment would have now were its distance from
// the mean of all what it was: the same lift, or without lift the same
// difference.
func expected(was Figures, then, now *float64) float64 {
	if was.Lift != nil && *now > 0 {
		return float64(*was.Lift * *now)
	}
	return *now + (*was.Mean - *then)
}

func (f Figures) takesIn(x float64) bool {
	return !math.IsNaN(x) && *f.Low <= x && x <= *f.High
}
