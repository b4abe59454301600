package report

import (
	"math"

	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/coordinator/persona"
)

// unseenSpan is a metric of a segment on the customers that did not form it,
// with its interval; without such customers the mean of all, with none.
func unseenSpan(x *persona.Metric) span {
	if u := x.Unseen; u != nil {
		return span{value(u.Mean), value(u.Low), value(u.High)}
	}
	return span{value(x.Mean), math.NaN(), math.NaN()}
}

// unseenBetween writes that interval for a table; – = there is none.
func unseenBetween(m metric.Metric, x *persona.Metric) string {
	if text := unseenSpan(x).between(m); text != "" {
		return text
	}
	return "–"
}

// unseenCustomers is how many customers formed none of the segments.
func unseenCustomers(segments []persona.Persona) int64 {
	var n int64
	for i := range segments {
		n += segments[i].Unseen
	}
	return n
}
