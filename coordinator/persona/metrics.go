package persona

import (
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/partial"
)

// measured reads a metric of segment s; all is the entry of levels for all rows.
func measured(m metric.Metric, counts *partial.Segments, s int, levels *partial.Counts, all int) Metric {
	v := m.At(&counts.All, s)
	out := Metric{Name: m.Name, Known: v.Known}
	mean, ok := m.Mean(v)
	if !ok {
		return out
	}
	out.Mean = &mean
	if lift, ok := m.Lift(v, m.At(levels, all)); ok {
		out.Lift = &lift
	}
	if low, high, ok := m.Interval(v, counts.Squares[m.Num].Big(s)); ok {
		out.Low, out.High = &low, &high
	}
	return out
}
