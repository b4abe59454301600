package contrast

import (
	"github.com/headwater-dev/headwater/coordinator/metric"
	"github.com/headwater-dev/headwater/worker/encoder"
)

// Pair is a metric on either side.
type Pair struct {
	Name string
	A, B metric.Metric
}

// Measures makes of the measures of metrics those of a contrast: the side, then
// each of them on A, then each on B. complete says that every row is on a side.
func Measures(measures []encoder.Measure, metrics []metric.Metric, complete bool) (out []encoder.Measure, side metric.Metric, pairs []Pair) {
	out = []encoder.Measure{{Name: "side", Complete: complete}}
	side = metric.Metric{Name: "side", Binary: true, Den: -1}
	for _, s := range []uint8{encoder.SideA, encoder.SideB} {
		for _, m := range measures {
			m.Name += [...]string{encoder.SideA: " (A)", encoder.SideB: " (B)"}[s]
			m.Side, m.Complete = s, false
			out = append(out, m)
		}
	}
	for _, m := range metrics {
		p := Pair{m.Name, moved(m, 1, " on A"), moved(m, 1+len(measures), " on B")}
		p.B.Rounded = "" // has been said
		pairs = append(pairs, p)
	}
	return out, side, pairs
}

// moved is the metric that reads the measures so much further on.
func moved(m metric.Metric, by int, of string) metric.Metric {
	m.Name += of
	m.Num += by
	if m.Den >= 0 {
		m.Den += by
	}
	return m
}
