package report

import (
	"html/template"
	"math"

	"github.com/headwater-dev/headwater/coordinator/metric"
)

// span is a mean with its interval; NaN where it is not known.
type span struct{ mean, low, high float64 }

func (s span) ends() (low, high float64) {
	low, high = s.mean, s.mean
	if !math.IsNaN(s.low) {
		low = min(low, s.low)
	}
	if !math.IsNaN(s.high) {
		high = max(high, s.high)
	}
	return low, high
}

// between writes the interval; "" = not known.
func (s span) between(m metric.Metric) string {
	if math.IsNaN(s.low) || math.IsNaN(s.high) {
		return ""
	}
	return mean(m, s.low) + " – " + mean(m, s.high)
}

// spanScale takes in all means and intervals, and the average.
func spanScale(overall, width float64, spans ...span) scale {
	s := scale{low: overall, high: overall, from: 6, to: width - 6}
	for _, x := range spans {
		if low, high := x.ends(); !math.IsNaN(low) && !math.IsNaN(high) {
			s.low, s.high = min(s.low, low), max(s.high, high)
		}
	}
	return s
}

// interval draws a mean and its interval against the average. The text beside
// it says the same.
func interval(s scale, overall float64, x span) template.HTML {
	const h = 22.0
	d := mark("range", s.to+6, h)
	d.line("base", s.from, h/2, s.to, h/2)
	d.line("average", s.at(overall), 2, s.at(overall), h-2)
	if !math.IsNaN(x.mean) {
		class := above(x.mean, overall)
		if !math.IsNaN(x.low) && !math.IsNaN(x.high) {
			d.rect("interval "+class, s.at(x.low), h/2-3, max(1.5, s.at(x.high)-s.at(x.low)), 6, 3)
		}
		d.circle("point "+class, s.at(x.mean), h/2, 4.5)
	}
	return d.done()
}

// above is the class of what lies above or below the average.
func above(x, overall float64) string {
	if x < overall {
		return "down"
	}
	return "up"
}

// meter draws a part of most.
func meter(class string, x, most, width float64) template.HTML {
	const h = 10.0
	d := mark("meter", width, h)
	d.rect("track", 0, 3, width, 4, 2)
	if x > 0 && most > 0 {
		d.rect(class, 0, 2, max(1.5, x/most*width), 6, 2)
	}
	return d.done()
}

// tgiBar draws an index around 100, on a logarithmic scale up to eight times
// more or less.
func tgiBar(tgi float64) template.HTML {
	const w, h, reach = 150.0, 14.0, 3.0
	d := mark("tgi", w, h)
	d.line("average", w/2, 0, w/2, h)
	steps := -reach
	if tgi > 0 {
		steps = min(reach, max(-reach, math.Log2(tgi/100)))
	}
	end := w/2 + steps/reach*(w/2-2)
	if steps >= 0 {
		d.rect("up", w/2, 3, max(1, end-w/2), h-6, 2)
	} else {
		d.rect("down", end, 3, max(1, w/2-end), h-6, 2)
	}
	return d.done()
}
